//! Families as estimators: [`FamilyFit`] is fitted to a panel, [`FittedFamily`] forecasts any panel.

use std::sync::Arc;

use forecast_core::{Fit, Horizon, Panel, Period, PointForecasts, Predict, SeriesKey};
use forecast_features::matrix::{FeatureMatrix, RowFilter};
use forecast_features::plan::{FeaturePlan, Featurizer};
use rayon::prelude::*;

use crate::floor::Floor;
use crate::global::{GlobalModel, GlobalSettings};
use crate::local::LocalState;
use crate::observer::Unit;
use crate::recursion::{Recursion, StepValues};
use crate::{BoostedLoss, Family, ForecastError, ModelError};

/// A family that is about to be fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyFit {
    /// The family.
    pub family: Family,
    /// The features; local families use none.
    pub plan: FeaturePlan,
    /// Seed of row samples and trees.
    pub seed: u64,
    /// About how many bytes the feature matrix and the fitting on it may take.
    pub memory_budget_bytes: u64,
    /// Whether the target is a count: forecasts are never below 0.
    pub counts: bool,
    /// What boosted trees minimise.
    pub loss: BoostedLoss,
    /// How many of the newest periods decide how many boosted trees there are.
    pub horizon: Horizon,
}

/// A family fitted to a panel.
#[derive(Clone, Debug)]
pub struct FittedFamily {
    family: Family,
    floor: Floor,
    global: Option<Global>,
}

/// The part of a global family.
#[derive(Clone, Debug)]
pub(crate) struct Global {
    pub(crate) featurizer: Featurizer,
    pub(crate) model: Arc<GlobalModel>,
}

impl Fit for FamilyFit {
    type Fitted = FittedFamily;
    type Error = ModelError;

    fn fit(&self, panel: &Panel) -> Result<FittedFamily, ModelError> {
        let (family, floor) = (self.family, Floor::of_counts(self.counts));
        if !family.is_global() {
            return Ok(FittedFamily::local(family, floor));
        }
        let rows = training_rows(&self.plan, panel, self.settings())?;
        FittedFamily::fit_global((family, floor), &rows, self.settings(), &Unit::unwatched())
    }
}

impl FamilyFit {
    fn settings(&self) -> GlobalSettings {
        GlobalSettings {
            seed: self.seed,
            memory_budget_bytes: self.memory_budget_bytes,
            loss: self.loss,
            horizon: self.horizon.steps(),
            trees: None,
        }
    }
}

impl FittedFamily {
    pub(crate) fn local(family: Family, floor: Floor) -> Self {
        Self { family, floor, global: None }
    }

    pub(crate) fn global(family: Family, floor: Floor, global: Global) -> Self {
        Self { family, floor, global: Some(global) }
    }

    /// Fits a global family to rows of [`training_rows`].
    pub(crate) fn fit_global(
        (family, floor): (Family, Floor),
        rows: &TrainingRows<'_>,
        settings: GlobalSettings,
        unit: &Unit<'_>,
    ) -> Result<Self, ModelError> {
        let model = GlobalModel::fit(family, rows, settings, unit)?;
        let global = Global { featurizer: rows.featurizer.clone(), model: Arc::new(model) };
        Ok(Self::global(family, floor, global))
    }

    /// Forecasts to be measured against what happened, in a backtest. A panel holds the covariates of
    /// all periods that can be measured, but none of those before a series began or after it ended:
    /// such steps are forecast without, and do not count.
    pub(crate) fn predict_measured(
        &self,
        panel: &Panel,
        horizon: Horizon,
    ) -> Result<PointForecasts, ForecastError> {
        let Some(Global { featurizer, model }) = &self.global else {
            return Ok(local_forecasts((self.family, self.floor), panel, horizon));
        };
        featurizer.plan().check_panel(panel)?;
        let recursion = Recursion { featurizer, model, floor: self.floor };
        let state = |index: usize| featurizer.state(panel.series(index));
        Ok(recursion.run((panel.len(), horizon), state, &PanelValues(panel)))
    }

    /// How many boosted trees there are; `None` for another family.
    pub(crate) fn trees(&self) -> Option<usize> {
        self.global.as_ref().and_then(|global| global.model.trees())
    }

    /// The part of a global family; `None` for a local one.
    pub(crate) fn global_part(&self) -> Option<&Global> {
        self.global.as_ref()
    }
}

impl Predict for FittedFamily {
    type Error = ForecastError;

    fn predict(&self, panel: &Panel, horizon: Horizon) -> Result<PointForecasts, ForecastError> {
        if let Some(Global { featurizer, .. }) = &self.global {
            check_future(featurizer.plan(), panel, horizon)?;
        }
        self.predict_measured(panel, horizon)
    }
}

fn local_forecasts((family, floor): (Family, Floor), panel: &Panel, horizon: Horizon) -> PointForecasts {
    let season = panel.frequency().season_length();
    let mut forecasts = PointForecasts::zeros(panel.len(), horizon);
    forecasts.as_mut_slice().par_chunks_mut(horizon.steps()).enumerate().for_each(|(index, row)| {
        if let Some(state) = LocalState::after(family, &panel.series(index).known_target(), season) {
            state.fill(floor, row);
        }
    });
    forecasts
}

/// The covariates that the panel itself has beyond each series' history.
struct PanelValues<'a>(&'a Panel);

impl StepValues for PanelValues<'_> {
    fn covariate(&self, position: usize, column: usize, step: usize) -> f32 {
        let series = self.0.series(position);
        series.covariate(column).get(series.len() + step).copied().unwrap_or(f32::NAN)
    }

    fn static_value(&self, position: usize, column: usize) -> f32 {
        self.0.series(position).static_value(column)
    }

    fn key(&self, position: usize) -> &SeriesKey {
        self.0.series(position).key()
    }
}

/// The first series whose covariates end before the horizon does, if the plan uses any.
fn check_future(plan: &FeaturePlan, panel: &Panel, horizon: Horizon) -> Result<(), ForecastError> {
    let needed = plan.covariates();
    let Some(&column) = needed.first() else { return Ok(()) };
    match panel.iter().find(|series| series.covariate_len() < series.len() + horizon.steps()) {
        None => Ok(()),
        Some(series) => Err(ForecastError::MissingFuture {
            series: series.key().clone(),
            period: series.start().plus(series.covariate_len().max(series.len()) as i32),
            column: column.to_owned(),
        }),
    }
}

/// `plan` compiled for the periods of `panel` and a horizon's worth after them.
fn compile(plan: &FeaturePlan, panel: &Panel) -> Result<Featurizer, ModelError> {
    let (first, last) = panel.span().ok_or(ModelError::EmptyPanel)?;
    Ok(plan.compile(panel.frequency(), calendar_span(first, last)))
}

/// The periods whose calendar features are worth keeping: the history and a margin for forecasts.
pub(crate) fn calendar_span(first: Period, last: Period) -> (Period, Period) {
    const MARGIN: i32 = 400;
    (first, last.plus(MARGIN))
}

/// Which rows global families are fitted to: those with a season of history behind them, and of
/// these a seeded sample when all would not fit half the budget (the other half is for fitting).
fn row_filter(plan: &FeaturePlan, panel: &Panel, settings: GlobalSettings) -> RowFilter {
    const FEWEST_ROWS: u64 = 10_000;
    let span = panel.span().map_or(0, |(first, last)| last.since(first).unsigned_abs() as usize + 1);
    // Per row: the features, the target, the size, the series and the period.
    let bytes_per_row = 4 * (plan.columns().len() as u64 + 4);
    let affordable = (settings.memory_budget_bytes / 2 / bytes_per_row).max(FEWEST_ROWS);
    RowFilter {
        min_history: panel.frequency().season_length().min(span / 4),
        from: None,
        max_rows: Some(usize::try_from(affordable).unwrap_or(usize::MAX)),
        seed: settings.seed,
    }
}

/// What global families are fitted to.
pub(crate) struct TrainingRows<'a> {
    pub(crate) featurizer: Featurizer,
    pub(crate) matrix: FeatureMatrix,
    /// What the series are called that the matrix numbers, and what the parts of these keys are.
    pub(crate) keys: &'a [SeriesKey],
    pub(crate) key_names: &'a [String],
}

/// The features of all rows that a panel has to learn from.
pub(crate) fn training_rows<'a>(
    plan: &FeaturePlan,
    panel: &'a Panel,
    settings: GlobalSettings,
) -> Result<TrainingRows<'a>, ModelError> {
    let featurizer = compile(plan, panel)?;
    let matrix = featurizer.transform(panel, &row_filter(plan, panel, settings))?;
    Ok(TrainingRows { featurizer, matrix, keys: panel.keys(), key_names: panel.key_names() })
}
