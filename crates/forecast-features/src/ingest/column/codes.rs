//! Small codes, two bytes a row while they fit and four from then on.

use crate::ingest::dictionary::MISSING;

/// A growing list of codes.
#[derive(Clone, Debug)]
pub(crate) enum Codes {
    /// All codes so far are below [`u16::MAX`], which stands for [`MISSING`].
    Narrow(Vec<u16>),
    /// Codes as they are.
    Wide(Vec<u32>),
}

impl Default for Codes {
    fn default() -> Self {
        Self::Narrow(Vec::new())
    }
}

impl Codes {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Narrow(codes) => codes.len(),
            Self::Wide(codes) => codes.len(),
        }
    }

    pub(crate) fn reserve(&mut self, rows: usize) {
        match self {
            Self::Narrow(codes) => make_room(codes, rows),
            Self::Wide(codes) => make_room(codes, rows),
        }
    }

    pub(crate) fn get(&self, row: usize) -> u32 {
        match self {
            Self::Narrow(codes) => widened(codes[row]),
            Self::Wide(codes) => codes[row],
        }
    }

    /// All codes in row order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len()).map(|row| self.get(row))
    }

    pub(crate) fn push(&mut self, code: u32) {
        match self {
            Self::Wide(codes) => codes.push(code),
            Self::Narrow(codes) if code == MISSING => codes.push(u16::MAX),
            Self::Narrow(codes) => match u16::try_from(code) {
                Ok(narrow) if narrow != u16::MAX => codes.push(narrow),
                _ => {
                    let mut wide: Vec<u32> = codes.iter().copied().map(widened).collect();
                    wide.push(code);
                    *self = Self::Wide(wide);
                }
            },
        }
    }

    pub(crate) fn set_missing(&mut self, row: usize) {
        match self {
            Self::Narrow(codes) => codes[row] = u16::MAX,
            Self::Wide(codes) => codes[row] = MISSING,
        }
    }
}

/// Room for `rows` more values, if there can be so much: a damaged file may claim any number of rows.
pub(crate) fn make_room<T>(values: &mut Vec<T>, rows: usize) {
    // Without the room the list grows as it fills.
    let _no_room = values.try_reserve_exact(rows);
}

fn widened(code: u16) -> u32 {
    if code == u16::MAX { MISSING } else { u32::from(code) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_survive_growing_wide() {
        let mut codes = Codes::default();
        let expected = [1, MISSING, 65_534, 65_535, 70_000, MISSING];
        for code in expected {
            codes.push(code);
        }
        assert_eq!(codes.iter().collect::<Vec<_>>(), expected);
        codes.set_missing(0);
        assert_eq!((codes.get(0), codes.len()), (MISSING, 6));
    }
}
