//! Pinball loss, and quantiles of numbers with and without weights.

use super::{Gradient, Loss, RowsOf, apply_weight};
use crate::Dataset;

/// Pinball loss of a level (Koenker and Bassett 1978); absolute error is twice that of one half.
#[derive(Debug)]
pub(super) struct Pinball {
    pub(super) level: f64,
    pub(super) is_absolute: bool,
}

impl Loss for Pinball {
    fn start(&self, data: &Dataset<'_>) -> f64 {
        let mut labels: Vec<f32> = data.label.to_vec();
        quantile_of(&mut labels, data.weight, self.level)
    }

    fn gradients(&self, scores: &[f64], rows: RowsOf<'_>, gradients: &mut [Gradient]) {
        let factor = if self.is_absolute { 2.0 } else { 1.0 };
        let (above, below) = ((1.0 - self.level) * factor, -self.level * factor);
        // Where a score meets its label any slope between the two is a derivative. Counts meet often, at 0
        // above all, and what is taken there decides low levels: the upper one lets them stay low.
        let equal = if self.is_absolute { 0.0 } else { above };
        for ((gradient, &score), &label) in gradients.iter_mut().zip(scores).zip(rows.label) {
            let error = score - f64::from(label);
            let grad = if error > 0.0 {
                above
            } else if error < 0.0 {
                below
            } else {
                equal
            };
            *gradient = Gradient { grad: grad as f32, hess: 1.0 };
        }
        apply_weight(rows, gradients);
    }

    fn loss(&self, score: f64, label: f64) -> f64 {
        let error = label - score;
        if self.is_absolute { error.abs() } else { (self.level * error).max((self.level - 1.0) * error) }
    }

    fn hessian_is_one(&self) -> bool {
        true
    }

    fn renewal(&self) -> Option<f64> {
        Some(self.level)
    }
}

/// The quantile of some numbers, which it reorders; 0 of none. Without weights it lies between the two
/// values around the place `level` (count − 1); with weights it is the first at which so much weight is reached.
pub(crate) fn quantile_of(values: &mut [f32], weight: Option<&[f32]>, level: f64) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    match weight {
        None => plain(values, level),
        Some(weight) => weighted(values, weight, level),
    }
}

fn plain(values: &mut [f32], level: f64) -> f64 {
    let place = level * (values.len() - 1) as f64;
    let whole = place as usize;
    let (_, lower, above) = values.select_nth_unstable_by(whole, f32::total_cmp);
    let lower = f64::from(*lower);
    match above.iter().copied().min_by(f32::total_cmp) {
        Some(upper) => lower + (f64::from(upper) - lower) * (place - whole as f64),
        None => lower,
    }
}

fn weighted(values: &[f32], weight: &[f32], level: f64) -> f64 {
    let mut pairs: Vec<(f32, f32)> = values.iter().copied().zip(weight.iter().copied()).collect();
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let total: f64 = pairs.iter().map(|&(_, weight)| f64::from(weight)).sum();
    let mut reached = 0.0;
    for &(value, weight) in &pairs {
        reached += f64::from(weight);
        if reached >= level * total {
            return value.into();
        }
    }
    pairs.last().map_or(0.0, |&(value, _)| value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lies_between_the_values_around_it() {
        let mut values = [5.0, 1.0, 3.0, 2.0, 4.0];
        assert_eq!(quantile_of(&mut values, None, 0.5), 3.0);
        assert_eq!(quantile_of(&mut values, None, 0.875), 4.5);
        assert_eq!(quantile_of(&mut values, None, 0.125), 1.5);
        assert_eq!(quantile_of(&mut [], None, 0.5), 0.0);
    }

    #[test]
    fn a_score_that_meets_its_label_is_not_pushed_up() {
        let slopes = |loss: Pinball| {
            let mut gradients = [Gradient::default(); 3];
            let rows = RowsOf { label: &[0.0, 0.0, 0.0], weight: None };
            loss.gradients(&[0.0, 1.0, -1.0], rows, &mut gradients);
            gradients.map(|gradient| gradient.grad)
        };
        assert_eq!(slopes(Pinball { level: 0.25, is_absolute: false }), [0.75, 0.75, -0.25]);
        assert_eq!(slopes(Pinball { level: 0.5, is_absolute: true }), [0.0, 1.0, -1.0]);
    }

    #[test]
    fn counts_weights() {
        let mut values = [1.0, 2.0, 3.0];
        assert_eq!(quantile_of(&mut values, Some(&[1.0, 1.0, 8.0]), 0.5), 3.0);
        assert_eq!(quantile_of(&mut values, Some(&[8.0, 1.0, 1.0]), 0.5), 1.0);
    }
}
