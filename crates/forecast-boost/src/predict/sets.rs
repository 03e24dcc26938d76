//! Sets of categories as bits.

use crate::bins::category;

/// Categories in sets are below this: a set takes at most 8 kB.
const MAX_CATEGORY: u32 = 1 << 16;

/// Sets one after the other: how many words one has, then a bit per category.
#[derive(Debug, Clone, Default)]
pub(super) struct Sets(Vec<u32>);

impl Sets {
    /// Whether these categories, ascending, can be a set.
    pub(super) fn fits(categories: &[u32]) -> bool {
        categories.last().is_none_or(|&last| last < MAX_CATEGORY)
    }

    /// Adds a set that fits; returns its place.
    pub(super) fn push(&mut self, categories: &[u32]) -> u32 {
        let place = self.0.len();
        let words = categories.last().map_or(0, |&last| last / 32 + 1);
        self.0.push(words);
        self.0.resize(place + 1 + words as usize, 0);
        for &category in categories {
            self.0[place + 1 + category as usize / 32] |= 1 << (category % 32);
        }
        place as u32
    }

    /// Whether a value's category is in the set at a place.
    #[inline(always)]
    pub(super) fn contains(&self, place: u32, value: f32) -> bool {
        let Some(category) = category(value) else { return false };
        let (place, word) = (place as usize, category / 32);
        word < self.0[place] && self.0[place + 1 + word as usize] >> (category % 32) & 1 == 1
    }
}
