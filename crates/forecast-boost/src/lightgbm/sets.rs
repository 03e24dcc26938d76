//! Sets of categories as LightGBM writes them: bits in words of 32, all sets of a tree in a row.

use super::lines::{Field, Fields};
use crate::BoostError;
use crate::dataset::MAX_CATEGORY;

/// The sets of one tree that is being read.
#[derive(Debug)]
pub(super) struct CategorySets<'a> {
    /// Where nodes name sets.
    threshold: Field<'a>,
    words: Vec<u32>,
    /// Where each set's words are; nothing once it was taken.
    ranges: Vec<Option<std::ops::Range<usize>>>,
}

impl<'a> CategorySets<'a> {
    pub(super) fn read(fields: &Fields<'a>) -> Result<Self, BoostError> {
        let count = fields.get("num_cat")?;
        let threshold = fields.get("threshold")?;
        let sets: usize = count.number()?;
        if sets == 0 {
            return Ok(Self { threshold, words: Vec::new(), ranges: Vec::new() });
        }
        let bounds = fields.get("cat_boundaries")?;
        let ends: Vec<usize> = bounds.list(sets.saturating_add(1))?;
        if ends.first() != Some(&0) || !ends.is_sorted() {
            return Err(bounds.wrong("they must rise from 0; the file is damaged, save the model again"));
        }
        let words = fields.get("cat_threshold")?.list(ends.last().copied().unwrap_or(0))?;
        let ranges = ends.windows(2).map(|ends| Some(ends[0]..ends[1])).collect();
        Ok(Self { threshold, words, ranges })
    }

    /// The categories of the set that a node names by its threshold, ascending.
    ///
    /// Each set belongs to one node, so that reading takes no longer than the text is.
    pub(super) fn take(&mut self, number: f64) -> Result<Vec<u32>, BoostError> {
        let index = number as usize;
        let range = self.ranges.get_mut(index).filter(|_| index as f64 == number).and_then(Option::take);
        let Some(range) = range else {
            return Err(self.threshold.wrong(format_args!(
                "{number} names no set of categories, or one that another node names; save the model again"
            )));
        };
        let mut categories = Vec::new();
        for (place, &word) in self.words[range].iter().enumerate() {
            let mut rest = word;
            while rest != 0 {
                let category = place as u64 * 32 + u64::from(rest.trailing_zeros());
                if category > MAX_CATEGORY as u64 {
                    return Err(self.threshold.wrong(format_args!(
                        "category {category} is more than {MAX_CATEGORY}, beyond which f32 does not tell \
                         neighbours apart; number the categories from 0"
                    )));
                }
                categories.push(category as u32);
                rest &= rest - 1;
            }
        }
        Ok(categories)
    }
}

/// The words of a set of ascending categories; never none, so that readers find a place to look.
pub(super) fn words(categories: &[u32]) -> Vec<u32> {
    let last = categories.last().copied().unwrap_or(0);
    let mut words = vec![0; last as usize / 32 + 1];
    for category in categories {
        words[*category as usize / 32] |= 1 << (category % 32);
    }
    words
}
