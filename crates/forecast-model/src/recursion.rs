//! Recursive forecasts: each step's forecast is the newest value that the next step looks back on.
//!
//! Series are forecast in blocks, step by step, so that a model sees many rows at once; blocks run in
//! parallel and do not touch each other.

use forecast_core::{Horizon, Period, PointForecasts, SeriesKey};
use forecast_features::plan::{Featurizer, SeriesState, StepInputs};
use rayon::prelude::*;

use crate::floor::Floor;
use crate::global::GlobalModel;

/// Series forecast together.
const BLOCK_SERIES: usize = 64;

/// What is known beforehand about the steps of the series to forecast.
pub(crate) trait StepValues: Sync {
    /// Value of the input covariate `column` of the series at `position`, `step` periods after its
    /// first forecast period; NaN where missing.
    fn covariate(&self, position: usize, column: usize, step: usize) -> f32;

    /// Value of the static column of the series at `position`.
    fn static_value(&self, position: usize, column: usize) -> f32;

    /// What the series at `position` is called.
    fn key(&self, position: usize) -> &SeriesKey;
}

/// A global model about to forecast.
#[derive(Clone, Copy)]
pub(crate) struct Recursion<'a> {
    pub(crate) featurizer: &'a Featurizer,
    pub(crate) model: &'a GlobalModel,
    pub(crate) floor: Floor,
}

impl Recursion<'_> {
    /// Forecasts `count` series over `horizon`; `state` gives a series' state after its history.
    pub(crate) fn run(
        &self,
        (count, horizon): (usize, Horizon),
        state: impl Fn(usize) -> SeriesState + Sync,
        values: &dyn StepValues,
    ) -> PointForecasts {
        let steps = horizon.steps();
        let mut forecasts = PointForecasts::zeros(count, horizon);
        let blocks = forecasts.as_mut_slice().par_chunks_mut(BLOCK_SERIES * steps);
        blocks.enumerate().for_each(|(index, out)| {
            let first = index * BLOCK_SERIES;
            let positions = first..first + out.len() / steps;
            let states = positions.clone().map(&state).collect();
            let mut block = Block::new(self, values, (first, states));
            for step in 0..steps {
                block.forecast(step);
                for (row, value) in out.chunks_exact_mut(steps).zip(&block.values) {
                    row[step] = *value;
                }
            }
        });
        forecasts
    }
}

/// Some neighbouring series, with room for one step of them.
struct Block<'a> {
    recursion: &'a Recursion<'a>,
    inputs: &'a dyn StepValues,
    first: usize,
    states: Vec<SeriesState>,
    starts: Vec<Period>,
    covariates: Vec<f32>,
    statics: Vec<f32>,
    /// What the model must know of every series besides its features.
    facts: Vec<f32>,
    rows: Vec<f32>,
    /// The newest forecast of every series.
    values: Vec<f64>,
}

impl<'a> Block<'a> {
    fn new(
        recursion: &'a Recursion<'a>,
        inputs: &'a dyn StepValues,
        (first, states): (usize, Vec<SeriesState>),
    ) -> Self {
        let plan = recursion.featurizer.plan();
        let mut facts = Vec::new();
        for (at, state) in states.iter().enumerate() {
            recursion.model.facts(inputs.key(first + at), recursion.featurizer.size(state), &mut facts);
        }
        let (covariates, statics) = (plan.input_covariates().len(), plan.input_statics().len());
        let known = |index: usize| (index / statics.max(1), index % statics.max(1));
        Self {
            covariates: vec![f32::NAN; states.len() * covariates],
            statics: (0..states.len() * statics)
                .map(known)
                .map(|(at, column)| inputs.static_value(first + at, column))
                .collect(),
            facts,
            rows: vec![f32::NAN; states.len() * recursion.featurizer.width()],
            values: vec![0.0; states.len()],
            starts: states.iter().map(SeriesState::next_period).collect(),
            recursion,
            inputs,
            first,
            states,
        }
    }

    /// Forecasts one step of all series and moves them on.
    fn forecast(&mut self, step: usize) {
        let Recursion { featurizer, model, floor } = *self.recursion;
        let width = featurizer.width();
        let known = featurizer.plan().input_covariates().len();
        let fixed = featurizer.plan().input_statics().len();
        for at in 0..self.states.len() {
            for column in 0..known {
                self.covariates[at * known + column] = self.inputs.covariate(self.first + at, column, step);
            }
        }
        let (covariates, statics, starts) = (&self.covariates, &self.statics, &self.starts);
        let inputs = |at: usize| StepInputs {
            period: starts[at].plus(step as i32),
            covariates: &covariates[at * known..(at + 1) * known],
            statics: &statics[at * fixed..(at + 1) * fixed],
        };
        for (at, row) in self.rows.chunks_exact_mut(width).enumerate() {
            featurizer.row(&self.states[at], &inputs(at), row);
        }
        model.predict(width, (&mut self.rows, &self.facts), &mut self.values);
        for (at, (state, value)) in self.states.iter_mut().zip(&mut self.values).enumerate() {
            *value = floor.raise(featurizer.restore(state, *value));
            featurizer.advance_expected(state, &inputs(at), *value as f32);
        }
    }
}
