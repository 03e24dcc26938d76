//! Dividing the rows of a leaf among its two children, in their order.

use crate::matrix::Codes;

/// For every bin of a column, whether its rows go left.
pub(crate) type Sides = Vec<u8>;

/// Divides one part of a leaf's rows: those that go left are then the first of `rows`, those that go right
/// the first of `spare`, both in their order. Returns how many go left.
pub(crate) fn divide(codes: &Codes, sides: &Sides, rows: &mut [u32], spare: &mut [u32]) -> usize {
    match codes {
        Codes::Narrow(codes) => {
            #[cfg(target_arch = "x86_64")]
            if crate::simd::has_avx512() {
                return avx512::divide(codes, sides, rows, spare);
            }
            // Any byte is an index: no bin is out of range.
            let mut table = [0; 256];
            table[..sides.len()].copy_from_slice(sides);
            divide_by(|row| table[usize::from(codes[row as usize])], rows, spare)
        }
        Codes::Wide(codes) => divide_by(|row| sides[usize::from(codes[row as usize])], rows, spare),
    }
}

/// Sixteen rows at a time: their codes are gathered, looked up in a bit per bin, and the row numbers
/// compressed into those that go left and those that do not. Half the time of one at a time.
#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::{
        __m512i, _mm512_and_si512, _mm512_i32gather_epi32, _mm512_loadu_si512, _mm512_maskz_compress_epi32,
        _mm512_permutexvar_epi32, _mm512_set1_epi32, _mm512_srli_epi32, _mm512_srlv_epi32,
        _mm512_storeu_si512, _mm512_test_epi32_mask,
    };

    const LANES: usize = 16;

    pub(super) fn divide(codes: &[u8], sides: &[u8], rows: &mut [u32], spare: &mut [u32]) -> usize {
        assert!(spare.len() >= rows.len(), "room for all rows on the right");
        let mut bits = [0_u32; LANES];
        for (bin, &side) in sides.iter().enumerate() {
            bits[bin / 32] |= u32::from(side) << (bin % 32);
        }
        // A gather reads four bytes from each place: the last three codes are left to the loop below.
        let wide = rows.partition_point(|&row| row as usize + 4 <= codes.len()) / LANES * LANES;
        // SAFETY: the processor has AVX-512 (the caller asked), and the first `wide` rows lie far enough
        // before the end of `codes`.
        #[expect(unsafe_code, reason = "gather and compress have no safe form: 2x in dividing rows")]
        let (mut left, mut right) = unsafe { divide_wide(codes, &bits, &mut rows[..wide], spare) };
        for place in wide..rows.len() {
            let row = rows[place];
            let code = usize::from(codes[row as usize]);
            let goes_left = (bits[code / 32] >> (code % 32) & 1) as usize;
            rows[left] = row;
            spare[right] = row;
            left += goes_left;
            right += 1 - goes_left;
        }
        left
    }

    /// # Safety
    /// Every row plus four is within `codes`, `spare` is as long as `rows`, whose length is a multiple of
    /// [`LANES`].
    #[target_feature(enable = "avx512f")]
    #[expect(unsafe_code, reason = "as above")]
    unsafe fn divide_wide(
        codes: &[u8],
        bits: &[u32; LANES],
        rows: &mut [u32],
        spare: &mut [u32],
    ) -> (usize, usize) {
        let (mut left, mut right) = (0, 0);
        // SAFETY: reads and writes of sixteen rows at `place`, and at `left` and `right`, which are never
        // beyond it, end within the slices; what is written over has been read.
        unsafe {
            let table: __m512i = _mm512_loadu_si512(bits.as_ptr().cast());
            let (byte, five, one) = (_mm512_set1_epi32(0xff), _mm512_set1_epi32(31), _mm512_set1_epi32(1));
            for place in (0..rows.len()).step_by(LANES) {
                let numbers = _mm512_loadu_si512(rows.as_ptr().add(place).cast());
                let code =
                    _mm512_and_si512(_mm512_i32gather_epi32::<1>(numbers, codes.as_ptr().cast()), byte);
                let word = _mm512_permutexvar_epi32(_mm512_srli_epi32::<5>(code), table);
                let bit = _mm512_srlv_epi32(word, _mm512_and_si512(code, five));
                let goes_left = _mm512_test_epi32_mask(bit, one);
                let lefts = _mm512_maskz_compress_epi32(goes_left, numbers);
                let rights = _mm512_maskz_compress_epi32(!goes_left, numbers);
                _mm512_storeu_si512(rows.as_mut_ptr().add(left).cast(), lefts);
                _mm512_storeu_si512(spare.as_mut_ptr().add(right).cast(), rights);
                let count = goes_left.count_ones() as usize;
                left += count;
                right += LANES - count;
            }
        }
        (left, right)
    }
}

/// Without a branch on the side, which no processor could foresee: each row is written to both places,
/// and the next one overwrites it where it does not belong.
#[inline(always)]
fn divide_by(side: impl Fn(u32) -> u8, rows: &mut [u32], spare: &mut [u32]) -> usize {
    let (mut left, mut right) = (0, 0);
    for place in 0..rows.len() {
        let row = rows[place];
        let goes_left = usize::from(side(row));
        rows[left] = row;
        spare[right] = row;
        left += goes_left;
        right += 1 - goes_left;
    }
    left
}

/// Brings the left rows of all parts of length `part` together, and then the right ones, which are in
/// `spare`.
pub(crate) fn join(rows: &mut [u32], spare: &[u32], part: usize, lefts: &[usize]) {
    let mut end = 0;
    for (index, &left) in lefts.iter().enumerate() {
        let start = index * part;
        rows.copy_within(start..start + left, end);
        end += left;
    }
    for (index, &left) in lefts.iter().enumerate() {
        let start = index * part;
        let right = part.min(rows.len() - start) - left;
        rows[end..end + right].copy_from_slice(&spare[start..start + right]);
        end += right;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_keep_their_order_in_any_number_of_parts() {
        let codes: Vec<u8> =
            (0..20_000u32).map(|row| (row.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let sides: Sides = (0..256).map(|bin| u8::from(bin % 3 == 0)).collect();
        let expected: (Vec<u32>, Vec<u32>) =
            (0..20_000u32).filter(|row| row % 7 != 0).partition(|&row| codes[row as usize].is_multiple_of(3));
        let wide = Codes::Wide(codes.iter().map(|&code| code.into()).collect());
        for (codes, part) in
            [&Codes::Narrow(codes.clone()), &wide].into_iter().zip([20_000, 5_000, 1_003, 16])
        {
            let mut rows: Vec<u32> = (0..20_000).filter(|row| row % 7 != 0).collect();
            let mut spare = vec![0; rows.len()];
            let parts = rows.chunks_mut(part).zip(spare.chunks_mut(part));
            let lefts: Vec<usize> = parts.map(|(rows, spare)| divide(codes, &sides, rows, spare)).collect();
            join(&mut rows, &spare, part, &lefts);
            let left = lefts.iter().sum();
            assert_eq!((&rows[..left], &rows[left..]), (&expected.0[..], &expected.1[..]), "parts of {part}");
        }
    }
}
