//! Which rows and columns a tree may use, drawn by hashing so that no order of threads matters.

use super::packed::chance;
use crate::matrix::BinnedMatrix;
use crate::params::{Params, Sampling};

/// The seed of one iteration.
pub(super) fn seed(seed: u64, iteration: usize) -> u64 {
    seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(iteration as u64 ^ 0x5851_f42d_4c95_7f2d)
}

/// Lists the rows that the tree of this iteration is grown on, ascending.
pub(super) fn choose_rows(rows: &mut Vec<u32>, matrix: &BinnedMatrix, params: &Params, iteration: usize) {
    let all = 0..matrix.rows as u32;
    match params.sampling {
        Sampling::Bagging { fraction, every } if fraction < 1.0 => {
            let seed = seed(params.seed ^ 0xba66, iteration / every);
            let bound = (fraction * f64::from(u32::MAX)) as u32;
            rows.clear();
            rows.extend(all.filter(|&row| chance(seed, row.into()) <= bound));
            if rows.is_empty() {
                rows.push(0);
            }
        }
        // The tree before has left them in the order of its leaves.
        _ => {
            rows.clear();
            rows.extend(all);
        }
    }
}

/// Marks the columns that may split: the share with the lowest draws.
pub(super) fn choose_columns(matrix: &BinnedMatrix, params: &Params, iteration: usize) -> Vec<bool> {
    let columns = matrix.columns.len();
    let keep = ((columns as f64 * params.feature_fraction).round() as usize).clamp(1, columns);
    if keep == columns {
        return vec![true; columns];
    }
    let seed = seed(params.seed ^ 0xfea7, iteration);
    let mut drawn: Vec<(u32, usize)> =
        (0..columns).map(|column| (chance(seed, column as u64), column)).collect();
    drawn.sort_unstable();
    let mut allowed = vec![false; columns];
    for &(_, column) in &drawn[..keep] {
        allowed[column] = true;
    }
    allowed
}
