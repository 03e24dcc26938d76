//! A fitted model: what it starts from, and its trees.

use rayon::prelude::*;

use crate::BoostError;
use crate::dataset::{ColumnKind, Features};
use crate::objective::Objective;
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
}

impl Model {
    /// The columns, in the order in which values must be given.
    #[must_use]
    pub fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    /// How many trees there are.
    #[must_use]
    pub fn trees(&self) -> usize {
        self.trees.len()
    }

    /// One prediction per row.
    ///
    /// # Errors
    /// Columns of unequal length, or more or fewer of them than the model has.
    pub fn predict(&self, features: &Features<'_>) -> Result<Vec<f64>, BoostError> {
        features.check()?;
        let (expected, found) = (self.columns.len(), features.columns().len());
        if expected != found {
            return Err(BoostError::FeatureCount { expected, found });
        }
        let loss = self.objective.loss();
        let columns = features.columns();
        Ok((0..features.rows())
            .into_par_iter()
            .map(|row| loss.output(self.score(|column| columns[column].values[row])))
            .collect())
    }

    fn score(&self, value: impl Fn(usize) -> f32 + Copy) -> f64 {
        self.trees.iter().map(|tree| tree.leaves[tree.leaf_of(value)].value).sum::<f64>() + self.start
    }
}
