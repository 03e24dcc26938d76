//! Bins of ordered numbers: cuts between neighbouring values, so that bins hold about equally many rows,
//! and one more bin for missing values where there are any.

use super::{BinLimits, sample};

/// Cuts of one numeric column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NumericBins {
    /// `upper[b]` is the largest value of bin `b`; the last bin has none.
    upper: Vec<f32>,
    /// Whether the bin after the last is for missing values.
    has_missing: bool,
}

impl NumericBins {
    pub(super) fn find(values: &[f32], limits: BinLimits) -> Self {
        // All rows are asked, not only the sample: a missing value must have its bin.
        let has_missing = values.iter().any(|value| value.is_nan());
        let mut sampled: Vec<f32> = sample(values).filter(|value| !value.is_nan()).collect();
        sampled.sort_unstable_by(f32::total_cmp);
        let distinct = count_distinct(&sampled);
        let bins = limits.max_bin.saturating_sub(usize::from(has_missing)).max(1);
        Self { upper: cuts(&distinct, bins, limits.min_data_in_bin), has_missing }
    }

    /// How many bins there are, the one for missing values included.
    pub(crate) fn len(&self) -> usize {
        self.upper.len() + 1 + usize::from(self.has_missing)
    }

    /// The bin for missing values.
    pub(crate) fn missing_bin(&self) -> Option<usize> {
        self.has_missing.then_some(self.upper.len() + 1)
    }

    /// Values up to and including this one are in bins up to and including `bin`.
    pub(crate) fn upper(&self, bin: usize) -> f32 {
        self.upper.get(bin).copied().unwrap_or(f32::INFINITY)
    }

    /// The bin of a value.
    #[inline]
    pub(super) fn bin(&self, value: f32) -> usize {
        if value.is_nan() {
            return self.upper.len() + usize::from(self.has_missing);
        }
        self.upper.partition_point(|&upper| upper < value)
    }
}

/// A value of the sample and how often it occurs.
struct Distinct {
    value: f32,
    count: usize,
}

fn count_distinct(sorted: &[f32]) -> Vec<Distinct> {
    let mut distinct: Vec<Distinct> = Vec::new();
    for &value in sorted {
        match distinct.last_mut() {
            Some(last) if last.value == value => last.count += 1,
            _ => distinct.push(Distinct { value, count: 1 }),
        }
    }
    distinct
}

/// A number that is not below `left` and below `right`: half-way, where a float lies there.
fn between(left: f32, right: f32) -> f32 {
    let middle = ((f64::from(left) + f64::from(right)) / 2.0) as f32;
    if middle >= left && middle < right { middle } else { left }
}

/// Where to cut so that at most `max_bins` bins hold about equally many rows. A value that by itself
/// fills a bin gets one of its own, and the others share what is left.
fn cuts(distinct: &[Distinct], max_bins: usize, min_data_in_bin: usize) -> Vec<f32> {
    let Some(last) = distinct.len().checked_sub(1) else { return Vec::new() };
    let total: usize = distinct.iter().map(|item| item.count).sum();
    let few = distinct.len() <= max_bins;
    let share = total as f64 / max_bins as f64;
    let fills_a_bin = |index: usize| few || distinct[index].count as f64 >= share;

    let full = (0..=last).filter(|&index| fills_a_bin(index)).count();
    let mut bins_left = max_bins.saturating_sub(full).max(1) as f64;
    let mut rows_left: usize = (0..=last).filter(|&i| !fills_a_bin(i)).map(|i| distinct[i].count).sum();
    let mut fair = rows_left as f64 / bins_left;

    let mut cuts = Vec::new();
    let mut held = 0;
    for index in 0..last {
        let own_bin = fills_a_bin(index);
        held += distinct[index].count;
        if !own_bin {
            rows_left -= distinct[index].count;
        }
        let full_enough = own_bin
            || held as f64 >= fair
            || (fills_a_bin(index + 1) && held as f64 >= (fair * 0.5).max(1.0));
        if !full_enough || held < min_data_in_bin {
            continue;
        }
        cuts.push(between(distinct[index].value, distinct[index + 1].value));
        if cuts.len() + 1 == max_bins {
            break;
        }
        held = 0;
        if !own_bin {
            bins_left = (bins_left - 1.0).max(1.0);
            fair = rows_left as f64 / bins_left;
        }
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: BinLimits = BinLimits { max_bin: 4, min_data_in_bin: 1 };

    #[test]
    fn few_values_have_a_bin_each_and_missing_ones_their_own() {
        let bins = NumericBins::find(&[3.0, 1.0, f32::NAN, 2.0, 1.0], LIMITS);
        assert_eq!(bins.len(), 4);
        assert_eq!([1.0, 2.0, 3.0, f32::NAN].map(|value| bins.bin(value)), [0, 1, 2, 3]);
        assert_eq!(bins.missing_bin(), Some(3));
        assert_eq!((bins.upper(0), bins.upper(1), bins.upper(2)), (1.5, 2.5, f32::INFINITY));
    }

    #[test]
    fn many_values_share_bins_evenly_beside_a_frequent_one() {
        let mut values = vec![0.0; 100];
        values.extend((1..=100).map(|value| value as f32));
        let bins = NumericBins::find(&values, LIMITS);
        assert_eq!(bins.len(), 4);
        let mut held = [0; 4];
        for &value in &values {
            held[bins.bin(value)] += 1;
        }
        assert_eq!(held[0], 100, "the zeros alone");
        assert!(held[1..].iter().all(|&rows| (20..=50).contains(&rows)), "{held:?}");
    }

    #[test]
    fn neighbouring_floats_can_be_told_apart() {
        let (left, right) = (1.0f32, 1.0f32.next_up());
        let cut = between(left, right);
        assert!(left <= cut && cut < right);
        assert!(between(f32::MAX, f32::INFINITY) < f32::INFINITY);
    }

    #[test]
    fn a_column_of_one_value_has_one_bin() {
        assert_eq!(NumericBins::find(&[7.0; 10], LIMITS).len(), 1);
        assert_eq!(NumericBins::find(&[f32::NAN; 10], LIMITS).len(), 2);
    }
}
