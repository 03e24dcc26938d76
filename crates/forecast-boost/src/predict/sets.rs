//! Sets of categories: as bits, or as a list where that is shorter.

use crate::bins::category;

/// Marks the length of a list, rather than of bits.
const LIST: u32 = 1 << 31;

/// Sets one after the other: how many words one has, then these.
#[derive(Debug, Clone, Default)]
pub(super) struct Sets(Vec<u32>);

impl Sets {
    /// Adds a set of ascending categories; returns its place.
    pub(super) fn push(&mut self, categories: &[u32]) -> u32 {
        let place = self.0.len();
        let words = categories.last().map_or(0, |&last| last / 32 + 1);
        if categories.len() < words as usize {
            self.0.push(categories.len() as u32 | LIST);
            self.0.extend_from_slice(categories);
            return place as u32;
        }
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
        let len = self.0[place];
        if len & LIST != 0 {
            let list = &self.0[place + 1..][..(len & !LIST) as usize];
            return list.binary_search(&category).is_ok();
        }
        word < len && self.0[place + 1 + word as usize] >> (category % 32) & 1 == 1
    }
}
