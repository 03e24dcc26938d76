//! Text to small numbers: every distinct text gets a code, in order of first appearance.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// The code of a missing text.
pub(crate) const MISSING: u32 = u32::MAX;

/// Distinct texts and their codes.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    texts: Vec<Box<str>>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    last: u32,
}

impl Dictionary {
    /// The code of `text`, a new one if need be.
    pub(crate) fn code(&mut self, text: &str) -> u32 {
        // Tables are mostly sorted: the same text tends to come again.
        if self.texts.get(self.last as usize).is_some_and(|last| **last == *text) {
            return self.last;
        }
        let hash = self.hasher.hash_one(text);
        let Self { texts, table, hasher, .. } = self;
        let entry = table.entry(
            hash,
            |&code| *texts[code as usize] == *text,
            |&code| hasher.hash_one(&*texts[code as usize]),
        );
        let code = match entry {
            hashbrown::hash_table::Entry::Occupied(found) => *found.get(),
            hashbrown::hash_table::Entry::Vacant(free) => {
                let code = texts.len() as u32;
                free.insert(code);
                texts.push(text.into());
                code
            }
        };
        self.last = code;
        code
    }

    /// The text of a code.
    pub(crate) fn text(&self, code: u32) -> &str {
        self.texts.get(code as usize).map_or("", AsRef::as_ref)
    }

    /// All texts in code order.
    pub(crate) fn texts(&self) -> &[Box<str>] {
        &self.texts
    }

    /// How many texts there are.
    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_follow_first_appearance() {
        let mut dictionary = Dictionary::default();
        let codes: Vec<u32> = ["b", "a", "a", "b", "c"].iter().map(|text| dictionary.code(text)).collect();
        assert_eq!(codes, [0, 1, 1, 0, 2]);
        assert_eq!((dictionary.text(2), dictionary.len()), ("c", 3));
    }
}
