//! Early stopping: the loss on rows that the trees are not fitted to.

use rayon::prelude::*;

use super::scores;
use crate::dataset::Dataset;
use crate::objective::Loss;
use crate::tree::Tree;

/// The loss on the validation set, tree by tree.
pub(super) struct Watch<'a> {
    data: &'a Dataset<'a>,
    scores: Vec<f64>,
    best_loss: f64,
    pub(super) best_trees: usize,
    trees: usize,
}

impl<'a> Watch<'a> {
    pub(super) fn new(data: &'a Dataset<'a>, start: f64) -> Self {
        let scores = scores::starting(data, start);
        Self { data, scores, best_loss: f64::INFINITY, best_trees: 0, trees: 0 }
    }

    /// Adds a tree; true where no tree of the last `patience` was the best so far.
    pub(super) fn is_over(&mut self, loss: &dyn Loss, tree: Option<&Tree>, patience: usize) -> bool {
        let Some(tree) = tree else { return true };
        const PART: usize = 4096;
        let columns = self.data.features.columns();
        // Parts of fixed length keep the order of additions, and so the sum, free of the threads.
        let parts: Vec<f64> = self
            .scores
            .par_chunks_mut(PART)
            .enumerate()
            .map(|(part, scores)| {
                let first = part * PART;
                let mut sum = 0.0;
                for (offset, score) in scores.iter_mut().enumerate() {
                    let row = first + offset;
                    let leaf = tree.leaf_of(|column| columns[column].values[row]);
                    *score += tree.leaves[leaf].value;
                    let weight = self.data.weight.map_or(1.0, |weight| f64::from(weight[row]));
                    sum += weight * loss.loss(*score, f64::from(self.data.label[row]));
                }
                sum
            })
            .collect();
        self.trees += 1;
        let total: f64 = parts.iter().sum();
        if total < self.best_loss {
            (self.best_loss, self.best_trees) = (total, self.trees);
        }
        self.trees - self.best_trees >= patience
    }
}
