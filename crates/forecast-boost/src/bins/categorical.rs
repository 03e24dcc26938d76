//! Bins of categories: one per category, most frequent first, after a bin for all that is not known.

use std::collections::HashMap;

use super::BinLimits;
use crate::dataset::MAX_CATEGORY;

/// Most categories with a bin of their own: bin numbers are two bytes.
pub(crate) const MAX_CATEGORIES: usize = 65_535;
/// Categories beyond `max_bin` that together hold less than this share of the rows count as unknown.
const RARE_SHARE: f64 = 0.01;

/// The categories of one column. Bin 0 is for missing, unseen and very rare ones.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CategoryBins {
    categories: Vec<u32>,
    bin_of: HashMap<u32, u16>,
    /// Whether there were more categories than have bins, in more than a rare share of the rows.
    overflows: bool,
}

/// The number of a category, where the value is one.
pub(crate) fn category(value: f32) -> Option<u32> {
    (value > -1.0 && value <= MAX_CATEGORY).then_some(value as u32)
}

impl CategoryBins {
    pub(super) fn find(values: &[f32], limits: BinLimits) -> Self {
        let mut counts: HashMap<u32, usize> = HashMap::new();
        let mut known = 0_usize;
        // Of all rows: a category that the sample lacks would be unknown.
        for category in values.iter().copied().filter_map(category) {
            *counts.entry(category).or_default() += 1;
            known += 1;
        }
        let mut by_count: Vec<(u32, usize)> = counts.into_iter().collect();
        by_count.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        let enough = known as f64 * (1.0 - RARE_SHARE);
        let mut held = 0_usize;
        let mut categories = Vec::new();
        for (category, count) in by_count {
            let room = categories.len() + 1 < limits.max_bin || (held as f64) < enough;
            if !room || categories.len() == MAX_CATEGORIES {
                break;
            }
            held += count;
            categories.push(category);
        }
        let overflows = categories.len() == MAX_CATEGORIES && (held as f64) < enough;
        let bin_of = categories.iter().zip(1..=u16::MAX).map(|(&category, bin)| (category, bin)).collect();
        Self { categories, bin_of, overflows }
    }

    /// How many bins there are, that for unknown categories included.
    pub(crate) fn len(&self) -> usize {
        self.categories.len() + 1
    }

    /// Whether categories that are not rare have no bin.
    pub(crate) fn overflows(&self) -> bool {
        self.overflows
    }

    /// The category of a bin above 0.
    pub(crate) fn category(&self, bin: usize) -> u32 {
        self.categories[bin - 1]
    }

    /// The bin of a value.
    #[inline]
    pub(super) fn bin(&self, value: f32) -> usize {
        category(value).and_then(|category| self.bin_of.get(&category)).map_or(0, |&bin| usize::from(bin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_categories_come_first_and_unknown_ones_share_bin_zero() {
        let values = [5.0, 5.0, 5.0, 2.0, 2.0, 9.0, f32::NAN, -1.0];
        let bins = CategoryBins::find(&values, BinLimits { max_bin: 255, min_data_in_bin: 1 });
        assert_eq!(bins.len(), 4);
        assert_eq!([5.0, 2.0, 9.0].map(|value| bins.bin(value)), [1, 2, 3]);
        assert_eq!([f32::NAN, -1.0, 7.0, f32::INFINITY, 1e9].map(|value| bins.bin(value)), [0; 5]);
        assert_eq!(bins.category(1), 5);
    }
}
