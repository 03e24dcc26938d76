//! Memory that the trees of a fit share, and how work on it is cut for threads.

use std::ops::Range;

use crate::matrix::BinnedMatrix;

/// The sums of one leaf: all columns, all bins.
pub(super) type Histogram = Vec<i64>;

/// Rows that a thread is woken for at least.
const MIN_PART: usize = 2_048;

pub(super) struct Workspace {
    slots: usize,
    free: Vec<Histogram>,
    /// What the second and later parts of a leaf's rows add up to.
    parts: Vec<Histogram>,
    /// Which columns are searched together.
    tasks: Vec<Task>,
}

/// Columns that are searched together, and the place of their sums in a histogram.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) columns: Range<usize>,
    pub(super) slots: Range<usize>,
}

impl Workspace {
    pub(super) fn new(matrix: &BinnedMatrix) -> Self {
        let (threads, columns) = (rayon::current_num_threads(), matrix.columns.len());
        // Two tasks a thread: one that ends early takes another.
        let count = if threads == 1 { 1 } else { (2 * threads).min(columns) };
        let task = |task: usize| {
            let columns = task * columns / count..(task + 1) * columns / count;
            let slots = matrix.slots_of(columns.start).start..matrix.slots_of(columns.end - 1).end;
            Task { columns, slots }
        };
        Self {
            slots: matrix.slots(),
            free: Vec::new(),
            parts: vec![vec![0; matrix.slots()]; threads - 1],
            tasks: (0..count).map(task).collect(),
        }
    }

    /// A histogram with whatever is left in it.
    pub(super) fn take(&mut self) -> Histogram {
        self.free.pop().unwrap_or_else(|| vec![0; self.slots])
    }

    /// Takes back a histogram that no leaf needs.
    pub(super) fn give_back(&mut self, histogram: Histogram) {
        self.free.push(histogram);
    }

    /// Where each part of a leaf's rows is to be added up: the first in the leaf's own histogram.
    pub(super) fn parts<'a>(&'a mut self, first: &'a mut Histogram) -> Vec<&'a mut Histogram> {
        std::iter::once(first).chain(&mut self.parts).collect()
    }

    /// The tasks with their sums in a histogram.
    pub(super) fn tasks<'a>(&'a self, mut histogram: &'a mut [i64]) -> Vec<(&'a Task, &'a mut [i64])> {
        self.tasks
            .iter()
            .map(|task| {
                let (sums, rest) = std::mem::take(&mut histogram).split_at_mut(task.slots.len());
                histogram = rest;
                (task, sums)
            })
            .collect()
    }

    /// Adds to some sums what the second and later of `parts` parts have added up in the same place.
    pub(super) fn add_parts(&self, sums: &mut [i64], slots: &Range<usize>, parts: usize) {
        for part in &self.parts[..parts - 1] {
            for (sum, part) in sums.iter_mut().zip(&part[slots.clone()]) {
                *sum += part;
            }
        }
    }
}

/// How many of a leaf's rows make one part, so that there are at most as many parts as threads.
pub(super) fn part_len(rows: usize) -> usize {
    rows.div_ceil(rayon::current_num_threads()).max(MIN_PART)
}
