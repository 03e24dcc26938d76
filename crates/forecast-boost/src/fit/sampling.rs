//! Which rows and columns a tree may use, drawn by hashing so that no order of threads matters.

use crate::chance::chance;
use crate::matrix::BinnedMatrix;
use crate::params::{Params, Sampling};

/// The seed of one iteration.
pub(super) fn seed(seed: u64, iteration: usize) -> u64 {
    seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(iteration as u64 ^ 0x5851_f42d_4c95_7f2d)
}

/// Lists the rows that the tree of this iteration is grown on, ascending. `chosen` are those that one-side
/// sampling has chosen.
pub(super) fn choose_rows(
    rows: &mut Vec<u32>,
    count: usize,
    (params, iteration): (&Params, usize),
    chosen: Option<&[u32]>,
) {
    // The tree before has left them in the order of its leaves.
    rows.clear();
    let all = 0..count as u32;
    match (params.sampling, chosen) {
        (_, Some(chosen)) => rows.extend(chosen),
        (Sampling::Bagging { fraction, every }, _) if fraction < 1.0 => {
            let seed = seed(params.seed ^ 0xba66, iteration / every);
            let bound = (fraction * f64::from(u32::MAX)) as u32;
            rows.extend(all.filter(|&row| chance(seed, row.into()) <= bound));
        }
        _ => rows.extend(all),
    }
    if rows.is_empty() {
        rows.push(0); // A tree needs a row.
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
