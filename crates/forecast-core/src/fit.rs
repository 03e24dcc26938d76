//! Unfitted and fitted models as different types, so that "not fitted" cannot happen at run time.

use crate::{Horizon, Panel, PointForecasts};

/// A model description that can be fitted to a panel.
pub trait Fit {
    /// What fitting gives: a model that can forecast.
    type Fitted: Predict;
    /// Why fitting failed.
    type Error;

    /// Fits to every series of `panel`, using its whole history.
    ///
    /// # Errors
    /// Whatever makes the panel unfit for this model, for instance too few rows.
    fn fit(&self, panel: &Panel) -> Result<Self::Fitted, Self::Error>;
}

/// A fitted model.
pub trait Predict {
    /// Why forecasting failed.
    type Error;

    /// Point forecasts for every series of `panel`, each from the period after its last row.
    ///
    /// `panel` carries the history to forecast from, which may be longer than, or other than, the
    /// one fitted on, and the known-future covariates of the horizon where the model uses them.
    ///
    /// # Errors
    /// Whatever the model misses in `panel`, for instance a covariate over the horizon.
    fn predict(&self, panel: &Panel, horizon: Horizon) -> Result<PointForecasts, Self::Error>;
}
