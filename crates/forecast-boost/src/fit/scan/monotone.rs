//! The best threshold of a numeric column where values are held within bounds: by a constraint on this
//! column, or by one on a column that the leaf's rows were split by before.
//!
//! Apart from the unbounded scan, whose formula for gains no longer holds once a value is cut off: cuts are
//! valued one after the other.

use super::{Candidate, Cut, LeafSums, Limits, Sums, gain_at, threshold, value_of};
use crate::bins::NumericBins;
use crate::params::Monotone;

pub(super) fn best(
    bins: &NumericBins,
    sums: &[i64],
    (leaf, limits): (LeafSums, &Limits),
    direction: Option<Monotone>,
) -> Option<Candidate> {
    let cuts = bins.missing_bin().unwrap_or(bins.len()) - 1;
    // With missing values there is one more cut: all known ones left, the missing right.
    let cuts_known = cuts + usize::from(bins.missing_bin().is_some());
    let missing = bins.missing_bin().map_or(0, |bin| sums[bin]);
    let rules = Rules { leaf, limits, direction };
    let right = rules.best_cut(&sums[..cuts_known], None);
    // Without missing values in this leaf, both ways are one.
    let left = if missing == 0 { None } else { rules.best_cut(&sums[..cuts], Some(missing)) };
    let best = match (right, left) {
        (Some(a), Some(b)) => Some(if b.gain > a.gain { b } else { a }),
        (a, b) => a.or(b),
    };
    let threshold = threshold(leaf, limits);
    best.filter(|found| found.gain > threshold)
        .map(|found| Candidate { gain: found.gain - threshold + limits.min_gain, ..found })
}

/// What every cut must keep to.
struct Rules<'a> {
    leaf: LeafSums,
    limits: &'a Limits,
    direction: Option<Monotone>,
}

impl Rules<'_> {
    /// The first of the best cuts after a bin, where `missing`, if any, go left with the bins.
    fn best_cut(&self, bins: &[i64], missing: Option<i64>) -> Option<Candidate> {
        let least = self.leaf.least_hess(self.limits);
        let mut left = Sums(missing.unwrap_or(0));
        let mut best: Option<Candidate> = None;
        for (bin, &sum) in bins.iter().enumerate() {
            left = left + Sums(sum);
            let right = self.leaf.total - left;
            if left.hess() < least || right.hess() < least {
                continue;
            }
            if let Some(gain) = self.gain(left, right)
                && best.as_ref().is_none_or(|best| gain > best.gain)
            {
                let cut = Cut::Threshold { bin, missing_left: missing.is_some() };
                best = Some(Candidate { gain, left, cut });
            }
        }
        best
    }

    /// What two children gain by values within the bounds; nothing where these go the wrong way.
    fn gain(&self, left: Sums, right: Sums) -> Option<f64> {
        let (l1, l2) = (self.limits.l1, self.limits.l2);
        let value = |sums| self.leaf.bounds.hold(value_of(sums, l1, l2));
        let (left_value, right_value) = (value(left), value(right));
        let allowed = match self.direction {
            None => true,
            Some(Monotone::Increasing) => left_value <= right_value,
            Some(Monotone::Decreasing) => left_value >= right_value,
        };
        allowed.then(|| gain_at(left, left_value, l1, l2) + gain_at(right, right_value, l1, l2))
    }
}

#[cfg(test)]
mod tests {
    use super::super::numeric;
    use super::*;
    use crate::bins::{BinLimits, ColumnBins};
    use crate::dataset::{Column, ColumnKind};
    use crate::fit::packed::{Gradient, Scales};
    use crate::fit::scan::Bounds;

    const LIMITS: Limits =
        Limits { l1: 0.0, l2: 3.0, min_hess: 1.0, min_rows: 2.0, min_gain: 0.0, hess_scale: 1.0 };

    /// Bins of the values 0 to 9 and a missing one, with gradients that `grad` gives.
    fn histogram(grad: impl Fn(usize) -> f32) -> (NumericBins, Vec<i64>, LeafSums) {
        let values: Vec<f32> =
            (0..110).map(|row| if row % 11 == 10 { f32::NAN } else { (row % 11) as f32 }).collect();
        let column = Column { name: "x", kind: ColumnKind::Numeric, values: &values };
        let limits = BinLimits { max_bin: 255, min_data_in_bin: 1 };
        let ColumnBins::Numeric(bins) = ColumnBins::find(&column, limits) else { unreachable!() };
        let scales = Scales { grad: 1000.0, hess: 1.0 };
        let sums: Vec<i64> =
            (0..11).map(|bin| 10 * scales.pack(Gradient { grad: grad(bin), hess: 1.0 }, 0)).collect();
        let total = Sums(sums.iter().sum());
        (bins, sums, LeafSums { total, rows: 110, bounds: Bounds::OPEN })
    }

    #[test]
    fn finds_what_the_unbounded_scan_finds_where_nothing_is_bound() {
        for shape in 0..50_usize {
            let grad = |bin: usize| ((bin * 7919 + shape * 104_729) % 97) as f32 / 97.0 - 0.5;
            let (bins, sums, leaf) = histogram(grad);
            let free = numeric::best(&bins, &sums, leaf, &LIMITS).unwrap();
            let bound = best(&bins, &sums, (leaf, &LIMITS), None).unwrap();
            assert_eq!((free.left, free.cut), (bound.left, bound.cut), "shape {shape}");
            assert!((free.gain - bound.gain).abs() <= 1e-9 * free.gain, "shape {shape}");
        }
    }

    #[test]
    fn a_split_against_the_direction_is_not_made() {
        let (bins, sums, leaf) = histogram(|bin| if bin < 5 { 1.0 } else { -1.0 });
        let found = |direction| best(&bins, &sums, (leaf, &LIMITS), Some(direction));
        // Falling gradients are rising values.
        assert_eq!(found(Monotone::Increasing).unwrap().cut, Cut::Threshold { bin: 4, missing_left: false });
        assert_eq!(found(Monotone::Decreasing), None);
    }

    #[test]
    fn gains_are_those_of_values_within_the_bounds() {
        let (bins, sums, leaf) = histogram(|bin| if bin < 5 { 1.0 } else { -1.0 });
        let free = best(&bins, &sums, (leaf, &LIMITS), None).unwrap();
        let bounds = Bounds { low: -100.0, high: 100.0 };
        let held = best(&bins, &sums, (LeafSums { bounds, ..leaf }, &LIMITS), None).unwrap();
        assert_eq!(free.cut, held.cut);
        assert!(held.gain < free.gain && held.gain > 0.0, "{} of {}", held.gain, free.gain);
        let bounds = Bounds { low: 0.0, high: 0.0 };
        assert_eq!(best(&bins, &sums, (LeafSums { bounds, ..leaf }, &LIMITS), None), None);
    }
}
