//! Growing one tree, leaf by leaf, always where the loss falls most.
//!
//! Of two new leaves only the smaller one's histogram is added up; the other is what the parent's leaves
//! over. Each block of columns is one task: add up, subtract, and look for both leaves' best splits
//! while the sums are at hand.

use std::ops::Range;

use rayon::prelude::*;

use super::histogram::{Rows, accumulate};
use super::packed::{Scales, Sums};
use super::partition::{Sides, divide};
use super::scan::{self, Candidate, Cut, LeafSums, Limits, shrink};
use crate::bins::ColumnBins;
use crate::matrix::{BinnedMatrix, Block};
use crate::params::Params;
use crate::tree::{Child, Cover, Node, Test, Tree};

/// Rows of a leaf that one thread adds up at least.
const MIN_PART: usize = 4096;

/// What stays the same for all trees of a fit.
pub(crate) struct Grower<'a> {
    pub(crate) params: &'a Params,
    pub(crate) matrix: &'a BinnedMatrix,
    /// Row numbers, ordered by leaf once a tree is grown.
    pub(crate) rows: Vec<u32>,
    spare: Vec<u32>,
    histograms: Vec<Vec<i64>>,
}

/// What belongs to one tree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round<'a> {
    /// Packed gradients of all rows.
    pub(crate) packed: &'a [i64],
    pub(crate) scales: Scales,
    /// Which of the matrix's columns may split.
    pub(crate) allowed: &'a [bool],
}

/// A grown tree and the places of its leaves' rows in [`Grower::rows`].
pub(crate) struct Grown {
    pub(crate) tree: Tree,
    pub(crate) ranges: Vec<Range<usize>>,
}

/// A leaf that may still be split.
struct Leaf {
    range: Range<usize>,
    sums: LeafSums,
    depth: usize,
    histogram: Option<usize>,
    best: Option<(usize, Candidate)>,
    /// Which node's child this is, and on which side.
    parent: Option<(usize, Side)>,
}

/// A tree on its way.
struct Growth {
    leaves: Vec<Leaf>,
    nodes: Vec<Node>,
    /// Numbers of histograms that no leaf holds.
    free: Vec<usize>,
}

#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
}

impl<'a> Grower<'a> {
    pub(crate) fn new(params: &'a Params, matrix: &'a BinnedMatrix) -> Self {
        Self { params, matrix, rows: Vec::new(), spare: Vec::new(), histograms: Vec::new() }
    }

    /// Grows a tree on the rows that `self.rows` lists, ascending.
    pub(crate) fn grow(&mut self, round: Round<'_>) -> Grown {
        self.spare.resize(self.rows.len(), 0);
        let limits = Limits::new(self.params, round.scales);
        let mut free: Vec<usize> = (0..self.histograms.len()).collect();
        let root = self.root(&round, &limits, &mut free);
        let mut growth = Growth { leaves: vec![root], nodes: Vec::new(), free };
        while growth.leaves.len() < self.params.num_leaves {
            let Some(chosen) = best_leaf(&growth.leaves) else { break };
            let is_last = growth.leaves.len() + 1 == self.params.num_leaves;
            self.split(&mut growth, chosen, round.scales);
            if !is_last {
                self.look_at_children(&mut growth, chosen, (&round, &limits));
            }
        }
        let Growth { leaves, nodes, .. } = growth;
        let ranges = leaves.iter().map(|leaf| leaf.range.clone()).collect();
        let covers = leaves.iter().map(|leaf| self.cover(leaf.sums, round.scales)).collect();
        Grown { tree: Tree { nodes, leaves: covers }, ranges }
    }

    fn root(&mut self, round: &Round<'_>, limits: &Limits, free: &mut Vec<usize>) -> Leaf {
        let rows = if self.rows.len() == self.matrix.rows {
            Rows::Range(0, self.matrix.rows)
        } else {
            Rows::Listed(&self.rows)
        };
        let total = match rows {
            Rows::Range(..) => round.packed.iter().sum(),
            Rows::Listed(rows) => rows.iter().map(|&row| round.packed[row as usize]).sum(),
        };
        let sums = LeafSums { total: Sums(total), rows: rows.len() };
        let mut leaf =
            Leaf { range: 0..rows.len(), sums, depth: 0, histogram: None, best: None, parent: None };
        if !self.may_split(&leaf) {
            return leaf;
        }
        let mut histogram = take(&mut self.histograms, free, self.matrix.slots());
        let mut parts = by_block(&self.matrix.blocks, &mut histogram.1);
        let found: Vec<_> = self
            .matrix
            .blocks
            .par_iter()
            .zip(parts.par_iter_mut())
            .map(|(block, part)| {
                add_up(self.matrix, block, (rows, round.packed), part);
                best_of(self.matrix, block, part, (sums, limits, round.allowed))
            })
            .collect();
        leaf.best = found.into_iter().fold(None, better);
        leaf.histogram = Some(put_back(&mut self.histograms, histogram));
        leaf
    }

    /// Turns a leaf into a node with two leaves.
    fn split(&mut self, growth: &mut Growth, chosen: usize, scales: Scales) {
        let Growth { leaves, nodes, .. } = growth;
        let leaf = &mut leaves[chosen];
        let Some((column, candidate)) = leaf.best.take() else { return };
        let binned = &self.matrix.columns[column];
        let (test, sides) = self.describe(&binned.bins, &candidate, leaf.sums.total);
        let range = leaf.range.clone();
        let left_rows =
            divide(&binned.codes, &sides, &mut self.rows[range.clone()], &mut self.spare[range.clone()]);
        let node = nodes.len();
        let cover = {
            let sums = leaf.sums;
            self.cover(sums, scales)
        };
        if let Some((parent, side)) = leaf.parent {
            match side {
                Side::Left => nodes[parent].left = Child::node(node),
                Side::Right => nodes[parent].right = Child::node(node),
            }
        }
        nodes.push(Node {
            column: binned.column as u32,
            test,
            left: Child::leaf(chosen),
            right: Child::leaf(leaves.len()),
            gain: candidate.gain * scales.hess / (scales.grad * scales.grad),
            cover,
        });
        let leaf = &mut leaves[chosen];
        let middle = range.start + left_rows;
        let right = Leaf {
            range: middle..range.end,
            sums: LeafSums { total: leaf.sums.total - candidate.left, rows: range.end - middle },
            depth: leaf.depth + 1,
            histogram: None,
            best: None,
            parent: Some((node, Side::Right)),
        };
        leaf.range = range.start..middle;
        leaf.sums = LeafSums { total: candidate.left, rows: left_rows };
        leaf.depth += 1;
        leaf.parent = Some((node, Side::Left));
        leaves.push(right);
    }

    /// The question that a split asks of values, and its answer for every bin.
    fn describe(&self, bins: &ColumnBins, candidate: &Candidate, total: Sums) -> (Test, Sides) {
        let mut sides = vec![0; bins.len()];
        let test = match (&candidate.cut, bins) {
            (Cut::Set(set), ColumnBins::Categorical(bins)) => {
                let mut categories: Vec<u32> =
                    set.iter().map(|&bin| bins.category(usize::from(bin))).collect();
                categories.sort_unstable();
                for &bin in set {
                    sides[usize::from(bin)] = 1;
                }
                Test::In(categories)
            }
            (Cut::Threshold { bin, missing_left }, ColumnBins::Numeric(bins)) => {
                sides[..=*bin].fill(1);
                // A column that never missed a value: those that do later go with the majority.
                let missing_left = match bins.missing_bin() {
                    Some(_) => *missing_left,
                    None => candidate.left.hess() * 2.0 >= total.hess(),
                };
                if let Some(missing) = bins.missing_bin() {
                    sides[missing] = u8::from(missing_left);
                }
                Test::AtMost { threshold: bins.upper(*bin), missing_left }
            }
            _ => Test::In(Vec::new()),
        };
        (test, sides)
    }

    /// Histograms and best splits of the two leaves that `chosen` became.
    fn look_at_children(
        &mut self,
        growth: &mut Growth,
        chosen: usize,
        (round, limits): (&Round<'_>, &Limits),
    ) {
        let Growth { leaves, free, .. } = growth;
        let Some((right, others)) = leaves.split_last_mut() else { return };
        let left = &mut others[chosen];
        let parent = left.histogram.take();
        let (may_left, may_right) = (self.may_split(left), self.may_split(right));
        let (Some(parent), true) = (parent, may_left || may_right) else {
            free.extend(parent);
            return;
        };
        let (small, large) =
            if left.range.len() <= right.range.len() { (left, right) } else { (right, left) };
        let rows = Rows::Listed(&self.rows[small.range.clone()]);
        let mut small_sums = take(&mut self.histograms, free, self.matrix.slots());
        let mut large_sums = std::mem::take(&mut self.histograms[parent]);
        let mut small_parts = by_block(&self.matrix.blocks, &mut small_sums.1);
        let mut large_parts = by_block(&self.matrix.blocks, &mut large_sums);
        let (may_small, may_large) = (self.may_split(small), self.may_split(large));
        let (sums_small, sums_large) = (small.sums, large.sums);
        let found: Vec<_> = self
            .matrix
            .blocks
            .par_iter()
            .zip(small_parts.par_iter_mut().zip(large_parts.par_iter_mut()))
            .map(|(block, (small, large))| {
                add_up(self.matrix, block, (rows, round.packed), small);
                for (large, small) in large.iter_mut().zip(small.iter()) {
                    *large -= small;
                }
                let best = |may: bool, part: &[i64], sums| {
                    if may { best_of(self.matrix, block, part, (sums, limits, round.allowed)) } else { None }
                };
                (best(may_small, small, sums_small), best(may_large, large, sums_large))
            })
            .collect();
        (small.best, large.best) =
            found.into_iter().fold((None, None), |(a, b), (c, d)| (better(a, c), better(b, d)));
        self.histograms[parent] = large_sums;
        large.histogram = Some(parent);
        small.histogram = Some(put_back(&mut self.histograms, small_sums));
        // A leaf without a split will never be asked for its sums again.
        for leaf in [small, large] {
            if leaf.best.is_none() {
                free.extend(leaf.histogram.take());
            }
        }
    }

    fn may_split(&self, leaf: &Leaf) -> bool {
        leaf.sums.rows >= 2 * self.params.min_data_in_leaf.max(1)
            && self.params.max_depth.is_none_or(|depth| leaf.depth < depth)
    }

    fn cover(&self, sums: LeafSums, scales: Scales) -> Cover {
        let (grad, hess) = (sums.total.grad() / scales.grad, sums.total.hess() / scales.hess);
        let denominator = hess + self.params.lambda_l2;
        let value = if denominator > 0.0 { -shrink(grad, self.params.lambda_l1) / denominator } else { 0.0 };
        Cover { rows: sums.rows as u64, hess, value }
    }
}

/// The leaf whose split gains most; the earliest of equals.
fn best_leaf(leaves: &[Leaf]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (index, leaf) in leaves.iter().enumerate() {
        if let Some((_, candidate)) = &leaf.best
            && best.is_none_or(|(_, gain)| candidate.gain > gain)
        {
            best = Some((index, candidate.gain));
        }
    }
    best.map(|(index, _)| index)
}

type Best = Option<(usize, Candidate)>;

/// The better of two; the first of equals, so that the order of tasks decides nothing.
fn better(a: Best, b: Best) -> Best {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.1.gain > a.1.gain { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// The best split by any allowed column of a block.
fn best_of(
    matrix: &BinnedMatrix,
    block: &Block,
    sums: &[i64],
    (leaf, limits, allowed): (LeafSums, &Limits, &[bool]),
) -> Best {
    let width = block.slots / block.columns.len();
    block
        .columns
        .clone()
        .zip(sums.chunks_exact(width))
        .filter(|(column, _)| allowed[*column])
        .filter_map(|(column, sums)| {
            scan::best(&matrix.columns[column].bins, sums, leaf, limits).map(|best| (column, best))
        })
        .fold(None, |best, found| better(best, Some(found)))
}

/// Adds up a block's histogram, on several threads where there are more of them than blocks.
fn add_up(matrix: &BinnedMatrix, block: &Block, (rows, packed): (Rows<'_>, &[i64]), sums: &mut [i64]) {
    sums.fill(0);
    let parts = rayon::current_num_threads() / matrix.blocks.len().max(1);
    let part = rows.len().div_ceil(parts.max(1)).max(MIN_PART);
    let starts: Vec<usize> = (part..rows.len()).step_by(part).collect();
    let end = part.min(rows.len());
    let (others, ()) = rayon::join(
        || -> Vec<Vec<i64>> {
            starts
                .par_iter()
                .map(|&start| {
                    let mut sums = vec![0; block.slots];
                    let rows = rows.part(start, (start + part).min(rows.len()));
                    accumulate(block, &matrix.columns, (rows, packed), &mut sums);
                    sums
                })
                .collect()
        },
        || accumulate(block, &matrix.columns, (rows.part(0, end), packed), sums),
    );
    for other in others {
        for (sum, other) in sums.iter_mut().zip(other) {
            *sum += other;
        }
    }
}

/// A histogram cut into the parts of its blocks.
fn by_block<'h>(blocks: &[Block], mut histogram: &'h mut [i64]) -> Vec<&'h mut [i64]> {
    blocks
        .iter()
        .map(|block| {
            let (part, rest) = std::mem::take(&mut histogram).split_at_mut(block.slots);
            histogram = rest;
            part
        })
        .collect()
}

/// Takes a buffer that no leaf needs, or a new one, with its number.
fn take(histograms: &mut Vec<Vec<i64>>, free: &mut Vec<usize>, slots: usize) -> (usize, Vec<i64>) {
    match free.pop() {
        Some(index) => (index, std::mem::take(&mut histograms[index])),
        None => {
            histograms.push(Vec::new());
            (histograms.len() - 1, vec![0; slots])
        }
    }
}

fn put_back(histograms: &mut [Vec<i64>], (index, histogram): (usize, Vec<i64>)) -> usize {
    histograms[index] = histogram;
    index
}
