//! The best split of one leaf by one column, from its histogram.
//!
//! Gains are in the units of the packed sums, in which all leaves of a tree agree; [`Limits`] brings the
//! parameters into the same units.

mod categorical;
mod numeric;

use super::packed::{Scales, Sums};
use crate::bins::ColumnBins;
use crate::params::Params;

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
}

impl LeafSums {
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

/// The best split by one column, if any gains enough.
pub(crate) fn best(bins: &ColumnBins, sums: &[i64], leaf: LeafSums, limits: &Limits) -> Option<Candidate> {
    match bins {
        ColumnBins::Numeric(bins) => numeric::best(bins, sums, leaf, limits),
        ColumnBins::Categorical(bins) => categorical::best(bins.len(), sums, leaf, limits),
    }
}

/// What a leaf with these sums takes off the loss, twice, by its best value.
#[inline(always)]
fn gain(grad: f64, hess: f64, l1: f64, l2: f64) -> f64 {
    let grad = shrink(grad, l1);
    grad * grad / (hess + l2)
}

/// The soft threshold of the L1 penalty.
#[inline(always)]
pub(crate) fn shrink(grad: f64, l1: f64) -> f64 {
    (grad.abs() - l1).max(0.0).copysign(grad)
}

/// What a split must exceed to be worth it.
fn threshold(leaf: LeafSums, limits: &Limits) -> f64 {
    gain(leaf.total.grad(), leaf.total.hess(), limits.l1, limits.l2) + limits.min_gain
}
