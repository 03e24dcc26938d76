//! The raw score of every row, and the packed gradients that follow from it.
//!
//! Rows are gone through in blocks that fit the first-level cache. Sums over blocks are added in their
//! order, whatever thread made them.

use std::ops::Range;

use rayon::prelude::*;

use super::packed::{Gradient, Magnitudes, Scales, chance};
use crate::dataset::Dataset;
use crate::objective::{Loss, RowsOf};
use crate::tree::Tree;

/// Rows of a block.
const BLOCK: usize = 4096;

pub(super) struct Scores {
    scores: Vec<f64>,
    packed: Vec<i64>,
}

/// What every row's score is before the first tree.
pub(super) fn starting(data: &Dataset<'_>, start: f64) -> Vec<f64> {
    match data.init_score {
        None => vec![start; data.rows()],
        Some(init) => init.iter().map(|&score| start + f64::from(score)).collect(),
    }
}

impl Scores {
    pub(super) fn new(data: &Dataset<'_>, start: f64) -> Self {
        Self { scores: starting(data, start), packed: vec![0; data.rows()] }
    }

    pub(super) fn score(&self, row: usize) -> f64 {
        self.scores[row]
    }

    pub(super) fn packed(&self) -> &[i64] {
        &self.packed
    }

    /// Computes and packs the gradients of all rows; returns their scales.
    pub(super) fn gradients(&mut self, loss: &dyn Loss, data: &Dataset<'_>, seed: u64) -> Scales {
        let parts: Vec<Magnitudes> = self
            .scores
            .par_chunks(BLOCK)
            .zip(self.packed.par_chunks_mut(BLOCK))
            .enumerate()
            .map(|(block, (scores, packed))| derive(loss, rows_of(data, block, scores.len()), scores, packed))
            .collect();
        let total = parts.iter().fold(Magnitudes::default(), |sum, part| Magnitudes {
            grad: sum.grad + part.grad,
            hess: sum.hess + part.hess,
        });
        let constant = loss.hessian_is_one() && data.weight.is_none();
        let scales = Scales::new(total, self.scores.len(), constant);
        self.packed.par_chunks_mut(BLOCK).enumerate().for_each(|(block, packed)| {
            for (offset, packed) in packed.iter_mut().enumerate() {
                let chance = chance(seed, (block * BLOCK + offset) as u64);
                *packed = scales.pack(unstash(*packed), chance);
            }
        });
        scales
    }

    /// Adds a tree to the scores of all rows, those it was not grown on included.
    pub(super) fn add(&mut self, tree: &Tree, (ranges, rows): (&[Range<usize>], &[u32]), data: &Dataset<'_>) {
        if rows.len() < self.scores.len() {
            return self.add_by_values(tree, data);
        }
        // Rows ascend within a leaf: each part of the rows is a consecutive piece of each leaf.
        let part =
            self.scores.len().div_ceil(rayon::current_num_threads()).max(BLOCK).next_multiple_of(BLOCK);
        self.scores.par_chunks_mut(part).enumerate().for_each(|(index, scores)| {
            let first = (index * part) as u32;
            let mut pieces: Vec<(&[u32], f64)> = ranges
                .iter()
                .zip(&tree.leaves)
                .map(|(range, leaf)| {
                    let rows = &rows[range.clone()];
                    (&rows[rows.partition_point(|&row| row < first)..], leaf.value)
                })
                .collect();
            for (block, scores) in scores.chunks_mut(BLOCK).enumerate() {
                let first = first + (block * BLOCK) as u32;
                let end = first + scores.len() as u32;
                for (rows, value) in &mut pieces {
                    let mut taken = 0;
                    for &row in rows.iter().take_while(|&&row| row < end) {
                        scores[(row - first) as usize] += *value;
                        taken += 1;
                    }
                    *rows = &rows[taken..];
                }
            }
        });
    }

    fn add_by_values(&mut self, tree: &Tree, data: &Dataset<'_>) {
        let columns = data.features.columns();
        self.scores.par_iter_mut().enumerate().for_each(|(row, score)| {
            *score += tree.leaves[tree.leaf_of(|column| columns[column].values[row])].value;
        });
    }
}

fn rows_of<'a>(data: &Dataset<'a>, block: usize, len: usize) -> RowsOf<'a> {
    let range = block * BLOCK..block * BLOCK + len;
    RowsOf { label: &data.label[range.clone()], weight: data.weight.map(|weight| &weight[range]) }
}

/// Derivatives of one block, kept as they are until the scales are known.
fn derive(loss: &dyn Loss, rows: RowsOf<'_>, scores: &[f64], packed: &mut [i64]) -> Magnitudes {
    let mut gradients = [Gradient::default(); BLOCK];
    let gradients = &mut gradients[..scores.len()];
    loss.gradients(scores, rows, gradients);
    // Eight sums instead of one: additions that do not wait for each other.
    let (mut grad, mut hess) = ([0.0; 8], [0.0; 8]);
    let (chunks, rest) = gradients.as_chunks::<8>();
    for chunk in chunks {
        for ((grad, hess), gradient) in grad.iter_mut().zip(&mut hess).zip(chunk) {
            *grad += f64::from(gradient.grad.abs());
            *hess += f64::from(gradient.hess);
        }
    }
    for gradient in rest {
        grad[0] += f64::from(gradient.grad.abs());
        hess[0] += f64::from(gradient.hess);
    }
    for (packed, gradient) in packed.iter_mut().zip(gradients.iter()) {
        *packed = stash(*gradient);
    }
    Magnitudes { grad: grad.iter().sum(), hess: hess.iter().sum() }
}

/// Both halves of a gradient as bits in one word.
#[inline]
fn stash(gradient: Gradient) -> i64 {
    (i64::from(gradient.grad.to_bits()) << 32) | i64::from(gradient.hess.to_bits())
}

#[inline]
fn unstash(word: i64) -> Gradient {
    Gradient { grad: f32::from_bits((word >> 32) as u32), hess: f32::from_bits(word as u32) }
}
