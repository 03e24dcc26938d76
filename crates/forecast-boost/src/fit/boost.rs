//! From data in bins to a model: one tree after another, each fitted to what the others left.

use std::ops::Range;
use std::sync::Arc;

use super::AfterTree;
use super::goss::{Chosen, Goss};
use super::grow::{Grower, Grown, Round};
use super::packed::Gradient;
use super::renew::Residuals;
use super::route::LeftOut;
use super::sampling;
use super::scores::{LeafRows, Scores, Trust};
use super::watch::Watch;
use crate::BoostError;
use crate::bins::{BinLimits, ColumnBins, MAX_CATEGORIES};
use crate::dataset::Dataset;
use crate::matrix::BinnedMatrix;
use crate::model::{ColumnInfo, Model};
use crate::objective::Objective;
use crate::params::{Monotone, Params, Sampling, check};
use crate::predict::Forest;
use crate::tree::Tree;

/// What any number of models can be fitted to.
pub(super) struct Prepared<'a> {
    train: &'a Dataset<'a>,
    valid: Option<&'a Dataset<'a>>,
    matrix: BinnedMatrix,
    /// One for each column of the data.
    directions: Vec<Option<Monotone>>,
}

impl<'a> Prepared<'a> {
    /// Finds bins and puts the rows into them.
    pub(super) fn new(
        params: &Params,
        train: &'a Dataset<'a>,
        valid: Option<&'a Dataset<'a>>,
    ) -> Result<Self, BoostError> {
        let directions = params.directions(&train.features)?;
        let limits = BinLimits { max_bin: params.max_bin, min_data_in_bin: params.min_data_in_bin };
        let matrix = BinnedMatrix::new(&train.features, limits);
        for column in &matrix.columns {
            if let ColumnBins::Categorical(bins) = &column.bins
                && bins.overflows()
            {
                let column = train.features.columns()[column.column].name.to_owned();
                return Err(BoostError::TooManyCategories { column, limit: MAX_CATEGORIES });
            }
        }
        Ok(Self { train, valid, matrix, directions })
    }

    /// Adds trees until there are enough of them, none helps, or the validation data or `after_tree` say
    /// stop.
    pub(super) fn boost(&self, params: &Params, after_tree: AfterTree<'_>) -> Result<Model, BoostError> {
        let (train, valid) = (self.train, self.valid);
        let loss = params.objective.loss();
        if let Some(level) = loss.renewal() {
            check("renewal of the loss", level, "above 0 and below 1", level > 0.0 && level < 1.0)?;
        }
        let is_custom = matches!(params.objective, Objective::Custom(_));
        // Init scores take the place of a start, as in LightGBM.
        let start = if train.init_score.is_some() { 0.0 } else { loss.start(train) };
        if !start.is_finite() {
            return Err(BoostError::Start(start));
        }
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
        let is_known = train.init_score.is_none() && !is_custom && is_constant(train.label);
        if self.matrix.columns.is_empty() || is_known {
            return Ok(model.ready()); // Nothing to split by or nothing to learn: the start says all.
        }
        let of_matrix: Vec<_> =
            self.matrix.columns.iter().map(|column| self.directions[column.column]).collect();
        let mut scores = Scores::new(train, start, if is_custom { Trust::Callers } else { Trust::Ours });
        let mut grower = Grower::new(params, &self.matrix);
        let mut watch = match valid.zip(params.early_stopping) {
            Some((valid, patience)) => Some(Watch::new(valid, loss.as_ref(), (start, patience))?),
            None => None,
        };
        // Where the rows of the last tree's leaves are, until its values are added to the scores.
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut left_out = LeftOut::default();
        for iteration in 0..params.trees {
            let leaves = [
                LeafRows { rows: &grower.rows, ranges: &ranges },
                LeafRows { rows: &left_out.rows, ranges: &left_out.ranges },
            ];
            let last = model.trees.last().filter(|_| !ranges.is_empty()).map(|tree| (tree, leaves));
            let seed = sampling::seed(params.seed, iteration);
            let goss = Goss::new(params, iteration, seed);
            let scales = scores.advance((loss.as_ref(), train), last, (seed, goss)).map_err(|bad| {
                let Gradient { grad, hess } = bad.gradient;
                BoostError::Derivatives { row: bad.row, grad, hess, trees: model.trees.len() }
            })?;
            let chosen = scores.chosen();
            let rows = chosen.map(Chosen::rows);
            sampling::choose_rows(&mut grower.rows, self.matrix.rows, (params, iteration), rows);
            match chosen {
                Some(chosen) => left_out.set(chosen.others()),
                None => left_out.list(&grower.rows, self.matrix.rows),
            }
            let allowed = sampling::choose_columns(&self.matrix, params, iteration);
            let Grown { mut tree, ranges: places } = grower.grow(Round {
                packed: scores.packed(),
                scales,
                allowed: &allowed,
                directions: &of_matrix,
            });
            ranges = places;
            if tree.nodes.is_empty() {
                if samples(params) {
                    // The next tree may see other rows or columns.
                    ranges.clear();
                    let is_over = watch.as_mut().is_some_and(Watch::is_over_without_tree);
                    if is_over || after_tree(model.trees.len()).is_break() {
                        break;
                    }
                    continue;
                }
                break; // No split is worth it, and the next tree would see the same.
            }
            if let Some(level) = loss.renewal() {
                renew(&mut tree, (level, &self.directions), (&grower.rows, &ranges), (train, &scores));
            }
            left_out.route(&self.matrix, &tree, &grower.splits);
            tree.shrink(params.learning_rate);
            model.trees.push(tree);
            if let (Some(watch), Some(tree)) = (&mut watch, model.trees.last())
                && watch.is_over(tree)?
            {
                break;
            }
            if after_tree(model.trees.len()).is_break() {
                break;
            }
        }
        if let Some(watch) = watch {
            model.trees.truncate(watch.best_trees());
        }
        Ok(model.ready())
    }
}

fn is_constant(label: &[f32]) -> bool {
    label.iter().all(|&other| other == label[0])
}

/// Whether trees see different rows or columns.
fn samples(params: &Params) -> bool {
    params.sampling != Sampling::All || params.feature_fraction < 1.0
}

/// Sets the leaves to quantiles of what is left of their rows' labels.
fn renew(
    tree: &mut Tree,
    (level, directions): (f64, &[Option<Monotone>]),
    (rows, ranges): (&[u32], &[Range<usize>]),
    (train, scores): (&Dataset<'_>, &Scores),
) {
    let residual = |row: usize| {
        let residual = f64::from(train.label[row]) - scores.score(row);
        residual.clamp(f32::MIN.into(), f32::MAX.into()) as f32
    };
    let weight = |row: usize| {
        let stands_for = scores.chosen().map_or(1.0, |chosen| chosen.stands_for(row));
        train.weight.map_or(1.0, |weight| weight[row]) * stands_for
    };
    let alike = train.weight.is_none() && scores.chosen().is_none();
    let residuals = Residuals { rows, ranges, residual, weight: if alike { None } else { Some(&weight) } };
    residuals.renew(tree, level, directions);
}
