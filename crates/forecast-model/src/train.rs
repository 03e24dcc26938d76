//! Fitting one family to all data.

use chrono::{DateTime, Utc};
use forecast_core::Panel;
use forecast_features::ingest::{KnownColumns, TableSpec};
use forecast_features::plan::FeaturePlan;

use crate::fitted::{FittedFamily, training_rows};
use crate::memory::SeriesMemory;
use crate::observer::Progress;
use crate::scoring::{Truth, calibrate};
use crate::{
    BacktestConfig, BacktestReport, Family, FamilyScore, ForecastModel, ModelCard, ModelError, Observer,
    Phase,
};

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
    let TrainRequest { family, report, config, .. } = *request;
    let result = report.model(family).ok_or(ModelError::NotInReport { family })?;
    if report.series != panel.len() {
        return Err(ModelError::OtherPanel { report: report.series, panel: panel.len() });
    }
    let mut progress = Progress::new(observer, Phase::Refit, 2);
    progress.check()?;
    let fitted = refit(panel, request, &mut progress)?;
    progress.step(format!("{family}, all data"));

    let mut progress = Progress::new(observer, Phase::Calibrate, 2);
    progress.check()?;
    let truths: Vec<Truth> =
        report.windows.iter().map(|window| Truth::of(panel, &panel.until(window.origin), *window)).collect();
    let calibration =
        calibrate(&truths, &result.forecasts, &config.levels).ok_or(ModelError::NotInReport { family })?;
    progress.step("quantiles".to_owned());
    progress.check()?;
    let featurizer = fitted.global_part().map(|global| &global.featurizer);
    let memory = SeriesMemory::of(panel, (family, featurizer), config.rolling.horizon)?;
    let card = card(panel, request)?;
    progress.step("series".to_owned());
    Ok(ForecastModel { card, fitted, memory, calibration })
}

fn refit(
    panel: &Panel,
    request: &TrainRequest<'_>,
    progress: &mut Progress<'_>,
) -> Result<FittedFamily, ModelError> {
    let TrainRequest { family, plan, config, .. } = *request;
    if !family.is_global() {
        progress.step("no features".to_owned());
        return Ok(FittedFamily::local(family, config.floor()));
    }
    let rows = training_rows(plan, panel, config.settings())?;
    progress.step("features".to_owned());
    progress.check()?;
    FittedFamily::fit_global(
        (family, config.floor()),
        &rows,
        config.settings(),
        &progress.unit(format!("{family}, all data")),
    )
}

fn card(panel: &Panel, request: &TrainRequest<'_>) -> Result<ModelCard, ModelError> {
    let TrainRequest { plan, family, report, config, spec, trained_at } = *request;
    let (first, last) = panel.span().ok_or(ModelError::EmptyPanel)?;
    let used = |names: Vec<String>| if family.is_global() { names } else { Vec::new() };
    let score = |model: &crate::ModelResult| FamilyScore {
        family: model.family,
        overall: model.overall,
        quantiles: model.quantiles.clone(),
    };
    Ok(ModelCard {
        family,
        target: panel.target_name().to_owned(),
        key_names: panel.key_names().to_vec(),
        frequency: panel.frequency(),
        horizon: config.rolling.horizon,
        levels: config.levels.clone(),
        counts: config.counts,
        first,
        last,
        series: panel.len(),
        rows: panel.rows(),
        features: used(plan.columns().iter().map(|column| column.name.clone()).collect()),
        statics: panel.statics().iter().map(|column| column.name.clone()).collect(),
        known_future: panel.covariates().iter().map(|column| column.name.clone()).collect(),
        required_future: used(plan.covariates().into_iter().map(str::to_owned).collect()),
        spec: spec.clone(),
        known: KnownColumns::of(panel),
        metric: report.metric,
        metrics: report.models.iter().map(score).collect(),
        windows: report.windows.len(),
        trained_at,
        seed: config.seed,
        library_version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}
