//! Gradient-boosted trees over the feature matrix of all series, fitted by `forecast-boost`.
//!
//! The trees learn the target in units of each series' own sales, as the other global families do, but
//! each row weighs what its series' size says: the deviance that is minimised is that of the target in its
//! own units ([`BoostedLoss`]). Besides the plan's features they see what a series is called, key column by
//! key column, and how large its sales are.

use forecast_boost::Model;
use forecast_core::SeriesKey;
use forecast_features::plan::FeatureColumn;
use serde::{Deserialize, Serialize};

mod fit;
mod inputs;
mod loss;
mod params;
mod stored;

pub(crate) use fit::BoostedFit;
use inputs::Inputs;
pub use loss::BoostedLoss;

/// Fitted trees, with what they look at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct BoostedModel {
    inputs: Inputs,
    #[serde(with = "stored")]
    model: Model,
    /// Share of each input in the gain of all splits.
    importance: Vec<f64>,
}

impl BoostedModel {
    /// Predictions for rows of features, row after row, in the units of the matrix's target. `facts` has
    /// what [`facts`](Self::facts) says of the series of each row.
    pub(crate) fn predict(&self, (rows, facts): (&[f32], &[f32]), out: &mut [f64]) {
        let seen = self.inputs.rows(rows, facts);
        for (value, row) in out.iter_mut().zip(seen.chunks_exact(self.inputs.width())) {
            // Row by row, so that a forecast does not depend on which others are asked for: the sum over
            // the trees of many rows is taken in another order. `fits` has ruled out another width.
            *value = self.model.predict_row(row).unwrap_or(f64::NAN);
        }
    }

    /// Appends what the trees must know of a series besides its features.
    pub(crate) fn facts(&self, key: &SeriesKey, size: f64, out: &mut Vec<f32>) {
        self.inputs.facts(key, size, out);
    }

    /// How many trees there are.
    pub(crate) fn trees(&self) -> usize {
        self.model.trees()
    }

    /// Whether the model was fitted to rows of `width` features.
    pub(crate) fn fits(&self, width: usize) -> bool {
        let columns = self.inputs.width();
        self.inputs.fit(width) && self.importance.len() == columns && self.model.columns().len() == columns
    }

    /// Every input with its share in the gain of all splits.
    pub(crate) fn importance(&self, plan: &[FeatureColumn]) -> Vec<(String, f64)> {
        self.inputs.names(plan).map(str::to_owned).zip(self.importance.iter().copied()).collect()
    }
}
