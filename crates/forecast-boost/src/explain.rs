//! What moved a forecast: exact path-dependent SHAP values, and the columns' importance in the fit.
//!
//! A row's contributions (Lundberg et al. 2020) share the difference between its raw score and the model's
//! expected score among the columns, in fair parts in Shapley's sense: column by column, what knowing its
//! value adds, averaged over all orders in which values could become known. Where a value is not known, a
//! tree is followed into both children by the share of the training rows that went there. Rows are counted
//! as the fit counted them: without weights, and only those that were sampled for the tree. That is what
//! LightGBM's `pred_contrib` does, and the figures are the same.
//!
//! But for random forests that were read from LightGBM (`boosting=rf`): they predict the mean of their trees,
//! and `pred_contrib` explains the sum. Here contributions sum to what is predicted there as well; they are
//! LightGBM's divided by the number of trees.

mod importance;
mod layout;
mod quadrature;
mod shap;

use std::cell::RefCell;

use rayon::prelude::*;

pub use importance::Importance;

use crate::BoostError;
use crate::dataset::Features;
use crate::model::Model;
use layout::ShapTree;
use shap::{Rows, Scratch};

/// Rows that go through a tree before the next: the tree stays in the first-level cache.
const BLOCK: usize = 64;

thread_local! {
    /// Kept from call to call, so that a row allocates nothing.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Explains a model's forecasts. Make it once, and share it among threads.
#[derive(Debug, Clone)]
pub struct Explainer {
    trees: Vec<ShapTree>,
    columns: usize,
    expected: f64,
}

/// Contributions of rows: on the scale of the objective's link, like the raw score that they sum to.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    values: Vec<f64>,
    width: usize,
}

impl Model {
    /// Prepares explanations of this model's forecasts, in memory of a few times the model's, whatever trees
    /// it has. Trees whose paths ask about more than 64 different columns are explained more slowly.
    #[must_use]
    pub fn explainer(&self) -> Explainer {
        let mut expected = self.start;
        let mut trees = Vec::with_capacity(self.trees.len());
        for tree in &self.trees {
            let (laid_out, value) = ShapTree::new(tree);
            trees.extend(laid_out);
            expected += value;
        }
        Explainer { trees, columns: self.columns().len(), expected }
    }
}

impl Explainer {
    /// The mean raw score over the training rows, tree by tree: what contributions start from.
    #[must_use]
    pub fn expected_value(&self) -> f64 {
        self.expected
    }

    /// Every row's contributions. Takes 8 bytes per row and column, and one column more.
    ///
    /// # Errors
    /// Columns of unequal length, or more or fewer of them than the model has.
    pub fn explain(&self, features: &Features<'_>) -> Result<Contributions, BoostError> {
        features.check()?;
        let columns = features.columns();
        if columns.len() != self.columns {
            return Err(BoostError::FeatureCount { expected: self.columns, found: columns.len() });
        }
        let width = self.columns + 1;
        let mut values = vec![0.0; features.rows() * width];
        values.par_chunks_mut(BLOCK * width).enumerate().for_each_init(
            || vec![0.0; BLOCK * self.columns],
            |rows, (block, sums)| {
                for (offset, row) in rows.chunks_exact_mut(self.columns).take(sums.len() / width).enumerate()
                {
                    for (target, column) in row.iter_mut().zip(columns) {
                        *target = column.values[block * BLOCK + offset];
                    }
                }
                self.add_to(rows, sums);
            },
        );
        Ok(Contributions { values, width })
    }

    /// One row's contributions: a value per column in the model's order, then the expected value. `out` has
    /// room for just these. Allocates nothing once a thread has explained a row.
    ///
    /// # Errors
    /// More or fewer values than the model has columns, or `out` of another length than one more than that.
    pub fn explain_row(&self, row: &[f32], out: &mut [f64]) -> Result<(), BoostError> {
        if row.len() != self.columns {
            return Err(BoostError::FeatureCount { expected: self.columns, found: row.len() });
        }
        let expected = self.columns + 1;
        if out.len() != expected {
            let what = "contributions of a row";
            return Err(BoostError::OutputLength { what, expected, found: out.len() });
        }
        out.fill(0.0);
        self.add_to(row, out);
        Ok(())
    }

    /// Adds all trees to zeros in `sums`, whose rows have one place more than those in `rows`.
    fn add_to(&self, rows: &[f32], sums: &mut [f64]) {
        let rows = Rows { values: rows, columns: self.columns };
        SCRATCH.with_borrow_mut(|scratch| {
            for tree in &self.trees {
                tree.add_to(rows, scratch, sums);
            }
        });
        for expected in sums.iter_mut().skip(self.columns).step_by(self.columns + 1) {
            *expected = self.expected;
        }
    }
}

impl Contributions {
    /// How many rows were explained.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.values.len() / self.width
    }

    /// How many numbers each row has: one per column, in the model's order, and the expected value last.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// The numbers of one row, which sum to its raw score; none where there is no such row.
    #[must_use]
    pub fn row(&self, row: usize) -> Option<&[f64]> {
        self.values.chunks_exact(self.width).nth(row)
    }

    /// The numbers of all rows, one row after the other.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The same, owned.
    #[must_use]
    pub fn into_values(self) -> Vec<f64> {
        self.values
    }
}
