//! Gradients and hessians as integers, both in one word, so that a histogram needs one addition per row
//! and column, and every sum is exact: the same in any order and with any number of threads.
//!
//! The upper 32 bits hold the gradient, signed, the lower 32 the hessian. Scales are chosen so that not
//! even the sum over all rows leaves its half: with `n` rows the mean magnitude is 2³¹/n, some thousand
//! steps for a million rows. What a step cannot show is rounded up or down by with the right
//! expectation, so that even rows far below one step add up to what they should. (Shi et al. 2022,
//! "Quantized Training of Gradient Boosting Decision Trees", rounds in the same way to far fewer steps.)

/// First and second derivative of the loss at one row's score.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Gradient {
    /// First derivative.
    pub grad: f32,
    /// Second derivative, not below zero.
    pub hess: f32,
}

/// A sum of gradients (upper half) and hessians (lower half).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sums(pub(crate) i64);

impl Sums {
    /// Sum of gradients, in steps.
    #[inline]
    pub(crate) fn grad(self) -> f64 {
        f64::from((self.0 >> 32) as i32)
    }

    /// Sum of hessians, in steps.
    #[inline]
    pub(crate) fn hess(self) -> f64 {
        f64::from(self.0 as u32)
    }
}

impl std::ops::Sub for Sums {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl std::ops::Add for Sums {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

/// How many steps a gradient and a hessian of 1 are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scales {
    pub(crate) grad: f64,
    pub(crate) hess: f64,
}

/// Sums of magnitudes over some rows, from which the scales follow.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Magnitudes {
    pub(crate) grad: f64,
    pub(crate) hess: f64,
}

impl Scales {
    /// Scales with which the sums over `rows` rows stay in range.
    pub(crate) fn new(total: Magnitudes, rows: usize, hessian_is_constant: bool) -> Self {
        // Every row may be rounded up by one step.
        let grad = (f64::from(i32::MAX) - rows as f64 - 1.0) / total.grad.max(f64::MIN_POSITIVE);
        let hess = if hessian_is_constant {
            1.0
        } else {
            (f64::from(u32::MAX) - rows as f64 - 1.0) / total.hess.max(f64::MIN_POSITIVE)
        };
        // A loss that is all but fitted has gradients near nothing: no step needs to be finer than this.
        Self { grad: grad.min(1e30), hess: hess.min(1e30) }
    }

    /// One row's word. `chance` is uniform over all 32 bits.
    #[inline(always)]
    pub(crate) fn pack(self, gradient: Gradient, chance: u32) -> i64 {
        // Adding 1.5 · 2⁵² leaves the nearest integer in the lower bits. A uniform number between -1/2 and
        // 1/2, both excluded, decides between the two nearest by and leaves integers as they are.
        const ROUND: f64 = 6_755_399_441_055_744.0;
        let dither = |bits: u32| (f64::from(bits) + 0.5) * (1.0 / 65_536.0) - 0.5;
        let grad = f64::from(gradient.grad) * self.grad + dither(chance >> 16) + ROUND;
        let hess = f64::from(gradient.hess) * self.hess + dither(chance & 0xffff) + ROUND;
        ((grad.to_bits() << 32) | (hess.to_bits() & 0xffff_ffff)) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::chance;

    #[test]
    fn sums_of_words_are_words_of_sums() {
        let scales = Scales { grad: 1000.0, hess: 10.0 };
        let rows = [(-1.5, 2.0), (0.25, 0.5), (-0.125, 0.0), (3.0, 1.0)];
        let total: i64 = rows.iter().map(|&(grad, hess)| scales.pack(Gradient { grad, hess }, 0)).sum();
        let sums = Sums(total);
        assert_eq!((sums.grad(), sums.hess()), (-1500.0 + 250.0 - 125.0 + 3000.0, 20.0 + 5.0 + 10.0));
        let rest = Sums(total) - Sums(scales.pack(Gradient { grad: -1.5, hess: 2.0 }, 0));
        assert_eq!((rest.grad(), rest.hess()), (3125.0, 15.0));
    }

    #[test]
    fn rounding_by_chance_keeps_the_mean_of_what_is_below_a_step() {
        let scales = Scales { grad: 1.0, hess: 1.0 };
        let rows = 100_000;
        let total: i64 =
            (0..rows).map(|row| scales.pack(Gradient { grad: -0.01, hess: 0.02 }, chance(7, row))).sum();
        let sums = Sums(total);
        assert!((sums.grad() + 1000.0).abs() < 100.0, "{}", sums.grad());
        assert!((sums.hess() - 2000.0).abs() < 150.0, "{}", sums.hess());
    }

    #[test]
    fn one_row_may_hold_nearly_everything() {
        let total = Magnitudes { grad: 1e12, hess: 1e9 };
        let scales = Scales::new(total, 1_000_000, false);
        let sums = Sums(scales.pack(Gradient { grad: -1e12, hess: 1e9 }, u32::MAX));
        assert!(sums.grad() < -2e9 && sums.hess() > 4e9);
    }
}
