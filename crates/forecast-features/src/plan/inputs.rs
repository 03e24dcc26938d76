//! What is known of a period before its target is.

use forecast_core::{Period, SeriesView};

use super::FeaturePlan;

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

/// Inputs of one series of a panel, period by period, without an allocation each.
pub(crate) struct SeriesInputs<'a> {
    series: SeriesView<'a>,
    columns: Vec<&'a [f32]>,
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
            series,
        }
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
