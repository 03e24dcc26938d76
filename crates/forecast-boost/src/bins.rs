//! From the values of a column to small bin numbers, by cuts found on a sample of its rows.

mod categorical;
mod numeric;

pub(crate) use categorical::{CategoryBins, MAX_CATEGORIES, category};
pub(crate) use numeric::NumericBins;

use crate::chance::chance;
use crate::dataset::{Column, ColumnKind};

/// Rows that the cuts of a column are found on.
const SAMPLE_ROWS: usize = 200_000;
const SAMPLE_SEED: u64 = 1;

/// How many bins a column may have, and how few rows one may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BinLimits {
    pub(crate) max_bin: usize,
    pub(crate) min_data_in_bin: usize,
}

/// The bins of one column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ColumnBins {
    Numeric(NumericBins),
    Categorical(CategoryBins),
}

impl ColumnBins {
    /// Finds bins for the values of a column.
    pub(crate) fn find(column: &Column<'_>, limits: BinLimits) -> Self {
        match column.kind {
            ColumnKind::Numeric => Self::Numeric(NumericBins::find(column.values, limits)),
            ColumnKind::Categorical => Self::Categorical(CategoryBins::find(column.values, limits)),
        }
    }

    /// How many bins there are, the one for missing values included.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Numeric(bins) => bins.len(),
            Self::Categorical(bins) => bins.len(),
        }
    }

    /// The bin of each value, in one byte; only for at most 256 bins.
    pub(crate) fn narrow(&self, values: &[f32]) -> Vec<u8> {
        debug_assert!(self.len() <= 256, "bins that fit a byte");
        match self {
            Self::Numeric(bins) => values.iter().map(|&value| bins.bin(value) as u8).collect(),
            Self::Categorical(bins) => values.iter().map(|&value| bins.bin(value) as u8).collect(),
        }
    }

    /// The bin of each value, in two bytes.
    pub(crate) fn wide(&self, values: &[f32]) -> Vec<u16> {
        match self {
            Self::Numeric(bins) => values.iter().map(|&value| bins.bin(value) as u16).collect(),
            Self::Categorical(bins) => values.iter().map(|&value| bins.bin(value) as u16).collect(),
        }
    }
}

/// At most [`SAMPLE_ROWS`] values: one by chance from each of so many stretches of rows. Rows at even distances
/// would all show the same weekday, or the same few series, where the table repeats itself.
fn sample(values: &[f32]) -> impl Iterator<Item = f32> + '_ {
    let count = values.len().min(SAMPLE_ROWS);
    let start =
        move |stretch: usize| (stretch as u128 * values.len() as u128 / count.max(1) as u128) as usize;
    (0..count).map(move |stretch| {
        let (from, to) = (start(stretch), start(stretch + 1));
        values[from + chance(SAMPLE_SEED, stretch as u64) as usize % (to - from)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_that_repeat_themselves_show_all_they_have() {
        for (rows, period) in [(400_000, 2), (1_400_000, 7), (1_000_000, 10), (400_000, 1_000)] {
            let values: Vec<f32> = (0..rows).map(|row| (row % period) as f32).collect();
            for kind in [ColumnKind::Numeric, ColumnKind::Categorical] {
                let column = Column { name: "x", kind, values: &values };
                let bins = ColumnBins::find(&column, BinLimits { max_bin: 2_000, min_data_in_bin: 3 });
                assert!(bins.len() >= period, "{rows} rows of period {period}: {} bins", bins.len());
            }
        }
    }
}
