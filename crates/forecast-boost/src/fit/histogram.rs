//! Adding up gradients by bin: the inner loop of all training.
//!
//! One block of narrow columns at a time, so that its sums stay in the first-level cache. Every code is
//! a byte and every column has 256 sums, so no index can be out of range and none is checked.

use crate::matrix::{BinnedColumn, Block, Codes, NARROW_SLOTS};

/// Which rows of the matrix are meant.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rows<'a> {
    /// Consecutive ones.
    Range(usize, usize),
    /// Those listed, ascending.
    Listed(&'a [u32]),
}

impl Rows<'_> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Range(start, end) => end - start,
            Self::Listed(rows) => rows.len(),
        }
    }

    /// The part with the places `start..end`.
    pub(crate) fn part(&self, start: usize, end: usize) -> Self {
        match self {
            Self::Range(first, _) => Self::Range(first + start, first + end),
            Self::Listed(rows) => Self::Listed(&rows[start..end]),
        }
    }
}

/// Adds the packed gradients of `rows` to `sums`, which has the slots of `block`.
pub(crate) fn accumulate(
    block: &Block,
    columns: &[BinnedColumn],
    (rows, packed): (Rows<'_>, &[i64]),
    sums: &mut [i64],
) {
    if block.codes.is_empty() {
        return wide(&columns[block.columns.start], (rows, packed), sums);
    }
    macro_rules! by_width {
        ($($width:literal)*) => {
            match block.columns.len() {
                $($width => narrow::<$width>(&block.codes, (rows, packed), sums),)*
                width => unreachable_width(width),
            }
        };
    }
    by_width!(1 2 3 4 5 6 7 8 9 10 11 12);
}

fn unreachable_width(width: usize) {
    debug_assert!(false, "blocks have at most twelve columns, not {width}");
}

/// How many rows ahead memory is asked for: enough to cover a fetch from memory.
const AHEAD: usize = 24;

fn narrow<const WIDTH: usize>(codes: &[u8], (rows, packed): (Rows<'_>, &[i64]), sums: &mut [i64]) {
    let (sums, _) = sums.as_chunks_mut::<NARROW_SLOTS>();
    let Some(sums) = sums.first_chunk_mut::<WIDTH>() else { return };
    let (codes, _) = codes.as_chunks::<WIDTH>();
    let add = |sums: &mut [[i64; NARROW_SLOTS]; WIDTH], codes: &[u8; WIDTH], packed: i64| {
        for (sums, &code) in sums.iter_mut().zip(codes) {
            sums[usize::from(code)] += packed;
        }
    };
    match rows {
        Rows::Range(start, end) => {
            for (codes, &packed) in codes[start..end].iter().zip(&packed[start..end]) {
                add(sums, codes, packed);
            }
        }
        Rows::Listed(rows) => {
            let ahead = rows.len().saturating_sub(AHEAD);
            for (place, &row) in rows[..ahead].iter().enumerate() {
                let next = rows[place + AHEAD] as usize;
                prefetch(codes, next);
                prefetch(packed, next);
                add(sums, &codes[row as usize], packed[row as usize]);
            }
            for &row in &rows[ahead..] {
                add(sums, &codes[row as usize], packed[row as usize]);
            }
        }
    }
}

fn wide(column: &BinnedColumn, (rows, packed): (Rows<'_>, &[i64]), sums: &mut [i64]) {
    let Codes::Wide(codes) = &column.codes else { return };
    match rows {
        Rows::Range(start, end) => {
            for (&code, &packed) in codes[start..end].iter().zip(&packed[start..end]) {
                sums[usize::from(code)] += packed;
            }
        }
        Rows::Listed(rows) => {
            for &row in rows {
                sums[usize::from(codes[row as usize])] += packed[row as usize];
            }
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
