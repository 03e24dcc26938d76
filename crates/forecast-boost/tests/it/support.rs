//! Tables that look random and are the same in every run.

/// A number from 0 to 1 for each seed and row.
pub(crate) fn noise(seed: u64, row: usize) -> f32 {
    let mut z = seed.wrapping_add((row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z >> 40) as f32 / (1 << 24) as f32
}

/// A column of `rows` numbers from 0 to 1.
pub(crate) fn uniform(seed: u64, rows: usize) -> Vec<f32> {
    (0..rows).map(|row| noise(seed, row)).collect()
}
