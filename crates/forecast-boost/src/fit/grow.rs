//! Growing one tree, leaf by leaf, always where the loss falls most.
//!
//! A split takes two steps that all threads share. By rows: each thread divides its part of the leaf's rows
//! and adds up the histogram of those that go to the smaller side. By columns: the parts' sums are added, the
//! larger side's are what they leave of the parent's, and both are searched for their best splits.

use std::ops::Range;

use rayon::prelude::*;

use super::histogram::{Rows, accumulate};
use super::packed::{Scales, Sums};
use super::partition::{self, Sides};
use super::scan::{self, Bounds, Candidate, Cut, LeafSums, Limits};
use super::workspace::{Histogram, Task, Workspace, part_len};
use crate::bins::ColumnBins;
use crate::matrix::BinnedMatrix;
use crate::params::{Monotone, Params};
use crate::tree::{Child, Cover, Node, Test, Tree};

/// What stays the same for all trees of a fit.
pub(crate) struct Grower<'a> {
    params: &'a Params,
    matrix: &'a BinnedMatrix,
    /// Row numbers, ordered by leaf once a tree is grown.
    pub(crate) rows: Vec<u32>,
    spare: Vec<u32>,
    /// Of the tree grown last: each node's column in the matrix, and which of its bins go left.
    pub(crate) splits: Vec<(usize, Sides)>,
    workspace: Workspace,
}

/// What belongs to one tree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round<'a> {
    /// Packed gradients of all rows.
    pub(crate) packed: &'a [i64],
    pub(crate) scales: Scales,
    /// Which of the matrix's columns may split.
    pub(crate) allowed: &'a [bool],
    /// Which way each of the matrix's columns must go.
    pub(crate) directions: &'a [Option<Monotone>],
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
    /// Which node's child this is, and on which side.
    parent: Option<(usize, Side)>,
    /// Its best split, and the sums that this was found in.
    best: Option<(Best, Histogram)>,
}

/// A column, and how it divides a leaf best.
#[derive(Debug)]
struct Best {
    column: usize,
    candidate: Candidate,
}

#[derive(Debug, Clone, Copy)]
enum Side {
    Left,
    Right,
}

impl<'a> Grower<'a> {
    pub(crate) fn new(params: &'a Params, matrix: &'a BinnedMatrix) -> Self {
        Self {
            params,
            matrix,
            rows: Vec::new(),
            spare: Vec::new(),
            splits: Vec::new(),
            workspace: Workspace::new(matrix),
        }
    }

    /// Grows a tree on the rows that `self.rows` lists, ascending.
    pub(crate) fn grow(&mut self, round: Round<'_>) -> Grown {
        self.spare.resize(self.rows.len(), 0);
        let limits = Limits::new(self.params, round.scales);
        let mut leaves = vec![self.root(&round, &limits)];
        let mut nodes: Vec<Node> = Vec::new();
        self.splits.clear();
        while leaves.len() < self.params.num_leaves {
            let Some((chosen, best, histogram)) = take_best(&mut leaves) else { break };
            let leaf = &leaves[chosen];
            let binned = &self.matrix.columns[best.column];
            let (test, sides) = describe(&binned.bins, &best.candidate, leaf.sums.total);
            let node = Node {
                column: binned.column as u32,
                test,
                left: Child::leaf(chosen),
                right: Child::leaf(leaves.len()),
                gain: best.candidate.gain * round.scales.hess / (round.scales.grad * round.scales.grad),
                cover: cover(leaf.sums, &limits, round.scales),
            };
            match leaf.parent {
                Some((parent, Side::Left)) => nodes[parent].left = Child::node(nodes.len()),
                Some((parent, Side::Right)) => nodes[parent].right = Child::node(nodes.len()),
                None => {}
            }
            let is_last = leaves.len() + 1 == self.params.num_leaves;
            let column = best.column;
            let (left, right) = self.split(leaf, ((best, &sides), histogram, is_last), (&round, &limits));
            self.splits.push((column, sides));
            leaves[chosen] = Leaf { parent: Some((nodes.len(), Side::Left)), ..left };
            leaves.push(Leaf { parent: Some((nodes.len(), Side::Right)), ..right });
            nodes.push(node);
        }
        let ranges = leaves.iter().map(|leaf| leaf.range.clone()).collect();
        let covers = leaves.iter().map(|leaf| cover(leaf.sums, &limits, round.scales)).collect();
        for (_, histogram) in leaves.into_iter().filter_map(|leaf| leaf.best) {
            self.workspace.give_back(histogram);
        }
        Grown { tree: Tree { nodes, leaves: covers }, ranges }
    }

    fn root(&mut self, round: &Round<'_>, limits: &Limits) -> Leaf {
        let (matrix, rows) = (self.matrix, self.rows.len());
        let listed = (rows < matrix.rows).then_some(self.rows.as_slice());
        let mut histogram = self.workspace.take();
        let part = part_len(rows);
        let totals: Vec<i64> = (0..rows.div_ceil(part))
            .into_par_iter()
            .zip(self.workspace.parts(&mut histogram))
            .map(|(index, sums)| {
                let range = index * part..rows.min((index + 1) * part);
                let (rows, total) = match listed {
                    None => (Rows::Range(range.start, range.end), round.packed[range].iter().sum()),
                    Some(rows) => {
                        let rows = &rows[range];
                        (Rows::Listed(rows), rows.iter().map(|&row| round.packed[row as usize]).sum())
                    }
                };
                sums.fill(0);
                accumulate(matrix, rows, round.packed, sums);
                total
            })
            .collect();
        let sums = LeafSums { total: Sums(totals.iter().sum()), rows, bounds: Bounds::OPEN };
        let mut root = Leaf { range: 0..rows, sums, depth: 0, parent: None, best: None };
        let may_split = self.may_split(&root);
        let tasks = self.workspace.tasks(&mut histogram);
        let found: Vec<Option<Best>> = tasks
            .into_par_iter()
            .map(|(task, sums)| {
                self.workspace.add_parts(sums, &task.slots, totals.len());
                may_split.then(|| best_of(matrix, task, sums, (root.sums, limits, round)))?
            })
            .collect();
        self.remember(&mut root, found.into_iter().fold(None, better), histogram);
        root
    }

    /// Divides a leaf's rows, and finds the best splits of the two leaves that they make.
    fn split(
        &mut self,
        leaf: &Leaf,
        ((best, sides), mut histogram, is_last): ((Best, &Sides), Histogram, bool),
        (round, limits): (&Round<'_>, &Limits),
    ) -> (Leaf, Leaf) {
        let matrix = self.matrix;
        let (range, total) = (leaf.range.clone(), leaf.sums.total);
        let binned = &matrix.columns[best.column];
        let may_go_on = !is_last && self.params.max_depth.is_none_or(|most| leaf.depth + 1 < most);

        // By hessians, for the rows have yet to be counted: a wrong guess costs time and nothing else.
        let left_is_small = best.candidate.left.hess() * 2.0 <= total.hess();
        let mut small = self.workspace.take();
        let part = part_len(range.len());
        let lefts: Vec<usize> = self.rows[range.clone()]
            .par_chunks_mut(part)
            .zip(self.spare[range.clone()].par_chunks_mut(part))
            .zip(self.workspace.parts(&mut small))
            .map(|((rows, spare), sums)| {
                let left = partition::divide(&binned.codes, sides, rows, spare);
                if may_go_on {
                    let small = if left_is_small { &rows[..left] } else { &spare[..rows.len() - left] };
                    sums.fill(0);
                    accumulate(matrix, Rows::Listed(small), round.packed, sums);
                }
                left
            })
            .collect();
        let left_rows = lefts.iter().sum::<usize>();
        let child =
            |range: Range<usize>, sums| Leaf { sums, range, depth: leaf.depth + 1, parent: None, best: None };
        let middle = range.start + left_rows;
        let (left_sums, right_sums) =
            leaf.sums.divide((best.candidate.left, left_rows), limits, round.directions[best.column]);
        let mut left = child(range.start..middle, left_sums);
        let mut right = child(middle..range.end, right_sums);

        let (smaller, larger) = if left_is_small { (&mut left, &mut right) } else { (&mut right, &mut left) };
        let (may_smaller, may_larger) = (self.may_split(smaller), self.may_split(larger));
        let (rows, spare) = (&mut self.rows[range.clone()], &self.spare[range]);
        let workspace = &self.workspace;
        let ((), found) = rayon::join(
            || partition::join(rows, spare, part, &lefts),
            || -> Vec<(Option<Best>, Option<Best>)> {
                if !may_go_on || !(may_smaller || may_larger) {
                    return Vec::new();
                }
                let tasks = workspace.tasks(&mut small).into_par_iter().zip(workspace.tasks(&mut histogram));
                tasks
                    .map(|((task, small), (_, large))| {
                        workspace.add_parts(small, &task.slots, lefts.len());
                        for (large, small) in large.iter_mut().zip(small.iter()) {
                            *large -= small;
                        }
                        let best = |may: bool, sums: &[i64], leaf| {
                            may.then(|| best_of(matrix, task, sums, (leaf, limits, round)))?
                        };
                        (best(may_smaller, small, smaller.sums), best(may_larger, large, larger.sums))
                    })
                    .collect()
            },
        );
        let (best_smaller, best_larger) =
            found.into_iter().fold((None, None), |(a, b), (c, d)| (better(a, c), better(b, d)));
        self.remember(smaller, best_smaller, small);
        self.remember(larger, best_larger, histogram);
        (left, right)
    }

    /// Keeps a leaf's histogram where it may be split: nothing else will ask for it again.
    fn remember(&mut self, leaf: &mut Leaf, best: Option<Best>, histogram: Histogram) {
        match best {
            Some(best) => leaf.best = Some((best, histogram)),
            None => self.workspace.give_back(histogram),
        }
    }

    fn may_split(&self, leaf: &Leaf) -> bool {
        leaf.sums.rows >= self.params.min_data_in_leaf.max(1).saturating_mul(2)
            && self.params.max_depth.is_none_or(|depth| leaf.depth < depth)
    }
}

/// What reached a leaf, and its value.
fn cover(sums: LeafSums, limits: &Limits, scales: Scales) -> Cover {
    // Multiplying by one number keeps the order of values, so that no bound is broken by rounding.
    let value = sums.value(limits) * (scales.hess / scales.grad);
    Cover { rows: sums.rows as u64, hess: sums.total.hess() / scales.hess, value }
}

/// Takes the split that gains most from its leaf; the earliest leaf's of equals.
fn take_best(leaves: &mut [Leaf]) -> Option<(usize, Best, Histogram)> {
    let mut chosen: Option<(usize, f64)> = None;
    for (index, leaf) in leaves.iter().enumerate() {
        if let Some((best, _)) = &leaf.best
            && chosen.is_none_or(|(_, gain)| best.candidate.gain > gain)
        {
            chosen = Some((index, best.candidate.gain));
        }
    }
    let (index, _) = chosen?;
    leaves[index].best.take().map(|(best, histogram)| (index, best, histogram))
}

/// The better of two; the first of equals, so that the order of tasks decides nothing.
fn better(a: Option<Best>, b: Option<Best>) -> Option<Best> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.candidate.gain > a.candidate.gain { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// The best split by any allowed column of a task, whose sums these are.
fn best_of(
    matrix: &BinnedMatrix,
    task: &Task,
    sums: &[i64],
    (leaf, limits, round): (LeafSums, &Limits, &Round<'_>),
) -> Option<Best> {
    let first = task.slots.start;
    task.columns.clone().filter(|&column| round.allowed[column]).fold(None, |best, column| {
        let slots = matrix.slots_of(column);
        let sums = &sums[slots.start - first..slots.end - first];
        let bins = &matrix.columns[column].bins;
        let candidate = scan::best(bins, sums, (leaf, limits), round.directions[column]);
        better(best, candidate.map(|candidate| Best { column, candidate }))
    })
}

/// The question that a split asks of values, and its answer for every bin.
fn describe(bins: &ColumnBins, candidate: &Candidate, total: Sums) -> (Test, Sides) {
    let mut sides = vec![0; bins.len()];
    let test = match (&candidate.cut, bins) {
        (Cut::Set(set), ColumnBins::Categorical(bins)) => {
            let mut categories: Vec<u32> = set.iter().map(|&bin| bins.category(usize::from(bin))).collect();
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
