//! Many rows: each tree divides a block of rows at its nodes, as training did.
//!
//! All rows at a node ask the same column the same question, so that nothing of the node has to be looked up
//! row by row, and no row takes more steps than its own path has. Compared with walks down the tree that
//! take turns, this needs a third of the time.

use std::ops::Range;

use super::{Forest, Link};

/// Rows of a block: their values stay in the second-level cache while trees go by.
pub(super) const BLOCK: usize = 4_096;
/// Rows that are divided at once where the processor can, and so how far beyond its rows a write may go.
const LANES: usize = 16;

/// Row numbers of a block, ordered by node, room for those that go right, and the nodes that wait.
struct Rows {
    ordered: [u32; BLOCK],
    right: [u32; BLOCK + LANES],
    waiting: Vec<Waiting>,
}

/// A node that waits for its turn, and the place of its rows.
#[derive(Clone, Copy)]
struct Waiting {
    node: u32,
    start: usize,
    len: usize,
}

impl Forest {
    /// Adds all trees to the scores of some rows; `columns` hold one value for each of them.
    pub(crate) fn add_to(&self, columns: &[&[f32]], scores: &mut [f64]) {
        let mut rows = Rows { ordered: [0; BLOCK], right: [0; BLOCK + LANES], waiting: Vec::new() };
        let mut block: Vec<&[f32]> = Vec::with_capacity(columns.len());
        for (index, scores) in scores.chunks_mut(BLOCK).enumerate() {
            let first = index * BLOCK;
            block.clear();
            block.extend(columns.iter().map(|values| &values[first..first + scores.len()]));
            for &root in &self.roots {
                self.add_tree(root, (&block, scores), &mut rows);
            }
            for tree in &self.others {
                for (row, score) in scores.iter_mut().enumerate() {
                    *score += tree.leaves[tree.leaf_of(|column| block[column][row])].value;
                }
            }
        }
    }

    fn add_tree(&self, root: u32, (columns, scores): (&[&[f32]], &mut [f64]), rows: &mut Rows) {
        for (place, row) in rows.ordered[..scores.len()].iter_mut().enumerate() {
            *row = place as u32;
        }
        rows.waiting.push(Waiting { node: root, start: 0, len: scores.len() });
        while let Some(Waiting { mut node, start, mut len }) = rows.waiting.pop() {
            while len > 0 {
                let link = self.links[node as usize];
                if link.step() == 0 {
                    let value = self.values[node as usize];
                    for &row in &rows.ordered[start..start + len] {
                        scores[row as usize] += value;
                    }
                    break;
                }
                let left = self.divide((node, columns[link.column()]), rows, start..start + len);
                rows.ordered[start + left..start + len].copy_from_slice(&rows.right[..len - left]);
                node += link.step();
                rows.waiting.push(Waiting { node: node + 1, start: start + left, len: len - left });
                len = left;
            }
        }
    }

    /// Divides the rows in a range of places: those that go left are brought to its front, the others put
    /// aside. Returns how many go left.
    #[inline]
    fn divide(&self, (node, values): (u32, &[f32]), rows: &mut Rows, range: Range<usize>) -> usize {
        let (link, threshold) = (self.links[node as usize], self.thresholds[node as usize]);
        let ordered = &mut rows.ordered[range];
        #[cfg(target_arch = "x86_64")]
        if !link.is_set() && crate::simd::has_avx512() {
            // SAFETY: the processor has AVX-512, and each row is a place in the block, all of whose columns
            // have a value for it.
            #[expect(
                unsafe_code,
                reason = "gather and compress have no safe form: half the time of a batch"
            )]
            return unsafe { divide_wide((link, threshold, values), ordered, &mut rows.right) };
        }
        let (mut left, mut right) = (0, 0);
        for place in 0..ordered.len() {
            let row = ordered[place];
            let goes_right = usize::from(self.goes_right(link, threshold, values[row as usize]));
            // Written to both places: the next row overwrites it where it does not belong.
            ordered[left] = row;
            rows.right[right] = row;
            left += 1 - goes_right;
            right += goes_right;
        }
        left
    }
}

/// Sixteen rows at a time.
///
/// # Safety
/// The rows are places in `values`.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
#[expect(unsafe_code, reason = "as above")]
unsafe fn divide_wide(
    (link, threshold, values): (Link, f32, &[f32]),
    rows: &mut [u32],
    right_rows: &mut [u32; BLOCK + LANES],
) -> usize {
    use std::arch::x86_64::{
        _CMP_LE_OQ, _CMP_NGT_UQ, _mm512_cmp_ps_mask, _mm512_loadu_si512, _mm512_mask_i32gather_ps,
        _mm512_mask_storeu_epi32, _mm512_maskz_compress_epi32, _mm512_maskz_loadu_epi32, _mm512_set1_ps,
        _mm512_setzero_ps, _mm512_storeu_si512,
    };
    let (mut left, mut right) = (0, 0);
    // SAFETY: rows are read within their slice, and on the left written where they have been read, the last
    // vector only as far as it has rows; the right has room for a vector more than a block.
    unsafe {
        let bound = _mm512_set1_ps(threshold);
        let len = rows.len();
        let mut divide = |place: usize, some: u16, is_whole: bool| {
            let numbers = if is_whole {
                _mm512_loadu_si512(rows.as_ptr().add(place).cast())
            } else {
                _mm512_maskz_loadu_epi32(some, rows.as_ptr().add(place).cast())
            };
            let value = _mm512_mask_i32gather_ps::<4>(_mm512_setzero_ps(), some, numbers, values.as_ptr());
            let goes_left = some
                & if link.missing_left() {
                    _mm512_cmp_ps_mask::<_CMP_NGT_UQ>(value, bound)
                } else {
                    _mm512_cmp_ps_mask::<_CMP_LE_OQ>(value, bound)
                };
            let lefts = _mm512_maskz_compress_epi32(goes_left, numbers);
            let rights = _mm512_maskz_compress_epi32(some & !goes_left, numbers);
            if is_whole {
                _mm512_storeu_si512(rows.as_mut_ptr().add(left).cast(), lefts);
            } else {
                let kept = ((1_u32 << goes_left.count_ones()) - 1) as u16;
                _mm512_mask_storeu_epi32(rows.as_mut_ptr().add(left).cast(), kept, lefts);
            }
            _mm512_storeu_si512(right_rows.as_mut_ptr().add(right).cast(), rights);
            left += goes_left.count_ones() as usize;
            right += (some & !goes_left).count_ones() as usize;
        };
        let whole = len / LANES * LANES;
        for place in (0..whole).step_by(LANES) {
            divide(place, u16::MAX, true);
        }
        if whole < len {
            divide(whole, (1 << (len - whole)) - 1, false);
        }
    }
    left
}
