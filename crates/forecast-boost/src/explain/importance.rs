//! How much each column was used by a model's trees.
//!
//! These figures describe the fit, not the forecasts: columns with many values are split more often, and
//! gain favours columns that are asked first. [`Explainer`](crate::Explainer) says what moved a forecast.

use crate::model::Model;

/// What is counted for a column, under LightGBM's names (`importance_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Importance {
    /// What its splits took off the training loss, twice, before shrinkage.
    Gain,
    /// How many splits ask about it.
    Split,
}

impl Model {
    /// One number per column, in the order of [`columns`](Self::columns), 0 for those that are never asked
    /// about. As in LightGBM, splits that gained nothing do not count.
    #[must_use]
    pub fn importance(&self, importance: Importance) -> Vec<f64> {
        let mut sums = vec![0.0; self.columns().len()];
        let splits = self.trees.iter().flat_map(|tree| &tree.nodes).filter(|node| node.gain > 0.0);
        for node in splits {
            sums[node.column as usize] += match importance {
                Importance::Gain => node.gain,
                Importance::Split => 1.0,
            };
        }
        sums
    }
}
