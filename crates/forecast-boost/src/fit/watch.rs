//! Early stopping: the loss on rows that the trees are not fitted to.

use rayon::prelude::*;

use super::scores;
use crate::BoostError;
use crate::dataset::Dataset;
use crate::objective::Loss;
use crate::tree::Tree;

/// The loss on the validation set, tree by tree.
pub(super) struct Watch<'a> {
    data: &'a Dataset<'a>,
    loss: &'a dyn Loss,
    patience: usize,
    scores: Vec<f64>,
    best_loss: f64,
    best_trees: usize,
    trees: usize,
    /// Trees without a split since the best.
    without_split: usize,
}

/// Rows of fixed length keep the order of additions, and so the sum, free of the threads.
const PART: usize = 4096;

impl<'a> Watch<'a> {
    /// Before the first tree, which may be none too many.
    pub(super) fn new(
        data: &'a Dataset<'a>,
        loss: &'a dyn Loss,
        (start, patience): (f64, usize),
    ) -> Result<Self, BoostError> {
        let scores = scores::starting(data, start);
        let mut watch = Self {
            data,
            loss,
            patience,
            scores,
            best_loss: f64::INFINITY,
            best_trees: 0,
            trees: 0,
            without_split: 0,
        };
        watch.best_loss = watch.advance(None)?;
        Ok(watch)
    }

    /// Adds a tree; true where no tree of the last `patience` was the best so far.
    pub(super) fn is_over(&mut self, tree: &Tree) -> Result<bool, BoostError> {
        self.trees += 1;
        let total = self.advance(Some(tree))?;
        if total < self.best_loss {
            (self.best_loss, self.best_trees) = (total, self.trees);
            self.without_split = 0;
        }
        Ok(self.is_over_by_now())
    }

    /// Counts a tree that found nothing to split.
    pub(super) fn is_over_without_tree(&mut self) -> bool {
        self.without_split += 1;
        self.is_over_by_now()
    }

    fn is_over_by_now(&self) -> bool {
        self.trees - self.best_trees + self.without_split >= self.patience
    }

    /// How many trees had the least loss.
    pub(super) fn best_trees(&self) -> usize {
        self.best_trees
    }

    /// Adds a tree, if there is one, and returns the loss.
    fn advance(&mut self, tree: Option<&Tree>) -> Result<f64, BoostError> {
        let columns = self.data.features.columns();
        let parts: Vec<f64> = self
            .scores
            .par_chunks_mut(PART)
            .enumerate()
            .map(|(part, scores)| {
                let mut sum = 0.0;
                for (row, score) in (part * PART..).zip(scores) {
                    if let Some(tree) = tree {
                        *score += tree.leaves[tree.leaf_of(|column| columns[column].values[row])].value;
                    }
                    let weight = self.data.weight.map_or(1.0, |weight| f64::from(weight[row]));
                    sum += weight * self.loss.loss(*score, f64::from(self.data.label[row]));
                }
                sum
            })
            .collect();
        let total: f64 = parts.iter().sum();
        if total.is_nan() { Err(BoostError::LossIsNan { trees: self.trees }) } else { Ok(total) }
    }
}
