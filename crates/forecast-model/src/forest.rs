//! Random forests and extra trees, fitted by smartcore and kept in a flat form of our own.
//!
//! Missing numbers become a value below all of their column, categories are their codes. Trees are
//! fitted in groups with seeds of their own, so that groups may run side by side and the forest does
//! not depend on how many threads there are. The rows are a seeded sample ([`ForestSettings`]).

use forecast_features::matrix::FeatureMatrix;
use serde::{Deserialize, Serialize};

mod fit;
mod tree;

pub(crate) use fit::ForestSettings;
use tree::FlatTree;

/// A fitted forest: the mean of its trees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ForestModel {
    /// What stands for a missing value, per feature.
    fill: Vec<f32>,
    trees: Vec<FlatTree>,
    /// Share of each feature in the reduction of squared error.
    importance: Vec<f64>,
}

impl ForestModel {
    /// Predictions for rows of features, row after row, in the units of the matrix's target.
    /// `rows` is overwritten where values are missing.
    pub(crate) fn predict(&self, rows: &mut [f32], out: &mut [f64]) {
        let width = self.fill.len();
        for row in rows.chunks_exact_mut(width) {
            for (value, fill) in row.iter_mut().zip(&self.fill) {
                if !value.is_finite() {
                    *value = *fill;
                }
            }
        }
        out.fill(0.0);
        // Tree by tree, so that one tree at a time is in the processor's cache.
        for tree in &self.trees {
            for (sum, row) in out.iter_mut().zip(rows.chunks_exact(width)) {
                *sum += tree.predict(row);
            }
        }
        let count = self.trees.len() as f64;
        out.iter_mut().for_each(|sum| *sum /= count);
    }

    /// Whether the model was fitted to rows of `width` features.
    pub(crate) fn fits(&self, width: usize) -> bool {
        self.fill.len() == width
            && self.importance.len() == width
            && !self.trees.is_empty()
            && self.trees.iter().all(|tree| tree.is_sound(width))
    }

    /// Share of each feature in the reduction of squared error.
    pub(crate) fn importance(&self) -> &[f64] {
        &self.importance
    }
}

/// A value below every finite value of each column, close enough that a random cut between the two
/// does not always part the missing from the rest.
fn fill_values(matrix: &FeatureMatrix) -> Vec<f32> {
    let below = |column: &Vec<f32>| {
        let finite = || column.iter().copied().filter(|value| value.is_finite());
        let (low, high) =
            (finite().fold(f32::INFINITY, f32::min), finite().fold(f32::NEG_INFINITY, f32::max));
        if low > high { -1.0 } else { low - (0.05 * (high - low)).max(1.0) }
    };
    matrix.columns.iter().map(below).collect()
}
