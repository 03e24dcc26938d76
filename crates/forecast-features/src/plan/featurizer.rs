//! A compiled plan: features of the next period of a series, and moving on by one period.

use std::sync::Arc;

use chrono::{Datelike, NaiveDateTime};
use forecast_core::{Frequency, Period, SeriesView};

use super::calendar::fourier;
use super::feature::Feature;
use super::history::{Stage, Tail, lag_of};
use super::holidays::{HolidayList, last_day};
use super::state::{PastCovariate, SeriesState};
use super::window::statistic;
use super::{FeaturePlan, column::TargetUnits};

/// What is known of the next period before its target is.
#[derive(Clone, Copy, Debug)]
pub struct StepInputs<'a> {
    /// The period; must be the state's next one.
    pub period: Period,
    /// One value per covariate of the panel; NaN where missing.
    pub covariates: &'a [f32],
    /// One value per static column of the panel.
    pub statics: &'a [f32],
}

/// A [`FeaturePlan`] made ready to compute. Cheap to clone, safe to share between threads.
#[derive(Clone, Debug)]
pub struct Featurizer {
    plan: Arc<FeaturePlan>,
    frequency: Frequency,
    steps: Arc<[Step]>,
    quantities: Arc<[bool]>,
    /// Positions of the covariates whose past is remembered.
    tracked: Arc<[usize]>,
    /// Smoothing factors of the exponential means, in plan order.
    smoothing: Arc<[f64]>,
    holidays: Arc<[HolidayList]>,
    /// Calendar features of the periods from `first` on, `calendar_width` values each.
    first: Period,
    calendar_width: usize,
    calendar: Arc<[f32]>,
}

/// A feature with its columns resolved to positions.
#[derive(Clone, Debug)]
enum Step {
    Past(Feature),
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
        let (mut calendar_width, mut exponential) = (0, 0);
        let steps = plan
            .features()
            .iter()
            .map(|feature| match feature {
                Feature::Calendar { .. } | Feature::Fourier { .. } | Feature::Holidays { .. } => {
                    let (from, len) = (calendar_width, dated_len(feature));
                    calendar_width += len;
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
                other => Step::Past(other.clone()),
            })
            .collect();
        let quantities = plan.columns().iter().map(|c| c.in_target_units == TargetUnits::Yes).collect();
        let mut featurizer = Self {
            holidays: holiday_lists(plan, frequency, span),
            tracked: tracked.into(),
            smoothing: smoothing_factors(plan),
            plan: Arc::new(plan.clone()),
            frequency,
            steps,
            quantities,
            first: span.0,
            calendar_width,
            calendar: Arc::new([]),
        };
        featurizer.calendar = featurizer.calendar_table(span);
        featurizer
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
            past_covariates: vec![PastCovariate::NONE; self.tracked.len()],
        }
    }

    /// The state of a series after all its history. Values that were out of stock count as missing.
    #[must_use]
    pub fn state(&self, series: SeriesView<'_>) -> SeriesState {
        let mut state = self.begin(series.start());
        let mut inputs = SeriesInputs::new(&self.plan, series);
        for (index, &value) in series.target().iter().enumerate() {
            let value = if inputs.is_available(index) { value } else { f32::NAN };
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
                    self.write_dated(inputs.period, *from, &mut out[at..at + len]);
                    at += len;
                    continue;
                }
                Step::Past(feature) => out[at] = past_feature(feature, state, past),
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
        let scale = state.stages.iter().map(Stage::scale).product::<f64>();
        if scale != 1.0 {
            for (value, _) in out.iter_mut().zip(self.quantities.iter()).filter(|(_, quantity)| **quantity) {
                *value = (f64::from(*value) / scale) as f32;
            }
        }
    }

    /// Moves the state one period on: `value` is the target there, in its own units; NaN if missing.
    pub fn advance(&self, state: &mut SeriesState, inputs: &StepInputs<'_>, value: f32) {
        let mut current = f64::from(value);
        for stage in &mut state.stages {
            let before = current;
            if !matches!(stage, Stage::Scale { .. }) {
                current = stage.apply(current);
            }
            stage.advance(before);
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

    fn write_dated(&self, period: Period, from: usize, out: &mut [f32]) {
        let row = usize::try_from(period.since(self.first)).unwrap_or(usize::MAX);
        let start = row.saturating_mul(self.calendar_width).saturating_add(from);
        match self.calendar.get(start..start.saturating_add(out.len())) {
            Some(known) => out.copy_from_slice(known),
            None => {
                let mut all = vec![f32::NAN; self.calendar_width];
                self.compute_dated(period, &mut all);
                out.copy_from_slice(&all[from..from + out.len()]);
            }
        }
    }

    fn calendar_table(&self, (first, last): (Period, Period)) -> Arc<[f32]> {
        let rows = usize::try_from(last.since(first).saturating_add(1)).unwrap_or(0);
        let mut table = vec![f32::NAN; rows * self.calendar_width];
        if self.calendar_width > 0 {
            for (row, out) in table.chunks_exact_mut(self.calendar_width).enumerate() {
                self.compute_dated(first.plus(row as i32), out);
            }
        }
        table.into()
    }

    /// Writes all calendar features of one period; NaN outside of the calendar.
    fn compute_dated(&self, period: Period, out: &mut [f32]) {
        let (Some(begin), Some(next)) =
            (self.frequency.timestamp(period), self.frequency.timestamp(period.plus(1)))
        else {
            return;
        };
        let (mut at, mut lists) = (0, self.holidays.iter());
        for feature in self.plan.features() {
            let len = dated_len(feature);
            let out = &mut out[at..at + len];
            at += len;
            match feature {
                Feature::Calendar { field } => out[0] = field.of(begin),
                Feature::Fourier { .. } => fourier(begin, out),
                Feature::Holidays { .. } => {
                    if let Some(list) = lists.next() {
                        let (first, last) = self.days_of(period, (begin, next));
                        list.write(first, last, out);
                    }
                }
                _ => {}
            }
        }
    }

    /// First and last day of a period.
    fn days_of(
        &self,
        period: Period,
        (begin, next): (NaiveDateTime, NaiveDateTime),
    ) -> (chrono::NaiveDate, chrono::NaiveDate) {
        match self.frequency {
            // Named by their last day: they begin after the one before.
            Frequency::MonthEnd | Frequency::QuarterEnd => {
                let before = self.frequency.timestamp(period.plus(-1)).map(|end| end.date());
                (before.and_then(|day| day.succ_opt()).unwrap_or(begin.date()), begin.date())
            }
            _ => (begin.date(), last_day(begin.date(), next.date())),
        }
    }
}

/// Number of values that a feature takes in the calendar table.
fn dated_len(feature: &Feature) -> usize {
    match feature {
        Feature::Calendar { .. } => 1,
        Feature::Fourier { order } => 2 * *order as usize,
        Feature::Holidays { .. } => 3,
        _ => 0,
    }
}

fn past_feature(feature: &Feature, state: &SeriesState, past: &[f32]) -> f32 {
    match feature {
        Feature::Lag { lag } => lag_of(past, *lag as usize),
        Feature::Rolling { statistic: kind, lag, window } => {
            let end = (past.len() + 1).saturating_sub(*lag as usize);
            let start = end.saturating_sub(*window as usize);
            statistic(*kind, past[start.min(end)..end.min(past.len())].iter().copied())
        }
        Feature::SeasonalRolling { statistic: kind, season, window } => {
            let seasons = (1..=*window as usize).rev();
            statistic(*kind, seasons.map(|count| lag_of(past, count * *season as usize)))
        }
        Feature::ExpandingMean => (state.sum / state.count as f64) as f32,
        Feature::SinceNonZero => state.since_non_zero.map_or(f32::NAN, |periods| periods as f32),
        Feature::ZeroShare { window } => {
            let raw = if state.stages.is_empty() { past } else { state.raw.newest() };
            let recent = &raw[raw.len().saturating_sub(*window as usize)..];
            let (zeros, known) = recent
                .iter()
                .filter(|value| !value.is_nan())
                .fold((0u32, 0u32), |(z, n), v| (z + u32::from(*v == 0.0), n + 1));
            (f64::from(zeros) / f64::from(known)) as f32
        }
        Feature::Age => state.age as f32,
        _ => f32::NAN,
    }
}

/// The value over the mean of its past; 1 where it has none.
fn relative(value: f32, past: &PastCovariate) -> f32 {
    let mean = past.sum / past.count as f64;
    if past.count == 0 || mean == 0.0 {
        return if value.is_nan() { f32::NAN } else { 1.0 };
    }
    (f64::from(value) / mean) as f32
}

/// The value over the one before, less 1; 0 where there is none before.
fn change(value: f32, past: &PastCovariate) -> f32 {
    if past.last.is_nan() || past.last == 0.0 {
        return if value.is_nan() { f32::NAN } else { 0.0 };
    }
    (f64::from(value) / f64::from(past.last) - 1.0) as f32
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

fn holiday_lists(plan: &FeaturePlan, frequency: Frequency, span: (Period, Period)) -> Arc<[HolidayList]> {
    let year = |period| frequency.timestamp(period).map_or(1970, |timestamp| timestamp.year());
    plan.features()
        .iter()
        .filter_map(|feature| match feature {
            Feature::Holidays { country } => Some(HolidayList::new(*country, year(span.0), year(span.1))),
            _ => None,
        })
        .collect()
}

/// Inputs of one series of a panel, period by period, without an allocation each.
pub(crate) struct SeriesInputs<'a> {
    series: SeriesView<'a>,
    columns: Vec<&'a [f32]>,
    available: Option<&'a [bool]>,
    covariates: Vec<f32>,
    statics: Vec<f32>,
}

impl<'a> SeriesInputs<'a> {
    pub(crate) fn new(plan: &FeaturePlan, series: SeriesView<'a>) -> Self {
        let columns: Vec<_> = (0..plan.input_covariates().len()).map(|c| series.covariate(c)).collect();
        Self {
            covariates: vec![f32::NAN; columns.len()],
            statics: (0..plan.input_statics().len()).map(|s| series.static_value(s)).collect(),
            columns,
            available: series.available(),
            series,
        }
    }

    pub(crate) fn is_available(&self, index: usize) -> bool {
        self.available.is_none_or(|flags| flags[index])
    }

    /// The inputs of the period `index` after the first; covariates that have ended are NaN.
    pub(crate) fn at(&mut self, index: usize) -> StepInputs<'_> {
        for (value, column) in self.covariates.iter_mut().zip(&self.columns) {
            *value = column.get(index).copied().unwrap_or(f32::NAN);
        }
        let period = self.series.start().plus(index as i32);
        StepInputs { period, covariates: &self.covariates, statics: &self.statics }
    }
}
