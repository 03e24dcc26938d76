//! The raw score of every row, and the packed gradients that follow from it.
//!
//! What the last tree adds and what the next one starts from are computed in one pass over the rows. Sums
//! are taken block by block and added in the blocks' order, whatever thread made them.

use std::ops::Range;

use rayon::prelude::*;

use super::goss::{Chosen, Goss};
use super::packed::{Gradient, Magnitudes, Scales};
use crate::chance::chance;
use crate::dataset::Dataset;
use crate::objective::{Loss, RowsOf};
use crate::simd::vectorised;
use crate::tree::Tree;

/// Rows of a block: their scores fit the second-level cache, and a leaf's rows in a block are many enough
/// that going from leaf to leaf costs little.
const BLOCK: usize = 32_768;
/// Rows whose gradients are computed together: they fit the first-level cache.
const STRIP: usize = 1_024;

/// Whose derivatives are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// Those of a loss of this crate.
    Ours,
    /// Those of a loss that the caller brought.
    Callers,
}

/// A gradient that cannot be added up.
#[derive(Debug)]
pub(super) struct Bad {
    pub(super) row: usize,
    pub(super) gradient: Gradient,
}

pub(super) struct Scores {
    scores: Vec<f64>,
    packed: Vec<i64>,
    trust: Trust,
    /// Which rows have gradients, where not all.
    chosen: Option<Chosen>,
}

/// The rows of each leaf of a tree, ascending within a leaf.
#[derive(Clone, Copy)]
pub(super) struct LeafRows<'a> {
    /// Row numbers, leaf by leaf.
    pub(super) rows: &'a [u32],
    /// Each leaf's place among them.
    pub(super) ranges: &'a [Range<usize>],
}

/// What every row's score is before the first tree.
pub(super) fn starting(data: &Dataset<'_>, start: f64) -> Vec<f64> {
    match data.init_score {
        None => vec![start; data.rows()],
        Some(init) => init.iter().map(|&score| start + f64::from(score)).collect(),
    }
}

impl Scores {
    pub(super) fn new(data: &Dataset<'_>, start: f64, trust: Trust) -> Self {
        Self { scores: starting(data, start), packed: vec![0; data.rows()], trust, chosen: None }
    }

    pub(super) fn score(&self, row: usize) -> f64 {
        self.scores[row]
    }

    /// The rows that have gradients, where they are not all.
    pub(super) fn chosen(&self) -> Option<&Chosen> {
        self.chosen.as_ref()
    }

    pub(super) fn packed(&self) -> &[i64] {
        &self.packed
    }

    /// Adds the last tree, if there is one, then computes and packs the gradients of all rows, or of those
    /// that `goss` chooses; returns their scales.
    pub(super) fn advance(
        &mut self,
        (loss, data): (&dyn Loss, &Dataset<'_>),
        last: Option<(&Tree, [LeafRows<'_>; 2])>,
        (seed, goss): (u64, Option<Goss>),
    ) -> Result<Scales, Bad> {
        let rows = self.scores.len();
        // One run of blocks per thread: within it, the place in each leaf's rows is carried on.
        let run = rows.div_ceil(rayon::current_num_threads()).next_multiple_of(BLOCK);
        let sums: Vec<Vec<Magnitudes>> = self
            .scores
            .par_chunks_mut(run)
            .zip(self.packed.par_chunks_mut(run))
            .enumerate()
            .map(|(index, (scores, packed))| {
                let mut update = Update::new(last, index * run);
                let blocks = scores.chunks_mut(BLOCK).zip(packed.chunks_mut(BLOCK));
                blocks
                    .map(|(scores, packed)| {
                        let first = update.first;
                        update.add_to(scores);
                        derive(loss, (data, first), scores, packed)
                    })
                    .collect()
            })
            .collect();
        let total = sums.iter().flatten().fold(Magnitudes::default(), |sum, part| Magnitudes {
            grad: sum.grad + part.grad,
            hess: sum.hess + part.hess,
        });
        let total = self.checked(total)?;
        let before = self.chosen.take();
        self.chosen = goss.map(|goss| goss.choose(&mut self.packed, before));
        let total = self.chosen.as_ref().map_or(total, |chosen| chosen.total);
        let constant = loss.hessian_is_one() && data.weight.is_none() && self.chosen.is_none();
        let scales = Scales::new(total, rows, constant);
        self.packed.par_chunks_mut(BLOCK).enumerate().for_each(|(block, packed)| {
            pack(packed, scales, (seed, (block * BLOCK) as u64));
        });
        Ok(scales)
    }

    /// Sums over stashed gradients that are all fit to be packed. Those of a loss that the caller brought are
    /// looked at one by one. Ours have finite labels and scores, and may only be too large for their type.
    fn checked(&mut self, total: Magnitudes) -> Result<Magnitudes, Bad> {
        if self.trust == Trust::Callers {
            let is_bad = |&word: &i64| {
                let Gradient { grad, hess } = unstash(word);
                !(grad.is_finite() && hess.is_finite() && hess >= 0.0)
            };
            if let Some(row) = self.packed.par_iter().position_first(is_bad) {
                return Err(Bad { row, gradient: unstash(self.packed[row]) });
            }
        } else if !(total.grad.is_finite() && total.hess.is_finite()) {
            return Ok(saturate(&mut self.packed));
        }
        Ok(total)
    }
}

/// Adding a tree to one run of scores, block by block.
struct Update<'a> {
    /// The first row of the next block.
    first: usize,
    /// What is left of each leaf's rows, and the leaf's value.
    pieces: Vec<(&'a [u32], f64)>,
}

impl<'a> Update<'a> {
    /// Of the rows that the last tree was grown on, and of all others.
    fn new(last: Option<(&'a Tree, [LeafRows<'a>; 2])>, first: usize) -> Self {
        let mut pieces = Vec::new();
        for (tree, leaves) in last.iter().flat_map(|(tree, both)| both.iter().map(move |rows| (tree, rows))) {
            for (range, leaf) in leaves.ranges.iter().zip(&tree.leaves) {
                let rows = &leaves.rows[range.clone()];
                pieces.push((&rows[rows.partition_point(|&row| (row as usize) < first)..], leaf.value));
            }
        }
        Self { first, pieces }
    }

    fn add_to(&mut self, scores: &mut [f64]) {
        let (first, end) = (self.first as u32, (self.first + scores.len()) as u32);
        self.first += scores.len();
        for (rows, value) in &mut self.pieces {
            let (now, later) = rows.split_at(count_below(rows, end));
            for &row in now {
                scores[(row - first) as usize] += *value;
            }
            *rows = later;
        }
    }
}

/// How many of some ascending numbers are below `end`, where that is few of them.
fn count_below(rows: &[u32], end: u32) -> usize {
    let mut bound = 64;
    while bound < rows.len() && rows[bound] < end {
        bound *= 2;
    }
    rows[..bound.min(rows.len())].partition_point(|&row| row < end)
}

/// Derivatives of one block whose first row is `first`, kept as they are until the scales are known.
fn derive(
    loss: &dyn Loss,
    (data, first): (&Dataset<'_>, usize),
    scores: &[f64],
    packed: &mut [i64],
) -> Magnitudes {
    let mut gradients = [Gradient::default(); STRIP];
    let mut total = Magnitudes::default();
    for (strip, (scores, packed)) in scores.chunks(STRIP).zip(packed.chunks_mut(STRIP)).enumerate() {
        let start = first + strip * STRIP;
        let range = start..start + scores.len();
        let rows =
            RowsOf { label: &data.label[range.clone()], weight: data.weight.map(|weight| &weight[range]) };
        let gradients = &mut gradients[..scores.len()];
        loss.gradients(scores, rows, gradients);
        let sum = stash_all(gradients, packed);
        total.grad += sum.grad;
        total.hess += sum.hess;
    }
    total
}

vectorised! {
    /// Puts gradients away unscaled; returns the sums of their magnitudes.
    fn stash_all(gradients: &[Gradient], packed: &mut [i64]) -> Magnitudes {
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
        for (packed, gradient) in packed.iter_mut().zip(gradients) {
            *packed = stash(*gradient);
        }
        Magnitudes { grad: grad.iter().sum(), hess: hess.iter().sum() }
    }
}

vectorised! {
    /// Packs what [`stash_all`] put away.
    fn pack(packed: &mut [i64], scales: Scales, draw: (u64, u64)) {
        let (seed, first) = draw;
        for (packed, row) in packed.iter_mut().zip(first..) {
            *packed = scales.pack(unstash(*packed), chance(seed, row));
        }
    }
}

/// Cuts infinite gradients off at the largest finite one.
fn saturate(words: &mut [i64]) -> Magnitudes {
    let mut total = Magnitudes::default();
    for word in words {
        let gradient = unstash(*word);
        let gradient = Gradient {
            grad: gradient.grad.clamp(f32::MIN, f32::MAX),
            hess: gradient.hess.clamp(0.0, f32::MAX),
        };
        total.grad += f64::from(gradient.grad.abs());
        total.hess += f64::from(gradient.hess);
        *word = stash(gradient);
    }
    total
}

/// Both halves of a gradient as bits in one word, in the order in which they lie in memory.
#[inline(always)]
pub(super) fn stash(gradient: Gradient) -> i64 {
    (i64::from(gradient.hess.to_bits()) << 32) | i64::from(gradient.grad.to_bits())
}

#[inline(always)]
pub(super) fn unstash(word: i64) -> Gradient {
    Gradient { grad: f32::from_bits(word as u32), hess: f32::from_bits((word >> 32) as u32) }
}
