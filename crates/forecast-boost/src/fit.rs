//! Fitting: checks of what was asked for and given, then boosting on as many threads as wanted.

mod boost;
mod goss;
mod grow;
mod histogram;
mod packed;
mod partition;
mod renew;
mod route;
mod sampling;
mod scan;
mod scores;
mod watch;
mod workspace;

use std::ops::ControlFlow;

pub use packed::Gradient;

use crate::BoostError;
use crate::dataset::{Column, Dataset};
use crate::model::Model;
use crate::objective::{Loss, Objective};
use crate::params::{Params, check};
use crate::quantiles::QuantileModel;
use boost::Prepared;

/// Somebody who is told how many trees there are, and says whether to go on.
pub type AfterTree<'a> = &'a mut (dyn FnMut(usize) -> ControlFlow<()> + Send);

/// Fits models.
#[derive(Debug)]
pub struct Booster;

impl Booster {
    /// Fits a model to `train`; with `valid` and [`Params::early_stopping`] it keeps as many trees as
    /// forecast `valid` best, none at all where no tree helps.
    ///
    /// What odd data lead to:
    ///
    /// | data | what happens |
    /// |---|---|
    /// | no rows, or no columns | error |
    /// | columns, label, weights or init scores of different lengths; two columns of one name | error |
    /// | a label that is `NaN` or infinite, or below 0 for Poisson and Tweedie | error that names the row |
    /// | labels up to the largest `f32` | fitted; gradients are cut off at the largest `f32` |
    /// | a label a million times the size of the others, squared error | takes the gradients' resolution (see ADR 11) from the others: use Huber or absolute error |
    /// | a weight that is not finite and above 0 | error that names the row |
    /// | labels all alike, 0 for Poisson and Tweedie included | the start only, no trees |
    /// | one row, constant columns, or fewer rows than two leaves need | the start only, no trees |
    /// | infinite feature values | ordered before and after all others |
    /// | missing feature values | the side that is better for them; where a column had none in training, the side with more hessian |
    /// | a category that is fractional or above 2²⁴ − 1 | error that names the row; in prediction, see [`Features`](crate::Features) |
    /// | a category that is negative, missing, rare, or new in prediction | not known: never in a split's set, so to its right |
    /// | more than 65,535 categories, where the others hold 1 % of the rows or more | error that names the column |
    /// | columns that repeat others, or one value | cost nothing and are not used |
    /// | validation data without rows, with other columns, or alone in having init scores | error |
    /// | early stopping without validation data | error |
    /// | derivatives of a custom loss that are not finite, or a second one below 0 | error that names the row |
    ///
    /// # Errors
    /// Parameters out of their range, and data as in the table.
    pub fn fit(
        params: &Params,
        train: &Dataset<'_>,
        valid: Option<&Dataset<'_>>,
    ) -> Result<Model, BoostError> {
        Self::fit_watched(params, (train, valid), &mut unwatched)
    }

    /// The same, and after each tree, also one that found nothing to split, `after_tree` is told how many
    /// there are. Where it breaks, the fit
    /// ends with the trees that it has, or with the best of them where it stops early.
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit).
    pub fn fit_watched(
        params: &Params,
        (train, valid): (&Dataset<'_>, Option<&Dataset<'_>>),
        after_tree: AfterTree<'_>,
    ) -> Result<Model, BoostError> {
        params.check()?;
        check_data(params, train, valid)?;
        on_threads(params.threads, || Prepared::new(params, train, valid)?.boost(params, after_tree))
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
        check_data(&first, train, valid)?;
        on_threads(params.threads, || {
            let prepared = Prepared::new(params, train, valid)?;
            // One after the other: each uses all threads, and only one set of scores is held at a time.
            let models = levels.iter().map(|&level| prepared.boost(&at(level), &mut unwatched));
            QuantileModel::from_models(models.collect::<Result<_, _>>()?)
        })
    }
}

/// Goes on, whoever asks.
fn unwatched(_trees: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
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

fn check_data(params: &Params, train: &Dataset<'_>, valid: Option<&Dataset<'_>>) -> Result<(), BoostError> {
    let loss = params.objective.loss();
    train.check()?;
    check_labels(train, loss.as_ref())?;
    match (valid, params.early_stopping) {
        (Some(valid), _) => {
            check_valid(train, valid, loss.as_ref()).map_err(|error| BoostError::Validation(Box::new(error)))
        }
        (None, Some(patience)) => check("early_stopping", patience, "absent without validation data", false),
        (None, None) => Ok(()),
    }
}

/// Validation data must be like the training data in all that is learned from these.
fn check_valid(train: &Dataset<'_>, valid: &Dataset<'_>, loss: &dyn Loss) -> Result<(), BoostError> {
    let (columns, others) = (train.features.columns(), valid.features.columns());
    let (expected, found) = (columns.len(), others.len());
    if expected != found {
        return Err(BoostError::FeatureCount { expected, found });
    }
    let differs = |(a, b): (&Column<'_>, &Column<'_>)| a.name != b.name || a.kind != b.kind;
    if let Some(place) = columns.iter().zip(others).position(differs) {
        let [expected, found] =
            [columns[place], others[place]].map(|column| format!("{:?} ({:?})", column.name, column.kind));
        return Err(BoostError::OtherColumn { place, expected, found });
    }
    valid.check()?;
    check_labels(valid, loss)?;
    match (train.init_score, valid.init_score) {
        (Some(_), None) => Err(BoostError::InitScoreMissing("training")),
        (None, Some(_)) => Err(BoostError::InitScoreMissing("validation")),
        _ => Ok(()),
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
