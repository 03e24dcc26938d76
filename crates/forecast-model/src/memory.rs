//! What a model remembers of every series, so that a forecast needs no sales history.

use forecast_core::{Horizon, Panel, Period, SeriesKey};
use forecast_features::plan::{Featurizer, SeriesState};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::calibration::residual_scale;
use crate::local::LocalState;
use crate::{Family, ModelError};

/// At most so many periods of history are kept for people to look at.
const MOST_SHOWN: usize = 400;

/// All series of a model, sorted by key. Every list has one entry per series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SeriesMemory {
    pub(crate) keys: Vec<SeriesKey>,
    /// The period after the history.
    pub(crate) next: Vec<Period>,
    /// What residuals are divided by.
    pub(crate) scales: Vec<f64>,
    /// The newest history, oldest first.
    pub(crate) history: Vec<Vec<f32>>,
    pub(crate) states: States,
}

/// Where the recursion of each series goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum States {
    Local(Vec<LocalState>),
    Global {
        states: Vec<SeriesState>,
        /// One list per static column of the plan.
        statics: Vec<Vec<f32>>,
        future: StoredFuture,
    },
}

/// Known-future covariates that came with the training data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredFuture {
    /// Steps of room per series in `columns`.
    pub(crate) steps: usize,
    /// Steps that are known, per series.
    pub(crate) known: Vec<u32>,
    /// One list per covariate of the plan, series by series.
    pub(crate) columns: Vec<Vec<f32>>,
}

impl SeriesMemory {
    /// The memory of every series of `panel`. `featurizer` is that of a global family.
    pub(crate) fn of(
        panel: &Panel,
        (family, featurizer): (Family, Option<&Featurizer>),
        horizon: Horizon,
    ) -> Result<Self, ModelError> {
        let season = panel.frequency().season_length();
        let shown = panel.frequency().periods_per_year().min(MOST_SHOWN);
        let states = match featurizer {
            Some(featurizer) => States::Global {
                states: panel.par_series(|series| featurizer.state(series)),
                statics: panel.statics().iter().map(|column| column.values.to_vec()).collect(),
                future: StoredFuture::of(panel, horizon),
            },
            None => States::Local(
                panel
                    .par_series(|series| LocalState::after(family, &series.known_target(), season))
                    .into_iter()
                    .collect::<Option<_>>()
                    .ok_or(ModelError::NoFeatures { family })?,
            ),
        };
        Ok(Self {
            keys: panel.keys().to_vec(),
            next: panel.iter().map(|series| series.next_period()).collect(),
            scales: panel.par_series(|series| residual_scale(&series.known_target(), season)),
            history: panel.par_series(|series| {
                let target = series.target();
                target[target.len().saturating_sub(shown)..].to_vec()
            }),
            states,
        })
    }

    /// What is wrong with the shape of a memory that was read from a file, if anything.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let count = self.keys.len();
        let lists = [self.next.len(), self.scales.len(), self.history.len(), self.states.count()];
        if lists.iter().any(|&length| length != count) {
            return Some("its lists of series differ in length");
        }
        if !self.keys.is_sorted() {
            return Some("its series are not sorted");
        }
        let States::Global { statics, future, .. } = &self.states else { return None };
        let rooms = future.columns.iter().all(|column| column.len() == future.steps * count);
        let future_fits = future.steps == 0 || (future.known.len() == count && rooms);
        if !future_fits || statics.iter().any(|column| column.len() != count) {
            return Some("its columns do not fit its series");
        }
        None
    }
}

impl States {
    fn count(&self) -> usize {
        match self {
            Self::Local(states) => states.len(),
            Self::Global { states, .. } => states.len(),
        }
    }
}

impl StoredFuture {
    fn of(panel: &Panel, horizon: Horizon) -> Self {
        let beyond = |index: usize| {
            let series = panel.series(index);
            series.covariate_len().saturating_sub(series.len()).min(horizon.steps())
        };
        let known: Vec<u32> = (0..panel.len()).map(|index| beyond(index) as u32).collect();
        let steps = known.iter().copied().max().unwrap_or(0) as usize;
        if steps == 0 || panel.covariates().is_empty() {
            return Self::default();
        }
        let column = |column: usize| {
            let mut values = vec![f32::NAN; panel.len() * steps];
            for (series, room) in panel.iter().zip(values.chunks_exact_mut(steps)) {
                let known = series.covariate(column).get(series.len()..).unwrap_or(&[]);
                room.iter_mut().zip(known).for_each(|(value, known)| *value = *known);
            }
            values
        };
        Self { steps, known, columns: (0..panel.covariates().len()).map(column).collect() }
    }

    /// Steps that are known of a series.
    pub(crate) fn known(&self, series: usize) -> usize {
        self.known.get(series).map_or(0, |&steps| steps as usize)
    }

    pub(crate) fn value(&self, series: usize, column: usize, step: usize) -> f32 {
        if step >= self.steps {
            return f32::NAN;
        }
        self.columns
            .get(column)
            .and_then(|values| values.get(series * self.steps + step))
            .copied()
            .unwrap_or(f32::NAN)
    }
}

/// Something for every series, in parallel, in order.
trait ParallelSeries {
    fn par_series<T: Send>(&self, make: impl Fn(forecast_core::SeriesView<'_>) -> T + Sync) -> Vec<T>;
}

impl ParallelSeries for Panel {
    fn par_series<T: Send>(&self, make: impl Fn(forecast_core::SeriesView<'_>) -> T + Sync) -> Vec<T> {
        (0..self.len()).into_par_iter().map(|index| make(self.series(index))).collect()
    }
}
