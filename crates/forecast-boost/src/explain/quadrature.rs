//! Gauss–Legendre quadrature on \[0, 1\].
//!
//! `points` points integrate every polynomial of degree up to `2 · points − 1` exactly (Golub and Welsch
//! 1969); all weights are positive, so that nothing cancels.

use std::f64::consts::PI;

/// One point of a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    /// Where, counted from 0.
    pub(super) at: f64,
    /// Where, counted from 1 backwards: `1 − at` without its rounding.
    pub(super) from_end: f64,
    /// What the value there counts.
    pub(super) weight: f64,
}

/// Newton steps at most; from the asymptotic start three or four reach the last bit.
const NEWTON_STEPS: usize = 20;

/// The rule of so many points, ascending.
pub(super) fn rule(points: usize) -> Vec<Point> {
    let mut rule: Vec<Point> = (0..points)
        .map(|index| {
            let (root, slope) = root_of_legendre(points, index);
            Point {
                at: f64::midpoint(1.0, -root),
                from_end: f64::midpoint(1.0, root),
                weight: 1.0 / ((1.0 - root * root) * slope * slope),
            }
        })
        .collect();
    // The roots lie symmetrically. Near 1 they are known to fewer digits of `1 − root` than near −1 of
    // `1 + root` only by the rounding of one subtraction, but mirrored points make the rule exactly even.
    for index in 0..points / 2 {
        let Point { at, from_end, weight } = rule[index];
        rule[points - 1 - index] = Point { at: from_end, from_end: at, weight };
    }
    rule
}

/// The root of the Legendre polynomial of this degree that is `index`-th from above, and the slope there.
fn root_of_legendre(degree: usize, index: usize) -> (f64, f64) {
    let mut root = (PI * (index as f64 + 0.75) / (degree as f64 + 0.5)).cos();
    let mut slope = 1.0;
    for _ in 0..NEWTON_STEPS {
        let (mut before, mut value) = (1.0, root);
        for k in 2..=degree {
            let k = k as f64;
            (before, value) = (value, ((2.0 * k - 1.0) * root * value - (k - 1.0) * before) / k);
        }
        slope = degree as f64 * (root * value - before) / (root * root - 1.0);
        let step = value / slope;
        root -= step;
        if step.abs() <= f64::EPSILON {
            break;
        }
    }
    (root, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_integrated_exactly_up_to_twice_the_points() {
        for points in [1, 2, 3, 4, 8, 9, 20, 64, 301] {
            let rule = rule(points);
            for degree in [0, 1, points, 2 * points - 1] {
                let found: f64 = rule.iter().map(|point| point.weight * point.at.powi(degree as i32)).sum();
                let exact = 1.0 / (degree as f64 + 1.0);
                assert!((found - exact).abs() < 1e-13, "{points} points, degree {degree}: {found} {exact}");
            }
        }
    }

    #[test]
    fn points_ascend_between_the_ends_and_mirror_each_other() {
        for points in [2, 7, 32, 200] {
            let rule = rule(points);
            assert!(rule.is_sorted_by(|a, b| a.at < b.at));
            for (point, mirror) in rule.iter().zip(rule.iter().rev()) {
                assert!(point.at > 0.0 && point.from_end > 0.0 && point.weight > 0.0);
                assert!((point.at + point.from_end - 1.0).abs() < 1e-15);
                assert!((point.at - mirror.from_end).abs() < 1e-16);
            }
        }
    }
}
