//! Adding up gradients by bin: the inner loop of all training.
//!
//! Every code is a byte and every column has room for 256 sums: no index can be out of range, and none is
//! checked. What is left of the time is waiting for memory, so that is asked for ahead, in sequence too: at
//! this pace the processor's own foresight is too short.

use crate::matrix::{BinnedColumn, BinnedMatrix, Codes, NARROW_SLOTS};

/// Most columns of a group: their sums should fit the first-level cache, or nearly.
const GROUP: usize = 24;
/// Rows that go through all groups of columns before the next rows do: their codes stay in the second level.
const BATCH: usize = 4_096;
/// How many listed rows ahead memory is asked for.
const ROWS_AHEAD: usize = 48;
/// How many bytes ahead memory is asked for in a sequence of rows.
const BYTES_AHEAD: usize = 1_536;

/// Which rows of the matrix are meant.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rows<'a> {
    /// Consecutive ones.
    Range(usize, usize),
    /// Those listed, ascending.
    Listed(&'a [u32]),
}

/// Adds the packed gradients of `rows` to `sums`, the histogram of all columns.
pub(crate) fn accumulate(matrix: &BinnedMatrix, rows: Rows<'_>, packed: &[i64], sums: &mut [i64]) {
    match rows {
        Rows::Range(start, end) => {
            for first in (start..end).step_by(BATCH) {
                add_batch(matrix, (first, end.min(first + BATCH)), packed, sums);
            }
        }
        Rows::Listed(rows) => rows.chunks(BATCH).for_each(|rows| add_batch(matrix, rows, packed, sums)),
    }
}

fn add_batch(matrix: &BinnedMatrix, rows: impl Batch, packed: &[i64], sums: &mut [i64]) {
    let groups = matrix.narrow.div_ceil(GROUP);
    for group in 0..groups {
        let columns = group * matrix.narrow / groups..(group + 1) * matrix.narrow / groups;
        let sums = &mut sums[columns.start * NARROW_SLOTS..columns.end * NARROW_SLOTS];
        let group_of = Group { by_row: &matrix.by_row, stride: matrix.narrow, first: columns.start };
        macro_rules! by_width {
            ($($width:literal)*) => {
                match columns.len() {
                    $($width => add_group::<$width>(group_of, rows, packed, sums),)*
                    width => debug_assert!(false, "groups have at most {GROUP} columns, not {width}"),
                }
            };
        }
        by_width!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24);
    }
    for (place, column) in matrix.columns.iter().enumerate().skip(matrix.narrow) {
        add_wide(column, rows, packed, &mut sums[matrix.slots_of(place)]);
    }
}

fn add_group<const WIDTH: usize>(group: Group<'_>, rows: impl Batch, packed: &[i64], sums: &mut [i64]) {
    let (sums, _) = sums.as_chunks_mut::<NARROW_SLOTS>();
    let Some(sums) = sums.first_chunk_mut::<WIDTH>() else { return };
    for place in 0..rows.len() {
        rows.ask_ahead(place, group, packed);
        let row = rows.row(place);
        let Some(codes) = group.by_row[row * group.stride + group.first..].first_chunk::<WIDTH>() else {
            return;
        };
        for (sums, &code) in sums.iter_mut().zip(codes) {
            sums[usize::from(code)] += packed[row];
        }
    }
}

fn add_wide(column: &BinnedColumn, rows: impl Batch, packed: &[i64], sums: &mut [i64]) {
    let Codes::Wide(codes) = &column.codes else { return };
    for place in 0..rows.len() {
        let row = rows.row(place);
        sums[usize::from(codes[row])] += packed[row];
    }
}

/// A group of columns: the codes of row `r` begin at `by_row[r * stride + first]`.
#[derive(Clone, Copy)]
struct Group<'a> {
    by_row: &'a [u8],
    stride: usize,
    first: usize,
}

/// Rows that are gone through together.
trait Batch: Copy {
    fn len(self) -> usize;
    fn row(self, place: usize) -> usize;
    /// Asks for the memory that a later place will need.
    fn ask_ahead(self, place: usize, group: Group<'_>, packed: &[i64]);
}

/// Consecutive rows.
impl Batch for (usize, usize) {
    fn len(self) -> usize {
        self.1 - self.0
    }

    #[inline(always)]
    fn row(self, place: usize) -> usize {
        self.0 + place
    }

    #[inline(always)]
    fn ask_ahead(self, place: usize, group: Group<'_>, packed: &[i64]) {
        let row = self.0 + place;
        prefetch(group.by_row, row * group.stride + BYTES_AHEAD);
        prefetch(packed, row + BYTES_AHEAD / size_of::<i64>());
    }
}

/// Listed rows.
impl Batch for &[u32] {
    fn len(self) -> usize {
        <[u32]>::len(self)
    }

    #[inline(always)]
    fn row(self, place: usize) -> usize {
        self[place] as usize
    }

    #[inline(always)]
    fn ask_ahead(self, place: usize, group: Group<'_>, packed: &[i64]) {
        if let Some(&row) = self.get(place + ROWS_AHEAD) {
            let row = row as usize;
            prefetch(group.by_row, row * group.stride);
            prefetch(group.by_row, (row + 1) * group.stride - 1);
            prefetch(packed, row);
        }
    }
}

/// Asks for the cache line of an element that will be needed soon.
#[inline(always)]
fn prefetch<T>(items: &[T], index: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing and faults on no address; `wrapping_add` makes one of any index.
        #[expect(unsafe_code, reason = "rows of small leaves are far apart in memory: 1.3x in histograms")]
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(items.as_ptr().wrapping_add(index).cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (items, index);
}
