//! The best split of one leaf by one column, from its histogram.
//!
//! Gains are in the units of the packed sums, in which all leaves of a tree agree; [`Limits`] brings the
//! parameters into the same units.

mod categorical;
mod monotone;
mod numeric;

use super::packed::{Scales, Sums};
use crate::bins::ColumnBins;
use crate::params::{Monotone, Params};

/// What a split must keep to, in the units of the sums of one tree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// L1 penalty.
    pub(crate) l1: f64,
    /// L2 penalty.
    pub(crate) l2: f64,
    /// Least sum of hessians of a child.
    pub(crate) min_hess: f64,
    /// Least number of rows of a child.
    pub(crate) min_rows: f64,
    /// Least gain.
    pub(crate) min_gain: f64,
    /// The unit of hessians, for the penalties that only categorical splits have.
    pub(crate) hess_scale: f64,
}

impl Limits {
    pub(crate) fn new(params: &Params, scales: Scales) -> Self {
        Self {
            l1: params.lambda_l1 * scales.grad,
            l2: params.lambda_l2 * scales.hess,
            min_hess: params.min_sum_hessian * scales.hess,
            min_rows: params.min_data_in_leaf as f64,
            min_gain: params.min_gain * scales.grad * scales.grad / scales.hess,
            hess_scale: scales.hess,
        }
    }
}

/// One leaf as the scan sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeafSums {
    /// Sums over its rows.
    pub(crate) total: Sums,
    /// How many rows it has.
    pub(crate) rows: usize,
    /// What its value may be.
    pub(crate) bounds: Bounds,
}

/// Between what the value of a leaf must lie so that no monotone constraint above it is broken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Bounds {
    pub(crate) const OPEN: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };

    #[inline(always)]
    pub(crate) fn hold(self, value: f64) -> f64 {
        value.max(self.low).min(self.high)
    }

    fn are_open(self) -> bool {
        self == Self::OPEN
    }

    /// The bounds of two children of which the left one shall not lie above the right one, or not below
    /// it: their values' middle divides what the parent had. (LightGBM calls this the basic method.)
    pub(crate) fn divide(self, (left, right): (f64, f64), direction: Option<Monotone>) -> (Self, Self) {
        let middle = left / 2.0 + right / 2.0;
        let (below, above) = (Self { high: middle, ..self }, Self { low: middle, ..self });
        match direction {
            None => (self, self),
            Some(Monotone::Increasing) => (below, above),
            Some(Monotone::Decreasing) => (above, below),
        }
    }
}

impl LeafSums {
    /// The leaf's best value within its bounds, in steps of the gradient per step of the hessian.
    pub(crate) fn value(&self, limits: &Limits) -> f64 {
        self.bounds.hold(value_of(self.total, limits.l1, limits.l2))
    }

    /// The two leaves that this one becomes by a split on a column of some direction.
    pub(crate) fn divide(
        self,
        (left, left_rows): (Sums, usize),
        limits: &Limits,
        direction: Option<Monotone>,
    ) -> (Self, Self) {
        let left = Self { total: left, rows: left_rows, ..self };
        let right = Self { total: self.total - left.total, rows: self.rows - left_rows, ..self };
        let (below, above) = self.bounds.divide((left.value(limits), right.value(limits)), direction);
        (Self { bounds: below, ..left }, Self { bounds: above, ..right })
    }

    /// The least sum of hessians a child may have. Rows of a child are estimated from its share of the
    /// hessians, as LightGBM does; exact where the hessian is constant.
    fn least_hess(&self, limits: &Limits) -> f64 {
        let rows_as_hess = limits.min_rows * self.total.hess() / self.rows as f64;
        limits.min_hess.max(rows_as_hess).max(1.0)
    }
}

/// How a column divides a leaf.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cut {
    /// Bins up to this one go left, and missing values where `missing_left`.
    Threshold { bin: usize, missing_left: bool },
    /// These bins go left.
    Set(Vec<u16>),
}

/// A split with what it gains over the leaf itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) gain: f64,
    pub(crate) left: Sums,
    pub(crate) cut: Cut,
}

/// The best split by one column, if any gains enough and keeps to the column's direction.
pub(crate) fn best(
    bins: &ColumnBins,
    sums: &[i64],
    (leaf, limits): (LeafSums, &Limits),
    direction: Option<Monotone>,
) -> Option<Candidate> {
    match bins {
        ColumnBins::Numeric(bins) if direction.is_none() && leaf.bounds.are_open() => {
            numeric::best(bins, sums, leaf, limits)
        }
        ColumnBins::Numeric(bins) => monotone::best(bins, sums, (leaf, limits), direction),
        ColumnBins::Categorical(bins) => categorical::best(bins.len(), sums, leaf, limits),
    }
}

/// What a leaf with these sums takes off the loss, twice, by its best value.
#[inline(always)]
fn gain(grad: f64, hess: f64, l1: f64, l2: f64) -> f64 {
    let grad = shrink(grad, l1);
    grad * grad / (hess + l2)
}

/// What a leaf with these sums takes off the loss, twice, by this value.
#[inline]
fn gain_at(sums: Sums, value: f64, l1: f64, l2: f64) -> f64 {
    -(2.0 * (sums.grad() * value + l1 * value.abs()) + (sums.hess() + l2) * value * value)
}

/// The best value of a leaf with these sums, in steps of the gradient per step of the hessian.
#[inline]
fn value_of(sums: Sums, l1: f64, l2: f64) -> f64 {
    let hess = sums.hess() + l2;
    if hess > 0.0 { -shrink(sums.grad(), l1) / hess } else { 0.0 }
}

/// The soft threshold of the L1 penalty.
#[inline(always)]
fn shrink(grad: f64, l1: f64) -> f64 {
    (grad.abs() - l1).max(0.0).copysign(grad)
}

/// What a split must exceed to be worth it.
fn threshold(leaf: LeafSums, limits: &Limits) -> f64 {
    let (l1, l2) = (limits.l1, limits.l2);
    let whole = if leaf.bounds.are_open() {
        gain(leaf.total.grad(), leaf.total.hess(), l1, l2)
    } else {
        gain_at(leaf.total, leaf.value(limits), l1, l2)
    };
    whole + limits.min_gain
}
