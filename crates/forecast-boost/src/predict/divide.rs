//! Many rows through any tree: it divides a block of rows at its nodes, as training did.
//!
//! All rows at a node ask the same column the same question, so that nothing of the node has to be looked up
//! row by row, and no row takes more steps than its own path has.

use std::ops::Range;

use super::sets::Sets;
use crate::tree::{Child, Place, Test, Tree};

/// Rows of a block: their values stay in the second-level cache while trees go by.
pub(super) const BLOCK: usize = 4_096;
/// Rows that are divided at once where the processor can, and so how far beyond its rows a write may go.
const LANES: usize = 16;

/// What a node asks and where its children are, in one word: the left child's distance in the lower half, 0
/// for a leaf, then the column, then two flags. The right child comes after the left one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Link(u32);

impl Link {
    const STEP: u32 = 0xffff;
    const COLUMN_SHIFT: u32 = 16;
    /// Columns that a link can name.
    const COLUMNS: usize = 1 << 14;
    /// Missing values go left.
    const MISSING_LEFT: u32 = 1 << 30;
    /// The threshold is the place of a set of categories, as bits.
    const SET: u32 = 1 << 31;

    /// A walk stays at a leaf whatever the value.
    const LEAF: Self = Self(Self::MISSING_LEFT);

    #[inline(always)]
    fn step(self) -> u32 {
        self.0 & Self::STEP
    }

    #[inline(always)]
    fn column(self) -> usize {
        (self.0 >> Self::COLUMN_SHIFT) as usize & (Self::COLUMNS - 1)
    }

    #[inline(always)]
    fn is_set(self) -> bool {
        self.0 & Self::SET != 0
    }

    #[inline(always)]
    fn missing_left(self) -> bool {
        self.0 & Self::MISSING_LEFT != 0
    }
}

/// Row numbers of a block, ordered by node, room for those that go right, and the nodes that wait.
pub(super) struct Rows {
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

impl Rows {
    pub(super) fn new() -> Self {
        Self { ordered: [0; BLOCK], right: [0; BLOCK + LANES], waiting: Vec::new() }
    }
}

/// Trees of small nodes in a row, without a pointer.
#[derive(Debug, Clone, Default)]
pub(super) struct DividingTrees {
    /// Of each node: its threshold, or the place of its set in `sets`; infinity for a leaf.
    thresholds: Vec<f32>,
    links: Vec<Link>,
    /// The value of each node that is a leaf.
    values: Vec<f64>,
    sets: Sets,
}

impl DividingTrees {
    /// Whether a tree of a model with so many columns can be one of these.
    pub(super) fn fits(tree: &Tree, columns: usize) -> bool {
        columns <= Link::COLUMNS
            && tree.leaves.len() <= Link::STEP as usize / 2
            && !tree.nodes.iter().any(|node| matches!(node.test, Test::AtMostZeroMissing { .. }))
    }

    /// Adds a tree that fits, level by level, and returns its root.
    pub(super) fn push(&mut self, tree: &Tree) -> u32 {
        let first = self.links.len();
        let mut level = vec![if tree.nodes.is_empty() { Child::leaf(0) } else { Child::node(0) }];
        self.push_leaf();
        let mut at = first;
        while !level.is_empty() {
            let mut below = Vec::new();
            for child in level {
                match child.place() {
                    Place::Leaf(leaf) => self.values[at] = tree.leaves[leaf].value,
                    Place::Node(index) => {
                        let node = &tree.nodes[index];
                        let (threshold, flag) = self.test(&node.test);
                        let step = (self.links.len() - at) as u32;
                        self.thresholds[at] = threshold;
                        self.links[at] = Link(step | node.column << Link::COLUMN_SHIFT | flag);
                        self.push_leaf();
                        self.push_leaf();
                        below.extend([node.left, node.right]);
                    }
                }
                at += 1;
            }
            level = below;
        }
        first as u32
    }

    fn push_leaf(&mut self) {
        self.thresholds.push(f32::INFINITY);
        self.links.push(Link::LEAF);
        self.values.push(0.0);
    }

    /// The threshold and flag of a test.
    fn test(&mut self, test: &Test) -> (f32, u32) {
        match test {
            // Trees that take zeros for missing do not fit.
            Test::AtMost { threshold, missing_left }
            | Test::AtMostZeroMissing { threshold, missing_left } => {
                (*threshold, if *missing_left { Link::MISSING_LEFT } else { 0 })
            }
            Test::In(categories) => (f32::from_bits(self.sets.push(categories)), Link::SET),
        }
    }

    /// Whether a value goes right at a node.
    #[inline(always)]
    fn goes_right(&self, link: Link, threshold: f32, value: f32) -> bool {
        if link.is_set() {
            return !self.sets.contains(threshold.to_bits(), value);
        }
        (value > threshold) | (value.is_nan() & !link.missing_left())
    }

    /// Adds the tree at a root to scores; each of the columns has a value for each score.
    pub(super) fn add_to(&self, root: u32, (columns, scores): (&[&[f32]], &mut [f64]), rows: &mut Rows) {
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
