//! Dividing the rows of a leaf among its two children, in their order.

use rayon::prelude::*;

use crate::matrix::Codes;

/// Rows that one thread divides at least: below it, starting another costs more than it saves.
const MIN_PART: usize = 4096;

/// For every bin of a column, whether its rows go left.
pub(crate) type Sides = Vec<u8>;

/// Reorders `rows` so that those that go left come first, both sides in their order; returns how many
/// go left. `spare` is as long as `rows` and holds nothing of worth before or after.
pub(crate) fn divide(codes: &Codes, sides: &Sides, rows: &mut [u32], spare: &mut [u32]) -> usize {
    let threads = rayon::current_num_threads();
    let part = rows.len().div_ceil(threads).max(MIN_PART);
    let lefts: Vec<usize> = if rows.len() <= part {
        vec![divide_part(codes, sides, rows, spare)]
    } else {
        rows.par_chunks_mut(part)
            .zip(spare.par_chunks_mut(part))
            .map(|(rows, spare)| divide_part(codes, sides, rows, spare))
            .collect()
    };
    join(rows, spare, part, &lefts)
}

fn divide_part(codes: &Codes, sides: &Sides, rows: &mut [u32], spare: &mut [u32]) -> usize {
    match codes {
        Codes::Narrow(codes) => {
            // Any byte is an index: no bin is out of range.
            let mut table = [0; 256];
            table[..sides.len()].copy_from_slice(sides);
            divide_by(|row| table[usize::from(codes[row as usize])], rows, spare)
        }
        Codes::Wide(codes) => divide_by(|row| sides[usize::from(codes[row as usize])], rows, spare),
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

/// Brings the left rows of all parts together, and then the right ones, which are in `spare`.
fn join(rows: &mut [u32], spare: &[u32], part: usize, lefts: &[usize]) -> usize {
    let mut end = 0;
    for (index, &left) in lefts.iter().enumerate() {
        let start = index * part;
        rows.copy_within(start..start + left, end);
        end += left;
    }
    let total = end;
    for (index, &left) in lefts.iter().enumerate() {
        let start = index * part;
        let right = part.min(rows.len() - start) - left;
        rows[end..end + right].copy_from_slice(&spare[start..start + right]);
        end += right;
    }
    total
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
        for threads in [1, 2, 5] {
            let mut rows: Vec<u32> = (0..20_000).filter(|row| row % 7 != 0).collect();
            let mut spare = vec![0; rows.len()];
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let left = pool.install(|| divide(&Codes::Narrow(codes.clone()), &sides, &mut rows, &mut spare));
            assert_eq!(
                (&rows[..left], &rows[left..]),
                (&expected.0[..], &expected.1[..]),
                "{threads} threads"
            );
        }
    }
}
