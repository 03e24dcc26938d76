//! Losses of means: squared error, Huber's, and the deviances of counts.

use super::exp::exp;
use super::{Gradient, Loss, RowsOf, apply_weight, mean};
use crate::Dataset;
use crate::simd::vectorised;

const NOT_NEGATIVE: (&str, fn(f32) -> bool) = ("finite and not below 0", |y| y.is_finite() && y >= 0.0);

/// Scores of log-link losses start here where all labels are 0.
const LOG_OF_NOTHING: f64 = -20.0;

#[derive(Debug)]
pub(super) struct Squared;

impl Loss for Squared {
    fn start(&self, data: &Dataset<'_>) -> f64 {
        mean(data)
    }

    fn gradients(&self, scores: &[f64], rows: RowsOf<'_>, gradients: &mut [Gradient]) {
        for ((gradient, &score), &label) in gradients.iter_mut().zip(scores).zip(rows.label) {
            *gradient = Gradient { grad: (score - f64::from(label)) as f32, hess: 1.0 };
        }
        apply_weight(rows, gradients);
    }

    fn loss(&self, score: f64, label: f64) -> f64 {
        (score - label).powi(2)
    }

    fn hessian_is_one(&self) -> bool {
        true
    }
}

#[derive(Debug)]
pub(super) struct Huber {
    pub(super) delta: f64,
}

impl Loss for Huber {
    fn start(&self, data: &Dataset<'_>) -> f64 {
        mean(data)
    }

    fn gradients(&self, scores: &[f64], rows: RowsOf<'_>, gradients: &mut [Gradient]) {
        for ((gradient, &score), &label) in gradients.iter_mut().zip(scores).zip(rows.label) {
            let error = (score - f64::from(label)).clamp(-self.delta, self.delta);
            *gradient = Gradient { grad: error as f32, hess: 1.0 };
        }
        apply_weight(rows, gradients);
    }

    fn loss(&self, score: f64, label: f64) -> f64 {
        let error = (score - label).abs();
        if error <= self.delta { 0.5 * error * error } else { self.delta * (error - 0.5 * self.delta) }
    }

    fn hessian_is_one(&self) -> bool {
        true
    }
}

#[derive(Debug)]
pub(super) struct Poisson;

/// e to the power of this is what LightGBM multiplies the Poisson hessian by, so that steps stay small
/// where the mean is small (`poisson_max_delta_step`).
const POISSON_STEP: f32 = 0.7;

impl Loss for Poisson {
    fn start(&self, data: &Dataset<'_>) -> f64 {
        log_of_mean(data)
    }

    fn gradients(&self, scores: &[f64], rows: RowsOf<'_>, gradients: &mut [Gradient]) {
        derive_poisson(scores, rows.label, gradients);
        apply_weight(rows, gradients);
    }

    fn output(&self, score: f64) -> f64 {
        libm::exp(score)
    }

    fn loss(&self, score: f64, label: f64) -> f64 {
        libm::exp(score) - label * score
    }

    fn allowed_label(&self) -> (&'static str, fn(f32) -> bool) {
        NOT_NEGATIVE
    }
}

#[derive(Debug)]
pub(super) struct Tweedie {
    pub(super) power: f64,
}

impl Loss for Tweedie {
    fn start(&self, data: &Dataset<'_>) -> f64 {
        log_of_mean(data)
    }

    fn gradients(&self, scores: &[f64], rows: RowsOf<'_>, gradients: &mut [Gradient]) {
        derive_tweedie(self.power, scores, rows.label, gradients);
        apply_weight(rows, gradients);
    }

    fn output(&self, score: f64) -> f64 {
        libm::exp(score)
    }

    fn loss(&self, score: f64, label: f64) -> f64 {
        let (first, second) = (1.0 - self.power, 2.0 - self.power);
        libm::exp(second * score) / second - label * libm::exp(first * score) / first
    }

    fn allowed_label(&self) -> (&'static str, fn(f32) -> bool) {
        NOT_NEGATIVE
    }
}

vectorised! {
    fn derive_poisson(scores: &[f64], labels: &[f32], gradients: &mut [Gradient]) {
        let damp = exp(POISSON_STEP);
        for ((gradient, &score), &label) in gradients.iter_mut().zip(scores).zip(labels) {
            let mean = exp(score as f32);
            *gradient = Gradient { grad: mean - label, hess: mean * damp };
        }
    }
}

vectorised! {
    fn derive_tweedie(power: f64, scores: &[f64], labels: &[f32], gradients: &mut [Gradient]) {
        let (first, second) = ((1.0 - power) as f32, (2.0 - power) as f32);
        for ((gradient, &score), &label) in gradients.iter_mut().zip(scores).zip(labels) {
            let score = score as f32;
            let (a, b) = (label * exp(first * score), exp(second * score));
            *gradient = Gradient { grad: b - a, hess: second * b - first * a };
        }
    }
}

fn log_of_mean(data: &Dataset<'_>) -> f64 {
    let mean = mean(data);
    if mean > 0.0 { libm::log(mean) } else { LOG_OF_NOTHING }
}
