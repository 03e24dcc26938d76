//! From the values of a column to small bin numbers, by cuts found on a sample of its rows.

mod categorical;
mod numeric;

pub(crate) use categorical::{CategoryBins, MAX_CATEGORIES, category};
pub(crate) use numeric::NumericBins;

use crate::dataset::{Column, ColumnKind};

/// Rows that the cuts of a column are found on.
const SAMPLE_ROWS: usize = 200_000;

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

/// At most [`SAMPLE_ROWS`] values, evenly spread over the rows.
fn sample(values: &[f32]) -> impl Iterator<Item = f32> + '_ {
    let count = values.len().min(SAMPLE_ROWS);
    (0..count)
        .map(move |index| values[(index as u128 * values.len() as u128 / count.max(1) as u128) as usize])
}
