//! One row: it walks down many trees at once, because a single walk waits for memory at every step.

use super::{Forest, Link};

/// Trees that are walked at once.
const LANES: usize = 16;

impl Forest {
    /// `start` plus the sum of all trees for one row, which has a value for each column. Allocates nothing.
    pub(crate) fn add_row(&self, row: &[f32], start: f64) -> f64 {
        let mut score = start;
        for roots in self.roots.chunks(LANES) {
            // Lanes without a tree walk the group's first one again.
            let mut at = [roots[0]; LANES];
            at[..roots.len()].copy_from_slice(roots);
            for &at in &self.walk(at, row)[..roots.len()] {
                score += self.values[at as usize];
            }
        }
        self.others
            .iter()
            .fold(score, |score, tree| score + tree.leaves[tree.leaf_of(|column| row[column])].value)
    }

    /// The leaves that walks from these nodes reach.
    fn walk(&self, at: [u32; LANES], row: &[f32]) -> [u32; LANES] {
        #[cfg(target_arch = "x86_64")]
        if crate::simd::has_avx512() {
            // SAFETY: the processor has AVX-512; steps and columns are as the layout made them, for as many
            // columns as the row has values (the model has asked).
            #[expect(unsafe_code, reason = "gathers have no safe form: half the time of a row")]
            return unsafe { self.walk_wide(at, row) };
        }
        let mut at = at;
        loop {
            let mut moved = 0;
            for at in &mut at {
                let (link, threshold) = (self.links[*at as usize], self.thresholds[*at as usize]);
                let right = self.goes_right(link, threshold, row[link.column()]);
                *at += link.step() + u32::from(right);
                moved |= link.step();
            }
            if moved == 0 {
                return at;
            }
        }
    }

    /// All lanes at once; only those at sets of categories are asked one by one.
    ///
    /// # Safety
    /// `row` has a value for every column that a node names, and `at` are nodes.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f")]
    #[expect(unsafe_code, reason = "as above")]
    unsafe fn walk_wide(&self, at: [u32; LANES], row: &[f32]) -> [u32; LANES] {
        use std::arch::x86_64::{
            __mmask16, _CMP_GT_OQ, _CMP_UNORD_Q, _mm512_add_epi32, _mm512_and_si512, _mm512_cmp_ps_mask,
            _mm512_i32gather_epi32, _mm512_i32gather_ps, _mm512_loadu_si512, _mm512_mask_add_epi32,
            _mm512_set1_epi32, _mm512_srli_epi32, _mm512_storeu_si512, _mm512_test_epi32_mask,
        };
        let mut reached = at;
        // SAFETY: nodes lead to nodes, and columns are places in the row.
        unsafe {
            let mut at = _mm512_loadu_si512(reached.as_ptr().cast());
            let step = _mm512_set1_epi32(Link::STEP as i32);
            let columns = _mm512_set1_epi32(Link::COLUMNS as i32 - 1);
            let missing_left = _mm512_set1_epi32(Link::MISSING_LEFT as i32);
            let set = _mm512_set1_epi32(Link::SET as i32);
            let one = _mm512_set1_epi32(1);
            loop {
                let link = _mm512_i32gather_epi32::<4>(at, self.links.as_ptr().cast());
                let moves: __mmask16 = _mm512_test_epi32_mask(link, step);
                if moves == 0 {
                    _mm512_storeu_si512(reached.as_mut_ptr().cast(), at);
                    return reached;
                }
                let column = _mm512_and_si512(_mm512_srli_epi32::<{ Link::COLUMN_SHIFT }>(link), columns);
                let threshold = _mm512_i32gather_ps::<4>(at, self.thresholds.as_ptr());
                let value = _mm512_i32gather_ps::<4>(column, row.as_ptr());
                let above = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(value, threshold);
                let missing = _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(value, value);
                let mut right = above | (missing & !_mm512_test_epi32_mask(link, missing_left));
                let mut sets = _mm512_test_epi32_mask(link, set);
                if sets != 0 {
                    _mm512_storeu_si512(reached.as_mut_ptr().cast(), at);
                    while sets != 0 {
                        let lane = sets.trailing_zeros() as usize;
                        let node = reached[lane] as usize;
                        let (link, threshold) = (self.links[node], self.thresholds[node]);
                        let goes_right = self.goes_right(link, threshold, row[link.column()]);
                        right = right & !(1 << lane) | __mmask16::from(goes_right) << lane;
                        sets &= sets - 1;
                    }
                }
                at = _mm512_add_epi32(at, _mm512_and_si512(link, step));
                at = _mm512_mask_add_epi32(at, right & moves, at, one);
            }
        }
    }
}
