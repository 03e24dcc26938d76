//! Gradient-based one-side sampling (Ke et al. 2017): of the rows that are already fitted well only some
//! are looked at, and those count for more, so that all sums keep their expectation.
//!
//! How much a row matters is |gradient · hessian|, as in LightGBM. Unlike there, rows that matter just as
//! much as the last one kept are drawn from by chance rather than all kept: the gradients of quantiles have
//! but two values. How much the last row kept matters is found on a sample, and every draw is a hash of the
//! row's number, so that the choice is the same for any number of threads.
//!
//! What it saves is histograms. All rows still have gradients, are decided on and brought to their leaves, so
//! that with 20 columns a fit on 30 % of the rows takes nearly as long as one on all; more columns save more.

use rayon::prelude::*;

use super::packed::{Gradient, Magnitudes};
use super::scores::{stash, unstash};
use crate::chance::chance;
use crate::params::{Params, Sampling};
use crate::simd::vectorised;

/// Rows that one thread looks at together.
const BLOCK: usize = 32_768;
/// Rows that the threshold is found on.
const SAMPLE_ROWS: usize = 65_536;

/// Which share of the rows is kept, and which is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Goss {
    top: f64,
    other: f64,
    seed: u64,
}

/// What a tree is grown on.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// Sums over the chosen rows, the drawn ones amplified.
    pub(super) total: Magnitudes,
    /// Numbers of the chosen rows, and then anything.
    rows: Vec<u32>,
    /// Numbers of the other rows, and then anything.
    others: Vec<u32>,
    /// How many are chosen.
    count: usize,
    /// What was decided on each row of the data.
    marks: Vec<u8>,
    /// For how many rows a drawn one stands.
    factor: f32,
}

/// Marks of rows.
const KEPT: u8 = 1;
const DRAWN: u8 = 2;

impl Chosen {
    /// The chosen rows, ascending.
    pub(super) fn rows(&self) -> &[u32] {
        &self.rows[..self.count]
    }

    /// The rows that are left out, ascending.
    pub(super) fn others(&self) -> &[u32] {
        &self.others[..self.others.len() - self.count]
    }

    /// For how many rows one of the chosen stands.
    pub(super) fn stands_for(&self, row: usize) -> f32 {
        if self.marks[row] == DRAWN { self.factor } else { 1.0 }
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
    /// rows that are left out. What was chosen before makes room.
    pub(super) fn choose(self, words: &mut [i64], before: Option<Chosen>) -> Chosen {
        let threshold = Threshold::new(words, (self.top, self.seed));
        let rate = (self.other / (1.0 - self.top)).min(1.0);
        let draw = Draw::new(threshold, rate, self.seed);
        let Chosen { mut rows, mut others, mut marks, .. } = before.unwrap_or_default();
        rows.resize(words.len(), 0);
        others.resize(words.len(), 0);
        marks.resize(words.len(), 0);
        let lists = rows.par_chunks_mut(BLOCK).zip(others.par_chunks_mut(BLOCK));
        let parts: Vec<(usize, Magnitudes)> = words
            .par_chunks_mut(BLOCK)
            .zip(marks.par_chunks_mut(BLOCK))
            .zip(lists)
            .enumerate()
            .map(|(block, ((words, marks), (rows, others)))| {
                let first = (block * BLOCK) as u32;
                let total = decide(words, marks, draw, first);
                (list((marks, first), rows, others), total)
            })
            .collect();
        let mut total = Magnitudes::default();
        let mut count = 0;
        for (block, (chosen, sum)) in parts.into_iter().enumerate() {
            let start = block * BLOCK;
            let left_out = BLOCK.min(words.len() - start) - chosen;
            rows.copy_within(start..start + chosen, count);
            others.copy_within(start..start + left_out, start - count);
            count += chosen;
            total.grad += sum.grad;
            total.hess += sum.hess;
        }
        Chosen { total, rows, others, count, marks, factor: draw.factor }
    }
}

/// How every row is decided on, by one number that looks random: the least are kept where others matter just
/// as much, the next are drawn. Bounds are shares of 2³².
#[derive(Debug, Clone, Copy)]
struct Draw {
    /// How much the last kept row matters, as bits.
    threshold: u32,
    /// Of rows that matter as much as the last one kept: those that are kept, and those or drawn.
    ties: [u64; 2],
    /// Of rows that matter less: those that are drawn.
    others: u64,
    factor: f32,
    seed: u64,
}

impl Draw {
    fn new(threshold: Threshold, rate: f64, seed: u64) -> Self {
        let bound = |share: f64| (share * 4_294_967_296.0) as u64;
        let Threshold { bits, ties } = threshold;
        Self {
            threshold: bits,
            ties: [bound(ties), bound(ties + rate * (1.0 - ties))],
            others: bound(rate),
            factor: (1.0 / rate) as f32,
            seed: seed ^ 0x0743_a55e_d10c,
        }
    }
}

vectorised! {
    /// Marks rows from `first` on; amplifies the gradients of drawn rows and clears those of rows that are
    /// left out.
    fn decide(words: &mut [i64], marks: &mut [u8], draw: Draw, first: u32) -> Magnitudes {
        let (mut grad, mut hess) = ([0.0; 8], [0.0; 8]);
        let (strips, rest) = words.as_chunks_mut::<8>();
        let (strip_marks, rest_marks) = marks.split_at_mut(strips.len() * 8);
        let starts = (first..).step_by(8);
        for ((words, marks), start) in strips.iter_mut().zip(strip_marks.as_chunks_mut::<8>().0).zip(starts) {
            for lane in 0..8 {
                let gradient = decide_one(&mut words[lane], &mut marks[lane], draw, start + lane as u32);
                grad[lane] += f64::from(gradient.grad.abs());
                hess[lane] += f64::from(gradient.hess);
            }
        }
        let start = first + strip_marks.len() as u32;
        for ((word, mark), row) in rest.iter_mut().zip(rest_marks).zip(start..) {
            let gradient = decide_one(word, mark, draw, row);
            grad[0] += f64::from(gradient.grad.abs());
            hess[0] += f64::from(gradient.hess);
        }
        Magnitudes { grad: grad.iter().sum(), hess: hess.iter().sum() }
    }
}

/// Without a branch, for no processor could foresee what chance says.
#[inline(always)]
fn decide_one(word: &mut i64, mark: &mut u8, draw: Draw, row: u32) -> Gradient {
    let gradient = unstash(*word);
    let matters = importance(gradient);
    let random = u64::from(chance(draw.seed, row.into()));
    let is_tie = matters == draw.threshold;
    let is_kept = (matters > draw.threshold) | (is_tie & (random < draw.ties[0]));
    let is_drawn = random < if is_tie { draw.ties[1] } else { draw.others };
    *mark = if is_kept { KEPT } else { DRAWN * u8::from(is_drawn) };
    let factor = if is_kept {
        1.0
    } else if is_drawn {
        draw.factor
    } else {
        0.0
    };
    let gradient = Gradient {
        grad: (gradient.grad * factor).clamp(f32::MIN, f32::MAX),
        hess: (gradient.hess * factor).min(f32::MAX),
    };
    *word = stash(gradient);
    gradient
}

/// Lists the rows that are marked, and those that are not; returns how many are. Each number is written to
/// both, and the next one overwrites it where it does not belong.
fn list((marks, first): (&[u8], u32), rows: &mut [u32], others: &mut [u32]) -> usize {
    let mut count = 0;
    for (index, &mark) in marks.iter().enumerate() {
        let row = first + index as u32;
        rows[count] = row;
        others[index - count] = row;
        count += usize::from(mark != 0);
    }
    count
}

/// How much a row matters: bits of a float that is not negative have its order.
#[inline(always)]
fn importance(gradient: Gradient) -> u32 {
    (gradient.grad * gradient.hess).abs().to_bits()
}

/// How much the last kept row matters, and which share of those that matter as much are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Threshold {
    bits: u32,
    ties: f64,
}

impl Threshold {
    /// Where the share `top` of the rows that matter most ends, on one row drawn from each of many short
    /// runs: rows at even distances could be alike. However far off, sums keep their expectation.
    fn new(words: &[i64], (top, seed): (f64, u64)) -> Self {
        let run = words.len().div_ceil(SAMPLE_ROWS).max(1);
        let draw = |(index, run): (u64, &[i64])| run[chance(seed, index) as usize % run.len()];
        let mut sample: Vec<u32> =
            (0..).zip(words.chunks(run)).map(|run| importance(unstash(draw(run)))).collect();
        let kept = ((top * sample.len() as f64) as usize).max(1);
        let last = sample.len() - kept.min(sample.len());
        let bits = *sample.select_nth_unstable(last).1;
        let above = sample.iter().filter(|&&matters| matters > bits).count();
        let alike = sample.iter().filter(|&&matters| matters == bits).count();
        Self { bits, ties: (kept - above) as f64 / alike as f64 }
    }
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
            let top = (kept as f64 + 0.5) / 50_000.0;
            assert_eq!(Threshold::new(&words, (top, 3)).bits, sorted[kept - 1].to_bits(), "{kept} kept");
        }
    }

    #[test]
    fn of_equals_a_share_is_kept() {
        let words = words((0..1000).map(|row| if row % 10 == 0 { 2.0 } else { -1.0 }));
        assert_eq!(Threshold::new(&words, (0.1, 3)), Threshold { bits: 1.0_f32.to_bits(), ties: 1.0 });
        assert_eq!(Threshold::new(&words, (0.55, 3)), Threshold { bits: 0.5_f32.to_bits(), ties: 0.5 });
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
            let chosen = Goss { top: 0.2, other: 0.1, seed: 5 }.choose(&mut words, None);
            let share = chosen.rows().len() as f64 / f64::from(rows);
            assert!((share - 0.3).abs() < 0.01, "{share} of the rows");
            let off = (sum(&words) - before).abs() / f64::from(rows);
            assert!(off < 0.01, "mean gradient off by {off}");
            let total: f64 = words.iter().map(|&word| f64::from(unstash(word).grad.abs())).sum();
            assert!((total - chosen.total.grad).abs() < 1e-6 * total);
            let mut all = [chosen.rows(), chosen.others()].concat();
            assert!(chosen.rows().is_sorted() && chosen.others().is_sorted());
            all.sort_unstable();
            assert!(all.into_iter().eq(0..rows), "every row is chosen or left out");
        }
    }
}
