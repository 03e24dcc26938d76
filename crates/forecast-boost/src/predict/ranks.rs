//! Values as ranks: how many of the thresholds of a column a value is above. Trees that are fitted to bins
//! compare a column with few different thresholds, so a rank fits a byte, and it answers every question of
//! every tree as the value itself would.

use crate::simd::vectorised;
use crate::tree::{Test, Tree};

/// Rows that are asked at once: bytes of two vector registers, which share the work of reading a question.
pub(super) const LANES: usize = 128;
/// The rank of missing values, above that of any other.
const MISSING: u8 = u8::MAX;
/// Thresholds that a column can have.
const MAX_THRESHOLDS: usize = MISSING as usize - 1;

/// The ranks of some rows, or for each of them all bits or none.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Lanes(pub(super) [u8; LANES]);

/// The thresholds of all columns that trees ask for ranks.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranks {
    columns: Vec<Ranked>,
}

#[derive(Debug, Clone)]
struct Ranked {
    column: usize,
    /// Ascending, then infinity.
    thresholds: [f32; 256],
}

impl Ranks {
    /// The thresholds of these trees, for the columns that have few enough of them.
    pub(super) fn new<'a>(trees: impl Iterator<Item = &'a Tree>, columns: usize) -> Self {
        let mut by_column = vec![Vec::new(); columns];
        for node in trees.flat_map(|tree| &tree.nodes) {
            if let Test::AtMost { threshold, .. } = node.test {
                by_column[node.column as usize].push(threshold);
            }
        }
        let mut ranked = Vec::new();
        for (column, mut found) in by_column.into_iter().enumerate() {
            found.sort_unstable_by(f32::total_cmp);
            found.dedup();
            if (1..=MAX_THRESHOLDS).contains(&found.len()) {
                let mut thresholds = [f32::INFINITY; 256];
                thresholds[..found.len()].copy_from_slice(&found);
                ranked.push(Ranked { column, thresholds });
            }
        }
        Self { columns: ranked }
    }

    /// How many columns have ranks.
    pub(super) fn columns(&self) -> usize {
        self.columns.len()
    }

    /// The place of a column among those with ranks, and the highest rank that goes left at a threshold.
    pub(super) fn bound(&self, column: usize, threshold: f32) -> Option<(u16, u8)> {
        let slot = self.columns.binary_search_by_key(&column, |ranked| ranked.column).ok()?;
        let below = self.columns[slot].thresholds.partition_point(|&other| other < threshold);
        Some((slot as u16, below as u8))
    }

    /// Writes the ranks of all rows: first those of the first rows, column by column.
    pub(super) fn write(&self, columns: &[&[f32]], rows: usize, into: &mut Vec<Lanes>) {
        into.clear();
        into.resize(rows.div_ceil(LANES) * self.columns(), Lanes([0; LANES]));
        for (slot, Ranked { column, thresholds }) in self.columns.iter().enumerate() {
            let of_column = into.iter_mut().skip(slot).step_by(self.columns());
            for (values, lanes) in columns[*column].chunks(LANES).zip(of_column) {
                write_ranks(values, thresholds, &mut lanes.0);
            }
        }
    }
}

vectorised! {
    fn write_ranks(values: &[f32], thresholds: &[f32; 256], into: &mut [u8; LANES]) {
        let mut padded = [0.0; LANES];
        padded[..values.len()].copy_from_slice(values);
        let mut ranks = [0_u32; LANES];
        for step in [128, 64, 32, 16, 8, 4, 2, 1] {
            for (rank, value) in ranks.iter_mut().zip(padded) {
                // The mask changes nothing; it shows that the place exists.
                let is_above = thresholds[(*rank + step - 1) as usize & 255] < value;
                *rank += if is_above { step } else { 0 };
            }
        }
        for ((into, rank), value) in into.iter_mut().zip(ranks).zip(padded) {
            *into = if value.is_nan() { MISSING } else { rank as u8 };
        }
    }
}
