//! A fitted model: what it starts from, and its trees.

use std::sync::Arc;

use rayon::prelude::*;

use crate::BoostError;
use crate::dataset::{ColumnKind, Features};
use crate::objective::{Loss, Objective};
use crate::predict::Forest;
use crate::tree::Tree;

/// A column that a model was fitted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// How it is split.
    pub kind: ColumnKind,
}

/// A fitted model.
#[derive(Debug, Clone)]
pub struct Model {
    pub(crate) columns: Vec<ColumnInfo>,
    pub(crate) start: f64,
    pub(crate) trees: Vec<Tree>,
    pub(crate) objective: Objective,
    pub(crate) loss: Arc<dyn Loss>,
    pub(crate) forest: Forest,
}

/// Rows that one thread predicts at a time.
const BLOCK: usize = 4_096;

impl Model {
    /// The columns, in the order in which values must be given.
    #[must_use]
    pub fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    /// What it was fitted to minimise.
    #[must_use]
    pub fn objective(&self) -> &Objective {
        &self.objective
    }

    /// How many trees there are.
    #[must_use]
    pub fn trees(&self) -> usize {
        self.trees.len()
    }

    /// One prediction per row. Columns are taken by their place, in the order of [`columns`](Self::columns);
    /// their names and kinds are not compared.
    ///
    /// # Errors
    /// Columns of unequal length, or more or fewer of them than the model has.
    pub fn predict(&self, features: &Features<'_>) -> Result<Vec<f64>, BoostError> {
        features.check()?;
        let (expected, found) = (self.columns.len(), features.columns().len());
        if expected != found {
            return Err(BoostError::FeatureCount { expected, found });
        }
        let mut scores = vec![self.start; features.rows()];
        scores.par_chunks_mut(BLOCK).enumerate().for_each(|(block, scores)| {
            let range = block * BLOCK..block * BLOCK + scores.len();
            let columns: Vec<&[f32]> =
                features.columns().iter().map(|column| &column.values[range.clone()]).collect();
            self.forest.add_to(&columns, scores);
            for score in scores {
                *score = self.loss.output(*score);
            }
        });
        Ok(scores)
    }

    /// The prediction for one row of values, in the order of [`columns`](Self::columns). Allocates nothing.
    ///
    /// # Errors
    /// More or fewer values than the model has columns.
    pub fn predict_row(&self, row: &[f32]) -> Result<f64, BoostError> {
        if row.len() != self.columns.len() {
            return Err(BoostError::FeatureCount { expected: self.columns.len(), found: row.len() });
        }
        Ok(self.loss.output(self.forest.add_row(row, self.start)))
    }

    /// Prepares prediction once all trees are there.
    pub(crate) fn ready(mut self) -> Self {
        self.forest = Forest::new(&self.trees, self.columns.len());
        self
    }
}
