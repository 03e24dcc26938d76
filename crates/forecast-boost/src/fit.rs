//! Boosting: one tree after another, each fitted to what the others left.

mod grow;
mod histogram;
mod packed;
mod partition;
mod sampling;
mod scan;
mod scores;
mod workspace;

use std::sync::Arc;

use rayon::prelude::*;

pub use packed::Gradient;

use crate::BoostError;
use crate::bins::BinLimits;
use crate::dataset::Dataset;
use crate::matrix::BinnedMatrix;
use crate::model::{ColumnInfo, Model};
use crate::objective::{Loss, Objective, quantile_of};
use crate::params::Params;
use crate::predict::Forest;
use crate::quantiles::QuantileModel;
use crate::tree::Tree;
use grow::{Grower, Grown, Round};
use scores::{LeafRows, Scores};

/// Fits models.
#[derive(Debug)]
pub struct Booster;

impl Booster {
    /// Fits a model to `train`; with `valid` and [`Params::early_stopping`] it keeps as many trees as
    /// forecast `valid` best.
    ///
    /// # Errors
    /// Parameters out of their range, columns of unequal length, labels that the objective does not
    /// allow, and validation data with other columns.
    pub fn fit(
        params: &Params,
        train: &Dataset<'_>,
        valid: Option<&Dataset<'_>>,
    ) -> Result<Model, BoostError> {
        params.check()?;
        check_data(params.objective.loss().as_ref(), train, valid)?;
        on_threads(params.threads, || {
            let matrix = bin(params, train);
            Ok(boost(params, &matrix, train, valid))
        })
    }

    /// Fits a model for each of some levels of the distribution, 0.1 and 0.9 for an interval, so that
    /// their predictions never cross; see [`QuantileModel`]. The objective of `params` is not looked at,
    /// bins are found once, and each level stops early on its own.
    ///
    /// # Errors
    /// Levels that are not between 0 and 1, ascending and different, or none of them; and all that
    /// [`fit`](Self::fit) refuses.
    pub fn fit_quantiles(
        params: &Params,
        levels: &[f64],
        train: &Dataset<'_>,
        valid: Option<&Dataset<'_>>,
    ) -> Result<QuantileModel, BoostError> {
        crate::quantiles::check_levels(levels)?;
        let at = |level| Params { objective: Objective::Quantile { level }, ..params.clone() };
        let first = at(levels[0]);
        first.check()?;
        check_data(first.objective.loss().as_ref(), train, valid)?;
        on_threads(params.threads, || {
            let matrix = bin(params, train);
            // One after the other: each uses all threads, and only one set of scores is held at a time.
            let models = levels.iter().map(|&level| boost(&at(level), &matrix, train, valid)).collect();
            QuantileModel::from_models(models)
        })
    }
}

/// Runs a fit on so many threads.
fn on_threads<T: Send>(threads: Option<usize>, work: impl FnOnce() -> T + Send) -> T {
    let threads = threads.unwrap_or_else(rayon::current_num_threads);
    let pool = match threads == rayon::current_num_threads() {
        true => None,
        // Where the machine gives no more threads, the result is the same with those there are.
        false => rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok(),
    };
    // On a thread of the pool from beginning to end: thousands of calls into it from outside would each
    // have to wake it.
    let work = || rayon::scope(|_| work());
    match pool {
        Some(pool) => pool.install(work),
        None => work(),
    }
}

fn check_data(loss: &dyn Loss, train: &Dataset<'_>, valid: Option<&Dataset<'_>>) -> Result<(), BoostError> {
    for data in std::iter::once(train).chain(valid) {
        data.check()?;
        check_labels(data, loss)?;
    }
    let expected = train.features.columns().len();
    match valid.map(|valid| valid.features.columns().len()).filter(|&found| found != expected) {
        Some(found) => Err(BoostError::FeatureCount { expected, found }),
        None => Ok(()),
    }
}

fn check_labels(data: &Dataset<'_>, loss: &dyn Loss) -> Result<(), BoostError> {
    let (allowed, is_allowed) = loss.allowed_label();
    match data.label.iter().position(|&label| !is_allowed(label)) {
        None => Ok(()),
        Some(row) => Err(BoostError::Value {
            what: "the label".to_owned(),
            row,
            value: data.label[row].into(),
            allowed,
        }),
    }
}

fn bin(params: &Params, train: &Dataset<'_>) -> BinnedMatrix {
    let limits = BinLimits { max_bin: params.max_bin, min_data_in_bin: params.min_data_in_bin };
    BinnedMatrix::new(&train.features, limits)
}

/// Adds trees until there are enough of them, none helps, or `valid` says stop.
fn boost(params: &Params, matrix: &BinnedMatrix, train: &Dataset<'_>, valid: Option<&Dataset<'_>>) -> Model {
    let loss = params.objective.loss();
    let start = loss.start(train);
    let mut model = Model {
        columns: train
            .features
            .columns()
            .iter()
            .map(|column| ColumnInfo { name: column.name.to_owned(), kind: column.kind })
            .collect(),
        start,
        trees: Vec::new(),
        objective: params.objective.clone(),
        loss: Arc::clone(&loss),
        forest: Forest::default(),
    };
    if matrix.columns.is_empty() {
        return model.ready(); // Nothing to split by: the start is all that can be said.
    }
    let mut scores = Scores::new(train, start);
    let mut grower = Grower::new(params, matrix);
    let mut watch = valid.map(|valid| Watch::new(valid, start));
    let mut ranges: Vec<std::ops::Range<usize>> = Vec::new();
    for iteration in 0..params.trees {
        let leaves = LeafRows { rows: &grower.rows, ranges: &ranges };
        let last = model.trees.last().map(|tree| (tree, leaves));
        let seed = sampling::seed(params.seed, iteration);
        let scales = scores.advance(loss.as_ref(), train, (last, seed));
        sampling::choose_rows(&mut grower.rows, matrix, params, iteration);
        let allowed = sampling::choose_columns(matrix, params, iteration);
        let grown = grower.grow(Round { packed: scores.packed(), scales, allowed: &allowed });
        let Grown { mut tree, ranges: places } = grown;
        ranges = places;
        if tree.nodes.is_empty() {
            break; // No split is worth it, and the next tree would see the same.
        }
        if let Some(level) = loss.renewal() {
            renew(&mut tree, level, (&ranges, &grower.rows), (train, &scores));
        }
        tree.shrink(params.learning_rate);
        model.trees.push(tree);
        if let (Some(watch), Some(patience)) = (&mut watch, params.early_stopping)
            && watch.is_over(loss.as_ref(), model.trees.last(), patience)
        {
            break;
        }
    }
    if let (Some(watch), Some(_)) = (watch, params.early_stopping) {
        model.trees.truncate(watch.best_trees);
    }
    model.ready()
}

/// Sets each leaf to a quantile of its rows' residuals: the derivatives of the pinball loss say in which
/// direction to go, but not how far.
fn renew(
    tree: &mut Tree,
    level: f64,
    (ranges, rows): (&[std::ops::Range<usize>], &[u32]),
    (train, scores): (&Dataset<'_>, &Scores),
) {
    tree.leaves.par_iter_mut().zip(ranges.par_iter()).for_each(|(leaf, range)| {
        let rows = &rows[range.clone()];
        let mut residuals: Vec<f32> = rows
            .iter()
            .map(|&row| (f64::from(train.label[row as usize]) - scores.score(row as usize)) as f32)
            .collect();
        let weight: Option<Vec<f32>> =
            train.weight.map(|weight| rows.iter().map(|&row| weight[row as usize]).collect());
        leaf.value = quantile_of(&mut residuals, weight.as_deref(), level);
    });
}

/// The loss on the validation set, tree by tree.
struct Watch<'a> {
    data: &'a Dataset<'a>,
    scores: Vec<f64>,
    best_loss: f64,
    best_trees: usize,
    trees: usize,
}

impl<'a> Watch<'a> {
    fn new(data: &'a Dataset<'a>, start: f64) -> Self {
        let scores = scores::starting(data, start);
        Self { data, scores, best_loss: f64::INFINITY, best_trees: 0, trees: 0 }
    }

    /// Adds a tree; true where no tree of the last `patience` was the best so far.
    fn is_over(&mut self, loss: &dyn Loss, tree: Option<&Tree>, patience: usize) -> bool {
        let Some(tree) = tree else { return true };
        const PART: usize = 4096;
        let columns = self.data.features.columns();
        // Parts of fixed length keep the order of additions, and so the sum, free of the threads.
        let parts: Vec<f64> = self
            .scores
            .par_chunks_mut(PART)
            .enumerate()
            .map(|(part, scores)| {
                let first = part * PART;
                let mut sum = 0.0;
                for (offset, score) in scores.iter_mut().enumerate() {
                    let row = first + offset;
                    let leaf = tree.leaf_of(|column| columns[column].values[row]);
                    *score += tree.leaves[leaf].value;
                    let weight = self.data.weight.map_or(1.0, |weight| f64::from(weight[row]));
                    sum += weight * loss.loss(*score, f64::from(self.data.label[row]));
                }
                sum
            })
            .collect();
        self.trees += 1;
        let total: f64 = parts.iter().sum();
        if total < self.best_loss {
            (self.best_loss, self.best_trees) = (total, self.trees);
        }
        self.trees - self.best_trees >= patience
    }
}
