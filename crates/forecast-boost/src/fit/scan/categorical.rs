//! The best set of categories: those sorted by their mean gradient are cut like numbers (Fisher 1958),
//! from either end, with penalties that keep small categories from being fitted one by one.

use super::{Bounds, Candidate, Cut, LeafSums, Limits, Sums, gain, gain_at, threshold, value_of};

/// With at most this many categories each is tried against all others.
const MAX_ONE_HOT: usize = 4;
/// Most categories of the smaller set.
const MAX_SET: usize = 32;
/// Rows that each step of the cut moves at least.
const MIN_ROWS_PER_STEP: f64 = 100.0;
/// Added to the hessian where categories are sorted, and least rows for a category to be sorted at all.
const SMOOTH: f64 = 10.0;
/// L2 penalty in addition to the parameter's, for sets of several categories.
const L2: f64 = 10.0;

pub(super) fn best(bins: usize, sums: &[i64], leaf: LeafSums, limits: &Limits) -> Option<Candidate> {
    let rows_per_hess = leaf.rows as f64 / leaf.total.hess().max(1.0);
    // Bin 0 holds what is not known and always goes right.
    let filled: Vec<u16> = (1..bins).filter(|&bin| sums[bin] != 0).map(|bin| bin as u16).collect();
    let found = if filled.len() <= MAX_ONE_HOT {
        one_against_all(&filled, sums, leaf, limits)
    } else {
        let sorted = sort_by_mean(filled, sums, rows_per_hess, limits);
        sorted_cut(&sorted, sums, (leaf, rows_per_hess), limits)
    };
    let threshold = threshold(leaf, limits);
    found.filter(|(gain, _, _)| *gain > threshold).map(|(gain, left, bins)| Candidate {
        gain: gain - threshold + limits.min_gain,
        left,
        cut: Cut::Set(bins),
    })
}

type Found = (f64, Sums, Vec<u16>);

fn one_against_all(filled: &[u16], sums: &[i64], leaf: LeafSums, limits: &Limits) -> Option<Found> {
    let least = leaf.least_hess(limits);
    let mut best: Option<Found> = None;
    for &bin in filled {
        let left = Sums(sums[usize::from(bin)]);
        let right = leaf.total - left;
        if left.hess() < least || right.hess() < least {
            continue;
        }
        let gain = value(left, right, (limits.l1, limits.l2), leaf.bounds);
        if best.as_ref().is_none_or(|(highest, _, _)| gain > *highest) {
            best = Some((gain, left, vec![bin]));
        }
    }
    best
}

fn sort_by_mean(filled: Vec<u16>, sums: &[i64], rows_per_hess: f64, limits: &Limits) -> Vec<u16> {
    let mean = |bin: u16| {
        let sums = Sums(sums[usize::from(bin)]);
        sums.grad() / (sums.hess() + SMOOTH * limits.hess_scale)
    };
    let enough = |bin: &u16| Sums(sums[usize::from(*bin)]).hess() * rows_per_hess >= SMOOTH;
    let mut sorted: Vec<(f64, u16)> = filled.into_iter().filter(enough).map(|bin| (mean(bin), bin)).collect();
    sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    sorted.into_iter().map(|(_, bin)| bin).collect()
}

fn sorted_cut(
    sorted: &[u16],
    sums: &[i64],
    (leaf, rows_per_hess): (LeafSums, f64),
    limits: &Limits,
) -> Option<Found> {
    let least = leaf.least_hess(limits);
    let l2 = limits.l2 + L2 * limits.hess_scale;
    let longest = MAX_SET.min(sorted.len().div_ceil(2));
    let mut best: Option<(f64, Sums, bool, usize)> = None;
    for from_end in [false, true] {
        let mut left = Sums(0);
        let mut since_step = 0.0;
        for taken in 1..=longest {
            let bin = if from_end { sorted[sorted.len() - taken] } else { sorted[taken - 1] };
            let sum = Sums(sums[usize::from(bin)]);
            left = left + sum;
            since_step += sum.hess() * rows_per_hess;
            let right = leaf.total - left;
            if right.hess() < least {
                break;
            }
            if left.hess() < least || since_step < MIN_ROWS_PER_STEP.min(limits.min_rows.max(1.0) * 2.0) {
                continue;
            }
            since_step = 0.0;
            let gain = value(left, right, (limits.l1, l2), leaf.bounds);
            if best.is_none_or(|(highest, ..)| gain > highest) {
                best = Some((gain, left, from_end, taken));
            }
        }
    }
    best.map(|(gain, left, from_end, taken)| {
        let mut bins =
            if from_end { sorted[sorted.len() - taken..].to_vec() } else { sorted[..taken].to_vec() };
        bins.sort_unstable();
        (gain, left, bins)
    })
}

fn value(left: Sums, right: Sums, (l1, l2): (f64, f64), bounds: Bounds) -> f64 {
    if bounds.are_open() {
        return gain(left.grad(), left.hess(), l1, l2) + gain(right.grad(), right.hess(), l1, l2);
    }
    [left, right].map(|sums| gain_at(sums, bounds.hold(value_of(sums, l1, l2)), l1, l2)).iter().sum()
}
