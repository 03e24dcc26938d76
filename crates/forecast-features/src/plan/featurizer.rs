//! A compiled plan: features of the next period of a series, and moving on by one period.

use std::sync::Arc;

use forecast_core::{Frequency, Period, SeriesView};

use super::FeaturePlan;
use super::column::TargetUnits;
use super::dated::{DatedFeatures, dated_len};
use super::feature::Feature;
use super::history::{Stage, Tail};
use super::inputs::{SeriesInputs, StepInputs};
use super::past::{change, past_feature, relative};
use super::state::{PastCovariate, SeriesState};

/// A [`FeaturePlan`] made ready to compute. Cheap to clone, safe to share between threads.
#[derive(Clone, Debug)]
pub struct Featurizer {
    plan: Arc<FeaturePlan>,
    steps: Arc<[Step]>,
    quantities: Arc<[bool]>,
    /// Positions of the covariates whose past is remembered.
    tracked: Arc<[usize]>,
    /// Smoothing factors of the exponential means, in plan order.
    smoothing: Arc<[f64]>,
    dated: DatedFeatures,
}

/// A feature with its columns resolved to positions.
#[derive(Clone, Debug)]
enum Step {
    Past(Feature),
    /// A shape feature, and its position among them.
    Shape(Feature, usize),
    Exponential(usize),
    /// Position and number of values in a row of the calendar table.
    Dated {
        from: usize,
        len: usize,
    },
    Covariate(usize),
    /// Position of the covariate, and of its past in the state.
    Relative(usize, usize),
    Change(usize, usize),
    Static(usize),
}

impl Featurizer {
    pub(super) fn new(plan: &FeaturePlan, frequency: Frequency, span: (Period, Period)) -> Self {
        let covariate = |name: &str| position(plan.input_covariates(), name);
        let tracked = tracked_covariates(plan);
        let past = |name: &str| tracked.iter().position(|&column| column == covariate(name)).unwrap_or(0);
        let (mut dated_width, mut exponential, mut shapes) = (0, 0, 0);
        let steps = plan
            .features()
            .iter()
            .map(|feature| match feature {
                Feature::Calendar { .. } | Feature::Fourier { .. } | Feature::Holidays { .. } => {
                    let (from, len) = (dated_width, dated_len(feature));
                    dated_width += len;
                    Step::Dated { from, len }
                }
                Feature::ExponentialMean { .. } => {
                    exponential += 1;
                    Step::Exponential(exponential - 1)
                }
                Feature::Covariate { column } => Step::Covariate(covariate(column)),
                Feature::Relative { column } => Step::Relative(covariate(column), past(column)),
                Feature::Change { column } => Step::Change(covariate(column), past(column)),
                Feature::Static { column } => Step::Static(position(plan.input_statics(), column)),
                shape if shape.is_shape() => {
                    shapes += 1;
                    Step::Shape(shape.clone(), shapes - 1)
                }
                other => Step::Past(other.clone()),
            })
            .collect();
        let quantities = plan.columns().iter().map(|c| c.in_target_units == TargetUnits::Yes).collect();
        Self {
            dated: DatedFeatures::new(plan, frequency, span),
            tracked: tracked.into(),
            smoothing: smoothing_factors(plan),
            plan: Arc::new(plan.clone()),
            steps,
            quantities,
        }
    }

    /// The plan that was compiled.
    #[must_use]
    pub fn plan(&self) -> &FeaturePlan {
        &self.plan
    }

    /// Number of feature columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.plan.columns().len()
    }

    /// The state of a series that has not begun: its first period is `first`.
    #[must_use]
    pub fn begin(&self, first: Period) -> SeriesState {
        let zero_window = |feature: &Feature| match feature {
            Feature::ZeroShare { window } => *window as usize,
            _ => 0,
        };
        let transforms = self.plan.transforms();
        let raw = if transforms.is_empty() {
            0
        } else {
            self.plan.features().iter().map(zero_window).max().unwrap_or(0)
        };
        SeriesState {
            next: first,
            age: 0,
            stages: transforms.iter().map(|&transform| Stage::new(transform)).collect(),
            raw: Tail::new(raw),
            values: Tail::new(self.plan.memory()),
            sum: 0.0,
            count: 0,
            exponential: vec![f64::NAN; self.smoothing.len()],
            since_non_zero: None,
            is_forecasting: false,
            held: Vec::new(),
            past_covariates: vec![PastCovariate::NONE; self.tracked.len()],
        }
    }

    /// The state of a series after all its history. Values that were out of stock count as missing.
    #[must_use]
    pub fn state(&self, series: SeriesView<'_>) -> SeriesState {
        let mut state = self.begin(series.start());
        let mut inputs = SeriesInputs::new(&self.plan, series);
        for (index, &value) in series.known_target().iter().enumerate() {
            self.advance(&mut state, &inputs.at(index), value);
        }
        state.trim();
        state
    }

    /// Writes the features of the state's next period.
    ///
    /// # Panics
    /// When `out` is not as long as [`Featurizer::width`], or `inputs` has fewer values than the
    /// plan has input columns, as slice indexing does.
    pub fn row(&self, state: &SeriesState, inputs: &StepInputs<'_>, out: &mut [f32]) {
        let past = state.values.newest();
        let mut at = 0;
        for step in self.steps.iter() {
            match step {
                Step::Dated { from, len } => {
                    self.dated.write(inputs.period, *from, &mut out[at..at + len]);
                    at += len;
                    continue;
                }
                Step::Past(feature) => out[at] = past_feature(feature, state, past),
                Step::Shape(feature, index) => {
                    let held = state.held.get(*index).copied();
                    out[at] = held.unwrap_or_else(|| past_feature(feature, state, past));
                }
                Step::Exponential(index) => out[at] = state.exponential[*index] as f32,
                Step::Covariate(column) => out[at] = inputs.covariates[*column],
                Step::Relative(column, past) => {
                    out[at] = relative(inputs.covariates[*column], &state.past_covariates[*past]);
                }
                Step::Change(column, past) => {
                    out[at] = change(inputs.covariates[*column], &state.past_covariates[*past]);
                }
                Step::Static(column) => out[at] = inputs.statics[*column],
            }
            at += 1;
        }
        let scale = self.size(state);
        if scale != 1.0 {
            for (value, _) in out.iter_mut().zip(self.quantities.iter()).filter(|(_, quantity)| **quantity) {
                *value = (f64::from(*value) / scale) as f32;
            }
        }
    }

    /// Moves the state one period on: `value` is the target there, in its own units; NaN if missing.
    pub fn advance(&self, state: &mut SeriesState, inputs: &StepInputs<'_>, value: f32) {
        let is_forecast = state.is_forecasting;
        let mut current = f64::from(value);
        for stage in &mut state.stages {
            let before = current;
            match stage {
                // The size of sales is that of real ones.
                Stage::Scale { .. } if is_forecast => {}
                Stage::Scale { .. } => stage.advance(before),
                _ => {
                    current = stage.apply(current);
                    stage.advance(before);
                }
            }
        }
        let current = current as f32;
        state.raw.push(value);
        state.values.push(current);
        if !current.is_nan() {
            state.sum += f64::from(current);
            state.count += 1;
            for (mean, alpha) in state.exponential.iter_mut().zip(self.smoothing.iter()) {
                let value = f64::from(current);
                *mean = if mean.is_nan() { value } else { alpha * value + (1.0 - alpha) * *mean };
            }
        }
        let is_sale = !value.is_nan() && value != 0.0;
        state.since_non_zero =
            if is_sale { Some(1) } else { state.since_non_zero.map(|periods| periods.saturating_add(1)) };
        for (past, &column) in state.past_covariates.iter_mut().zip(self.tracked.iter()) {
            past.push(inputs.covariates[column]);
        }
        state.age = state.age.saturating_add(1);
        state.next = state.next.plus(1);
    }

    /// Moves the state one period on with a forecast in place of the target. Features that tell how
    /// values scatter stay what they were before the first forecast: a mean of 0.3 pieces a day is
    /// neither a sale nor none, and the spread of means is not that of sales.
    pub fn advance_expected(&self, state: &mut SeriesState, inputs: &StepInputs<'_>, forecast: f32) {
        if !state.is_forecasting {
            state.is_forecasting = true;
            let past = state.values.newest();
            let shape = |step: &Step| match step {
                Step::Shape(feature, _) => Some(past_feature(feature, state, past)),
                _ => None,
            };
            state.held = self.steps.iter().filter_map(shape).collect();
        }
        self.advance(state, inputs, forecast);
    }

    /// What quantities of the state's next period are divided by, in units of the target: the size of
    /// the series' sales so far where the plan scales; 1 where it does not, or nothing was sold yet.
    #[must_use]
    pub fn size(&self, state: &SeriesState) -> f64 {
        state.stages.iter().map(Stage::scale).product()
    }

    /// The target of the state's next period in the units that models are fitted in.
    #[must_use]
    pub fn target(&self, state: &SeriesState, value: f32) -> f32 {
        state.stages.iter().fold(f64::from(value), |value, stage| stage.apply(value)) as f32
    }

    /// The inverse of [`Featurizer::target`]: a prediction in units of the target.
    #[must_use]
    pub fn restore(&self, state: &SeriesState, value: f64) -> f64 {
        state.stages.iter().rev().fold(value, |value, stage| stage.undo(value))
    }
}

fn position(columns: &[super::InputColumn], name: &str) -> usize {
    // A checked plan names only columns that it has.
    columns.iter().position(|column| column.name == name).unwrap_or(usize::MAX)
}

/// Positions of the covariates whose past is remembered, in the order of their first feature.
fn tracked_covariates(plan: &FeaturePlan) -> Vec<usize> {
    let mut tracked = Vec::new();
    for feature in plan.features() {
        if let Feature::Relative { column } | Feature::Change { column } = feature {
            let column = position(plan.input_covariates(), column);
            if !tracked.contains(&column) {
                tracked.push(column);
            }
        }
    }
    tracked
}

fn smoothing_factors(plan: &FeaturePlan) -> Arc<[f64]> {
    let factor = |feature: &Feature| match feature {
        Feature::ExponentialMean { percent } => Some(f64::from(*percent) / 100.0),
        _ => None,
    };
    plan.features().iter().filter_map(factor).collect()
}
