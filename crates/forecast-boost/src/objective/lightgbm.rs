//! Objectives of LightGBM that models are read with, but not fitted to.

use super::{Gradient, Loss, Objective, RowsOf};
use crate::params::check;
use crate::{BoostError, Dataset};

/// An objective that LightGBM fits and this crate does not.
///
/// A model that was read from LightGBM says by it what it was fitted to, and predicts accordingly;
/// [`Params::check`](crate::Params::check) refuses it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum LightGbmObjective {
    /// Squared or absolute error, a quantile, Fair loss or MAPE of the labels' square roots with their
    /// sign (`reg_sqrt`); predictions are squared again.
    OfRoots(Box<Objective>),
    /// Fair loss.
    Fair {
        /// Where it turns from squared to absolute, above 0.
        c: f64,
    },
    /// Absolute error relative to the label.
    Mape,
    /// Gamma deviance with a log link.
    Gamma,
    /// Derivatives of the caller's own: the raw score is the prediction.
    Custom,
}

/// What becomes of raw scores.
#[derive(Debug)]
pub(super) enum Link {
    Identity,
    Log,
    Root,
}

impl LightGbmObjective {
    pub(super) fn check(&self) -> Result<(), BoostError> {
        match self {
            &Self::Fair { c } => check("objective.c", c, "above 0 and finite", c > 0.0 && c.is_finite()),
            Self::OfRoots(objective) => match **objective {
                Objective::Squared | Objective::Absolute | Objective::Quantile { .. } => objective.check(),
                Objective::LightGbm(Self::Fair { .. } | Self::Mape) => objective.check(),
                _ => check("objective", format_args!("{self:?}"), "one that LightGBM fits to roots", false),
            },
            Self::Mape | Self::Gamma | Self::Custom => Ok(()),
        }
    }

    pub(super) fn link(&self) -> Link {
        match self {
            Self::OfRoots(_) => Link::Root,
            Self::Gamma => Link::Log,
            Self::Fair { .. } | Self::Mape | Self::Custom => Link::Identity,
        }
    }
}

/// Only [`output`](Loss::output) means something: nothing is fitted, so nothing is measured.
impl Loss for Link {
    fn start(&self, _: &Dataset<'_>) -> f64 {
        0.0
    }

    fn gradients(&self, _: &[f64], _: RowsOf<'_>, gradients: &mut [Gradient]) {
        gradients.fill(Gradient { grad: 0.0, hess: 1.0 });
    }

    fn output(&self, score: f64) -> f64 {
        match self {
            Self::Identity => score,
            Self::Log => libm::exp(score),
            Self::Root => score * score.abs(),
        }
    }

    fn loss(&self, _: f64, _: f64) -> f64 {
        f64::NAN
    }
}
