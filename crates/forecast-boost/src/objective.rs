//! Losses: what a fit minimises, as first and second derivatives by the raw score.

mod exp;
mod lightgbm;
mod quantile;
mod regression;

use std::fmt;
use std::sync::Arc;

pub use crate::fit::Gradient;
use crate::params::check;
use crate::{BoostError, Dataset};
pub use lightgbm::LightGbmObjective;

pub(crate) use quantile::quantile_of;

/// What a fit minimises.
#[derive(Debug, Clone)]
pub enum Objective {
    /// Squared error: forecasts the mean.
    Squared,
    /// Absolute error: forecasts the median.
    Absolute,
    /// Squared error near the label, absolute beyond `delta` (Huber 1964).
    Huber {
        /// Where it turns, above 0.
        delta: f64,
    },
    /// Poisson deviance with a log link; labels not below 0.
    Poisson,
    /// Tweedie deviance with a log link; labels not below 0.
    Tweedie {
        /// Variance power, between 1 and 2.
        power: f64,
    },
    /// Pinball loss: forecasts a quantile.
    Quantile {
        /// Level, between 0 and 1.
        level: f64,
    },
    /// One that LightGBM fitted and this crate only reads.
    LightGbm(LightGbmObjective),
    /// One that the caller brings.
    Custom(Arc<dyn Loss>),
}

/// A loss by its derivatives. Implement it for an objective of your own.
pub trait Loss: fmt::Debug + Send + Sync {
    /// The score that a fit starts from.
    fn start(&self, data: &Dataset<'_>) -> f64;

    /// Derivatives at each row's raw score, multiplied by the weight where there is one.
    fn gradients(&self, scores: &[f64], rows: RowsOf<'_>, gradients: &mut [Gradient]);

    /// From the raw score to what is predicted.
    fn output(&self, score: f64) -> f64 {
        score
    }

    /// The loss of one row, for early stopping.
    fn loss(&self, score: f64, label: f64) -> f64;

    /// Whether the second derivative is 1 for rows without weight.
    fn hessian_is_one(&self) -> bool {
        false
    }

    /// Where leaf values are a quantile of the residuals rather than a Newton step: which.
    fn renewal(&self) -> Option<f64> {
        None
    }

    /// What labels may be, in words, and whether one is.
    fn allowed_label(&self) -> (&'static str, fn(f32) -> bool) {
        ("a finite number", f32::is_finite)
    }
}

/// Labels and weights of the rows that [`Loss::gradients`] is asked about.
#[derive(Debug, Clone, Copy)]
pub struct RowsOf<'a> {
    /// One label per row.
    pub label: &'a [f32],
    /// One weight per row; 1 where absent.
    pub weight: Option<&'a [f32]>,
}

impl Objective {
    pub(crate) fn check(&self) -> Result<(), BoostError> {
        match *self {
            Self::Huber { delta } => {
                check("objective.delta", delta, "above 0 and finite", delta > 0.0 && delta.is_finite())
            }
            Self::Tweedie { power } => {
                check("objective.power", power, "above 1 and below 2", power > 1.0 && power < 2.0)
            }
            Self::Quantile { level } => {
                check("objective.level", level, "above 0 and below 1", level > 0.0 && level < 1.0)
            }
            Self::LightGbm(ref objective) => objective.check(),
            _ => Ok(()),
        }
    }

    /// Whether a model can be fitted to it here.
    pub(crate) fn check_is_fitted(&self) -> Result<(), BoostError> {
        let is_fitted = !matches!(self, Self::LightGbm(_));
        let allowed =
            "one that this crate fits, not only reads; Squared, Absolute or Poisson may be near enough";
        check("objective", format_args!("{self:?}"), allowed, is_fitted)
    }

    /// The loss behind the name.
    pub(crate) fn loss(&self) -> Arc<dyn Loss> {
        match self {
            Self::Squared => Arc::new(regression::Squared),
            Self::Absolute => Arc::new(quantile::Pinball { level: 0.5, is_absolute: true }),
            Self::Huber { delta } => Arc::new(regression::Huber { delta: *delta }),
            Self::Poisson => Arc::new(regression::Poisson),
            Self::Tweedie { power } => Arc::new(regression::Tweedie { power: *power }),
            Self::Quantile { level } => Arc::new(quantile::Pinball { level: *level, is_absolute: false }),
            Self::LightGbm(objective) => Arc::new(objective.link()),
            Self::Custom(loss) => Arc::clone(loss),
        }
    }
}

/// Mean of the labels, by weight.
fn mean(data: &Dataset<'_>) -> f64 {
    let labels = data.label.iter().map(|&y| f64::from(y));
    match data.weight {
        None => labels.sum::<f64>() / data.label.len() as f64,
        Some(weight) => {
            let total: f64 = weight.iter().map(|&w| f64::from(w)).sum();
            labels.zip(weight).map(|(y, &w)| y * f64::from(w)).sum::<f64>() / total
        }
    }
}

/// Multiplies derivatives by the weights, where there are any.
fn apply_weight(rows: RowsOf<'_>, gradients: &mut [Gradient]) {
    if let Some(weight) = rows.weight {
        for (gradient, &weight) in gradients.iter_mut().zip(weight) {
            gradient.grad *= weight;
            gradient.hess *= weight;
        }
    }
}
