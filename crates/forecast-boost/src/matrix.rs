//! The training rows in bins: column by column for deciding which way a row goes, and row by row for adding
//! up histograms.
//!
//! Columns that cannot split anything (one bin, or a copy of another column) are left out here, once.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use rayon::prelude::*;

use crate::bins::{BinLimits, ColumnBins};
use crate::dataset::Features;

/// Sums that a narrow column has in a histogram, used or not: any byte is a valid index. Eight more than that
/// keep equal codes of two columns from falling on the same place of two memory pages, which the processor
/// would take for one.
pub(crate) const NARROW_SLOTS: usize = NARROW_BINS + 8;
/// Most bins that one byte tells apart.
const NARROW_BINS: usize = 256;

/// The bin of every row for one column.
#[derive(Debug)]
pub(crate) enum Codes {
    Narrow(Vec<u8>),
    Wide(Vec<u16>),
}

/// One column that can split rows.
#[derive(Debug)]
pub(crate) struct BinnedColumn {
    /// Its place among the caller's columns.
    pub(crate) column: usize,
    pub(crate) bins: ColumnBins,
    pub(crate) codes: Codes,
}

/// All rows in bins.
#[derive(Debug)]
pub(crate) struct BinnedMatrix {
    pub(crate) rows: usize,
    /// Those of one byte first.
    pub(crate) columns: Vec<BinnedColumn>,
    /// The narrow columns' codes, row by row.
    pub(crate) by_row: Vec<u8>,
    /// How many columns are narrow, which is how many codes a row of `by_row` has.
    pub(crate) narrow: usize,
    /// Where each column's sums begin in a histogram, and after the last column where they end.
    starts: Vec<usize>,
}

impl BinnedMatrix {
    /// Finds bins and puts all rows into them.
    pub(crate) fn new(features: &Features<'_>, limits: BinLimits) -> Self {
        let binned: Vec<Option<BinnedColumn>> = (0..features.columns().len())
            .into_par_iter()
            .map(|column| bin_column(features, limits, column))
            .collect();
        let mut columns = without_copies(binned.into_iter().flatten().collect());
        // Stable: narrow columns first, each kind in the caller's order.
        columns.sort_by_key(|column| matches!(column.codes, Codes::Wide(_)));
        let narrow = columns.iter().filter(|column| matches!(column.codes, Codes::Narrow(_))).count();
        let mut starts = vec![0];
        for column in &columns {
            let slots = if starts.len() <= narrow { NARROW_SLOTS } else { column.bins.len() };
            starts.push(starts[starts.len() - 1] + slots);
        }
        let by_row = transpose(&columns[..narrow], features.rows());
        Self { rows: features.rows(), columns, by_row, narrow, starts }
    }

    /// How many sums one leaf's histogram has.
    pub(crate) fn slots(&self) -> usize {
        self.starts[self.columns.len()]
    }

    /// The place of a column's sums in a histogram.
    pub(crate) fn slots_of(&self, column: usize) -> Range<usize> {
        self.starts[column]..self.starts[column + 1]
    }
}

/// Rows that are turned at a time: what they need of each column and their own codes stay in the cache.
const TILE: usize = 1_024;

fn transpose(columns: &[BinnedColumn], rows: usize) -> Vec<u8> {
    let width = columns.len();
    let mut by_row = vec![0; rows * width];
    if width == 0 {
        return by_row;
    }
    by_row.par_chunks_mut(TILE * width).enumerate().for_each(|(tile, target)| {
        let range = tile * TILE..tile * TILE + target.len() / width;
        for (place, column) in columns.iter().enumerate() {
            let Codes::Narrow(codes) = &column.codes else { continue };
            for (target, &code) in target[place..].iter_mut().step_by(width).zip(&codes[range.clone()]) {
                *target = code;
            }
        }
    });
    by_row
}

fn bin_column(features: &Features<'_>, limits: BinLimits, column: usize) -> Option<BinnedColumn> {
    let source = &features.columns()[column];
    let bins = ColumnBins::find(source, limits);
    if bins.len() < 2 {
        return None;
    }
    let codes = if bins.len() <= NARROW_BINS {
        Codes::Narrow(bins.narrow(source.values))
    } else {
        Codes::Wide(bins.wide(source.values))
    };
    Some(BinnedColumn { column, bins, codes })
}

/// Drops columns that put all rows into the same bins as an earlier one: they can only repeat its splits.
fn without_copies(columns: Vec<BinnedColumn>) -> Vec<BinnedColumn> {
    let hashes: Vec<u64> = columns.par_iter().map(|column| hash(&column.codes)).collect();
    let mut kept: Vec<BinnedColumn> = Vec::with_capacity(columns.len());
    let mut by_hash: HashMap<u64, Vec<usize>> = HashMap::new();
    for (column, hash) in columns.into_iter().zip(hashes) {
        let alike = by_hash.entry(hash).or_default();
        if !alike.iter().any(|&earlier| is_copy(&kept[earlier], &column)) {
            alike.push(kept.len());
            kept.push(column);
        }
    }
    kept
}

fn hash(codes: &Codes) -> u64 {
    let mut hasher = DefaultHasher::new();
    match codes {
        Codes::Narrow(codes) => codes.hash(&mut hasher),
        Codes::Wide(codes) => codes.hash(&mut hasher),
    }
    hasher.finish()
}

fn is_copy(earlier: &BinnedColumn, column: &BinnedColumn) -> bool {
    let same_codes = match (&earlier.codes, &column.codes) {
        (Codes::Narrow(a), Codes::Narrow(b)) => a == b,
        (Codes::Wide(a), Codes::Wide(b)) => a == b,
        _ => false,
    };
    same_codes && std::mem::discriminant(&earlier.bins) == std::mem::discriminant(&column.bins)
}
