//! The best threshold of a numeric column: all cuts are valued at once, lane by lane, and the first of
//! the best is taken.

use super::{Candidate, Cut, LeafSums, Limits, Sums, gain, threshold};
use crate::bins::NumericBins;
use crate::simd::vectorised;

/// Most cuts of a column that is valued on the stack.
const STACK: usize = 256;

pub(super) fn best(bins: &NumericBins, sums: &[i64], leaf: LeafSums, limits: &Limits) -> Option<Candidate> {
    let cuts = bins.missing_bin().unwrap_or(bins.len()) - 1;
    // With missing values there is one more cut: all known ones left, the missing right.
    let cuts_known = cuts + usize::from(bins.missing_bin().is_some());
    let missing = bins.missing_bin().map_or(0, |bin| sums[bin]);
    let mut stack = [0; STACK];
    let mut heap;
    let left: &mut [i64] = if cuts_known <= STACK {
        &mut stack[..cuts_known]
    } else {
        heap = vec![0; cuts_known];
        &mut heap
    };
    let mut sum = 0;
    for (left, &bin) in left.iter_mut().zip(sums) {
        sum += bin;
        *left = sum;
    }
    let right = find(left, 0, leaf, limits).map(|(bin, gain)| (bin, gain, false));
    // Without missing values in this leaf, both ways are one.
    let left_too = if missing == 0 {
        None
    } else {
        find(&left[..cuts], missing, leaf, limits).map(|(bin, gain)| (bin, gain, true))
    };
    let (bin, gain, missing_left) = match (right, left_too) {
        (Some(a), Some(b)) => Some(if b.1 > a.1 { b } else { a }),
        (a, b) => a.or(b),
    }?;
    let threshold = threshold(leaf, limits);
    (gain > threshold).then(|| Candidate {
        gain: gain - threshold + limits.min_gain,
        left: Sums(left[bin] + if missing_left { missing } else { 0 }),
        cut: Cut::Threshold { bin, missing_left },
    })
}

/// The first cut with the highest gain, where `extra` goes left with the bins.
fn find(left: &[i64], extra: i64, leaf: LeafSums, limits: &Limits) -> Option<(usize, f64)> {
    let least = leaf.least_hess(limits);
    let mut gains_stack = [0.0; STACK];
    let mut gains_heap;
    let gains: &mut [f64] = if left.len() <= STACK {
        &mut gains_stack[..left.len()]
    } else {
        gains_heap = vec![0.0; left.len()];
        &mut gains_heap
    };
    value_cuts(left, (extra, leaf.total), (least, limits), gains);
    let best = highest(gains);
    (best > f64::NEG_INFINITY).then(|| (gains.iter().position(|&gain| gain == best).unwrap_or(0), best))
}

vectorised! {
    /// The gain of every cut; negative infinity where a child would be too small.
    fn value_cuts(left: &[i64], sums: (i64, Sums), bounds: (f64, &Limits), gains: &mut [f64]) {
        let ((extra, total), (least, limits)) = (sums, bounds);
        let (total_grad, total_hess) = (total.grad(), total.hess());
        let (l1, l2) = (limits.l1, limits.l2);
        let plain = l1 == 0.0;
        for (target, &sum) in gains.iter_mut().zip(left) {
            let left = Sums(sum + extra);
            let (grad, hess) = (left.grad(), left.hess());
            let (other_grad, other_hess) = (total_grad - grad, total_hess - hess);
            let gain = if plain {
                grad * grad / (hess + l2) + other_grad * other_grad / (other_hess + l2)
            } else {
                gain(grad, hess, l1, l2) + gain(other_grad, other_hess, l1, l2)
            };
            let allowed = (hess >= least) & (other_hess >= least);
            *target = if allowed { gain } else { f64::NEG_INFINITY };
        }
    }
}

vectorised! {
    /// The highest of numbers that are no `NaN`, eight at a time.
    fn highest(numbers: &[f64]) -> f64 {
        let (chunks, rest) = numbers.as_chunks::<8>();
        let mut lanes = [f64::NEG_INFINITY; 8];
        for chunk in chunks {
            for (lane, &number) in lanes.iter_mut().zip(chunk) {
                *lane = if number > *lane { number } else { *lane };
            }
        }
        lanes.iter().chain(rest).fold(f64::NEG_INFINITY, |best, &number| best.max(number))
    }
}
