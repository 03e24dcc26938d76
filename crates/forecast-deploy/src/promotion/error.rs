//! What can go wrong while talking to MLflow about a promotion.

use super::Step;

/// The facts could not be read. Nothing has been changed.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {what}: {source}")]
pub struct GatherError {
    /// What was being read, for instance `run 1f…`.
    pub what: String,
    /// What the store said.
    pub source: mlflow_client::Error,
}

impl GatherError {
    pub(super) fn reading(what: impl Into<String>) -> impl FnOnce(mlflow_client::Error) -> Self {
        let what = what.into();
        |source| Self { what, source }
    }
}

/// A step failed; those before it have taken effect, and asking again does the rest.
#[derive(Debug, thiserror::Error)]
#[error("cannot {step}: {source}; {done} of {planned} steps are done, promote again to do the rest")]
pub struct ApplyError {
    /// The step that failed. After a timeout it may have taken effect all the same.
    pub step: Box<Step>,
    /// How many steps before it have taken effect.
    pub done: usize,
    /// How many steps there are.
    pub planned: usize,
    /// What the store said.
    pub source: mlflow_client::Error,
}
