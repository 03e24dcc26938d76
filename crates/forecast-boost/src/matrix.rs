//! The training rows in bins: column by column for deciding which way a row goes, and in row-major
//! blocks of a few columns for adding up histograms.
//!
//! A block's histogram is meant to stay in the first-level cache while rows stream past: twelve columns
//! of 256 sums of eight bytes are 24 KB. Columns that cannot split anything (one bin, or a copy of
//! another column) are left out here, once.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use rayon::prelude::*;

use crate::bins::{BinLimits, ColumnBins};
use crate::dataset::Features;

/// Most columns of one row-major block.
pub(crate) const BLOCK_COLUMNS: usize = 12;
/// Sums that a narrow column has in a histogram, used or not: any byte is a valid index.
pub(crate) const NARROW_SLOTS: usize = 256;

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

/// Columns whose histograms are added up together.
#[derive(Debug)]
pub(crate) struct Block {
    /// Which of [`BinnedMatrix::columns`].
    pub(crate) columns: std::ops::Range<usize>,
    /// Row-major codes of narrow columns; empty for a block of one wide column.
    pub(crate) codes: Vec<u8>,
    /// How many sums its histogram has.
    pub(crate) slots: usize,
}

/// All rows in bins.
#[derive(Debug)]
pub(crate) struct BinnedMatrix {
    pub(crate) rows: usize,
    pub(crate) columns: Vec<BinnedColumn>,
    pub(crate) blocks: Vec<Block>,
}

impl BinnedMatrix {
    /// Finds bins and puts all rows into them. `threads` decides only how columns share blocks.
    pub(crate) fn new(features: &Features<'_>, limits: BinLimits, threads: usize) -> Self {
        let binned: Vec<Option<BinnedColumn>> = (0..features.columns().len())
            .into_par_iter()
            .map(|column| bin_column(features, limits, column))
            .collect();
        let mut columns = without_copies(binned.into_iter().flatten().collect());
        // Stable: narrow columns first, each kind in the caller's order.
        columns.sort_by_key(|column| matches!(column.codes, Codes::Wide(_)));
        let narrow = columns.iter().filter(|column| matches!(column.codes, Codes::Narrow(_))).count();
        let rows = features.rows();
        let mut blocks: Vec<Block> = narrow_ranges(narrow, threads)
            .into_par_iter()
            .map(|range| narrow_block(&columns, range, rows))
            .collect();
        blocks.extend((narrow..columns.len()).map(|column| Block {
            columns: column..column + 1,
            codes: Vec::new(),
            slots: columns[column].bins.len(),
        }));
        Self { rows, columns, blocks }
    }

    /// How many sums one leaf's histogram has.
    pub(crate) fn slots(&self) -> usize {
        self.blocks.iter().map(|block| block.slots).sum()
    }
}

fn bin_column(features: &Features<'_>, limits: BinLimits, column: usize) -> Option<BinnedColumn> {
    let source = &features.columns()[column];
    let bins = ColumnBins::find(source, limits);
    if bins.len() < 2 {
        return None;
    }
    let codes = if bins.len() <= NARROW_SLOTS {
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

/// Even shares of the narrow columns: as few blocks as the cache allows, and a multiple of the threads
/// where blocks do not become too small for it.
fn narrow_ranges(columns: usize, threads: usize) -> Vec<std::ops::Range<usize>> {
    let least = columns.div_ceil(BLOCK_COLUMNS);
    let shared = least.next_multiple_of(threads.max(1));
    let count = if columns >= shared * 4 { shared } else { least };
    (0..count).map(|block| block * columns / count..(block + 1) * columns / count).collect()
}

fn narrow_block(columns: &[BinnedColumn], range: std::ops::Range<usize>, rows: usize) -> Block {
    let width = range.len();
    let mut codes = vec![0; rows * width];
    for (place, column) in columns[range.clone()].iter().enumerate() {
        let Codes::Narrow(source) = &column.codes else { continue };
        for (target, &code) in codes.iter_mut().skip(place).step_by(width).zip(source) {
            *target = code;
        }
    }
    Block { columns: range, codes, slots: width * NARROW_SLOTS }
}
