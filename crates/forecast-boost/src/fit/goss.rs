//! Gradient-based one-side sampling (Ke et al. 2017): of the rows that are already fitted well only some
//! are looked at, and those count for more, so that all sums keep their expectation.
//!
//! How much a row matters is |gradient · hessian|, as in LightGBM. Unlike there, rows that matter just as
//! much as the last one kept are drawn from by chance rather than all kept: the gradients of quantiles have
//! but two values. The threshold is exact and every draw a hash of the row's number, so that the choice is
//! the same for any number of threads.

use rayon::prelude::*;

use super::packed::{Gradient, Magnitudes, chance};
use super::scores::{stash, unstash};
use crate::params::{Params, Sampling};

/// Rows that one thread looks at together.
const BLOCK: usize = 32_768;

/// Which share of the rows is kept, and which is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Goss {
    top: f64,
    other: f64,
    seed: u64,
}

/// What a tree is grown on.
#[derive(Debug)]
pub(super) struct Chosen {
    /// Row numbers, ascending.
    pub(super) rows: Vec<u32>,
    /// Sums over the chosen rows, the drawn ones amplified.
    pub(super) total: Magnitudes,
    /// Which rows were drawn. One for each row of the data.
    drawn: Vec<bool>,
    /// For how many rows a drawn one stands.
    factor: f32,
}

impl Chosen {
    /// For how many rows one of the chosen stands.
    pub(super) fn stands_for(&self, row: usize) -> f32 {
        if self.drawn[row] { self.factor } else { 1.0 }
    }
}

impl Goss {
    /// None where all rows are asked for, or it is too early: gradients say little of rows before
    /// 1 / learning rate trees are there. (LightGBM waits as long.)
    pub(super) fn new(params: &Params, iteration: usize, seed: u64) -> Option<Self> {
        match params.sampling {
            Sampling::Goss { top, other } if iteration >= (1.0 / params.learning_rate) as usize => {
                Some(Self { top, other, seed })
            }
            _ => None,
        }
    }

    /// Chooses rows by their stashed gradients; amplifies those of drawn rows and clears those of the
    /// rows that are left out.
    pub(super) fn choose(self, words: &mut [i64]) -> Chosen {
        let count = words.len() as f64;
        let kept = ((self.top * count) as usize).max(1);
        let threshold = Threshold::new(words, kept);
        let rate = (self.other * count / (count - kept as f64)).min(1.0);
        let draw = Draw { threshold, rate, factor: (1.0 / rate) as f32, seed: self.seed };
        let mut drawn = vec![false; words.len()];
        let parts: Vec<(Vec<u32>, Magnitudes)> = words
            .par_chunks_mut(BLOCK)
            .zip(drawn.par_chunks_mut(BLOCK))
            .enumerate()
            .map(|(block, (words, drawn))| draw.block((block * BLOCK) as u32, words, drawn))
            .collect();
        let mut rows = Vec::with_capacity(parts.iter().map(|(rows, _)| rows.len()).sum());
        let mut total = Magnitudes::default();
        for (part, sum) in parts {
            rows.extend(part);
            total.grad += sum.grad;
            total.hess += sum.hess;
        }
        Chosen { rows, drawn, factor: draw.factor, total }
    }
}

/// How every row is decided on.
struct Draw {
    threshold: Threshold,
    rate: f64,
    factor: f32,
    seed: u64,
}

impl Draw {
    fn block(&self, first: u32, words: &mut [i64], drawn: &mut [bool]) -> (Vec<u32>, Magnitudes) {
        // Two independent numbers for each row.
        let (tie, other) = (self.seed ^ 0x7135, self.seed ^ 0x0743_a55e_d10c);
        let below =
            |share: f64, seed: u64, row: u32| f64::from(chance(seed, row.into())) < share * 4_294_967_296.0;
        let mut rows = Vec::new();
        let mut total = Magnitudes::default();
        for ((word, drawn), row) in words.iter_mut().zip(drawn).zip(first..) {
            let mut gradient = unstash(*word);
            let matters = importance(gradient);
            let is_kept = matters > self.threshold.bits
                || (matters == self.threshold.bits && below(self.threshold.ties, tie, row));
            if !is_kept {
                *drawn = below(self.rate, other, row);
                if !*drawn {
                    *word = stash(Gradient::default());
                    continue;
                }
                gradient.grad = (gradient.grad * self.factor).clamp(f32::MIN, f32::MAX);
                gradient.hess = (gradient.hess * self.factor).min(f32::MAX);
                *word = stash(gradient);
            }
            total.grad += f64::from(gradient.grad.abs());
            total.hess += f64::from(gradient.hess);
            rows.push(row);
        }
        (rows, total)
    }
}

/// How much a row matters: bits of a float that is not negative have its order.
fn importance(gradient: Gradient) -> u32 {
    (gradient.grad * gradient.hess).abs().to_bits()
}

/// How much the last kept row matters, and which share of those that matter as much are kept.
#[derive(Debug, PartialEq)]
struct Threshold {
    bits: u32,
    ties: f64,
}

impl Threshold {
    /// Where the `kept` rows that matter most end: found digit by digit, from the highest.
    fn new(words: &[i64], kept: usize) -> Self {
        const DIGITS: [(u32, u32); 3] = [(21, 11), (10, 11), (0, 10)];
        let (mut prefix, mut wanted, mut alike) = (0, kept, words.len());
        for (shift, width) in DIGITS {
            let counts = count_digits(words, (prefix, shift, width));
            let mut above = 0;
            for (digit, &count) in counts.iter().enumerate().rev() {
                if above + count >= wanted {
                    prefix = (prefix << width) | digit as u32;
                    wanted -= above;
                    alike = count;
                    break;
                }
                above += count;
            }
        }
        Self { bits: prefix, ties: wanted as f64 / alike.max(1) as f64 }
    }
}

/// How often each digit occurs among the numbers whose higher digits are `prefix`.
fn count_digits(words: &[i64], (prefix, shift, width): (u32, u32, u32)) -> Vec<usize> {
    let digits = 1 << width;
    let of_block = |words: &[i64]| {
        let mut counts = vec![0; digits];
        for &word in words {
            let bits = u64::from(importance(unstash(word)) >> shift);
            if bits >> width == u64::from(prefix) {
                counts[bits as usize & (digits - 1)] += 1;
            }
        }
        counts
    };
    words.par_chunks(BLOCK).map(of_block).reduce(
        || vec![0; digits],
        |mut a, b| {
            for (a, b) in a.iter_mut().zip(b) {
                *a += b;
            }
            a
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(gradients: impl Iterator<Item = f32>) -> Vec<i64> {
        gradients.map(|grad| stash(Gradient { grad, hess: 0.5 })).collect()
    }

    #[test]
    fn the_threshold_is_that_of_sorting() {
        let gradients: Vec<f32> =
            (0..50_000_u32).map(|row| ((row.wrapping_mul(2_654_435_761) >> 8) as f32 - 8e6) * 1e-3).collect();
        let mut sorted: Vec<f32> = gradients.iter().map(|grad| (grad * 0.5).abs()).collect();
        sorted.sort_unstable_by(|a, b| b.total_cmp(a));
        let words = words(gradients.into_iter());
        for kept in [1, 2, 77, 10_000, 49_999, 50_000] {
            assert_eq!(Threshold::new(&words, kept).bits, sorted[kept - 1].to_bits(), "{kept} kept");
        }
    }

    #[test]
    fn of_equals_a_share_is_kept() {
        let words = words((0..1000).map(|row| if row % 10 == 0 { 2.0 } else { -1.0 }));
        assert_eq!(Threshold::new(&words, 100), Threshold { bits: 1.0_f32.to_bits(), ties: 1.0 });
        assert_eq!(Threshold::new(&words, 550), Threshold { bits: 0.5_f32.to_bits(), ties: 0.5 });
    }

    #[test]
    fn sums_keep_their_expectation() {
        let rows = 200_000;
        for gradient in [
            |row: u32| (row % 1000) as f32 / 1000.0 - 0.4,
            |row: u32| if row.is_multiple_of(3) { -0.9 } else { 0.1 },
        ] {
            let mut words = words((0..rows).map(gradient));
            let sum =
                |words: &[i64]| -> f64 { words.iter().map(|&word| f64::from(unstash(word).grad)).sum() };
            let before = sum(&words);
            let chosen = Goss { top: 0.2, other: 0.1, seed: 5 }.choose(&mut words);
            let share = chosen.rows.len() as f64 / f64::from(rows);
            assert!((share - 0.3).abs() < 0.01, "{share} of the rows");
            let off = (sum(&words) - before).abs() / f64::from(rows);
            assert!(off < 0.01, "mean gradient off by {off}");
            let total: f64 = words.iter().map(|&word| f64::from(unstash(word).grad.abs())).sum();
            assert!((total - chosen.total.grad).abs() < 1e-6 * total);
            assert!(chosen.rows.is_sorted());
        }
    }
}
