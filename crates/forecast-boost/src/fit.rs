//! Fitting: checks of what was asked for and given, then boosting on as many threads as wanted.

mod boost;
mod goss;
mod grow;
mod histogram;
mod packed;
mod partition;
mod renew;
mod sampling;
mod scan;
mod scores;
mod watch;
mod workspace;

pub use packed::Gradient;

use crate::BoostError;
use crate::dataset::Dataset;
use crate::model::Model;
use crate::objective::{Loss, Objective};
use crate::params::Params;
use crate::quantiles::QuantileModel;
use boost::Prepared;

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
        check_data(params, train, valid)?;
        on_threads(params.threads, || Prepared::new(params, train, valid)?.boost(params))
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
            let models = levels.iter().map(|&level| prepared.boost(&at(level)));
            QuantileModel::from_models(models.collect::<Result<_, _>>()?)
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

fn check_data(params: &Params, train: &Dataset<'_>, valid: Option<&Dataset<'_>>) -> Result<(), BoostError> {
    let loss = params.objective.loss();
    for data in std::iter::once(train).chain(valid) {
        data.check()?;
        check_labels(data, loss.as_ref())?;
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
