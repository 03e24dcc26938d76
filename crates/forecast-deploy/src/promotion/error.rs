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

/// The plan could not be carried out to its end. Asking again does the rest.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A step failed; those before it have taken effect.
    #[error("cannot {step}: {source}; {done} of {planned} steps are done, promote again to do the rest")]
    Step {
        /// The step that failed. After a timeout it may have taken effect all the same.
        step: Box<Step>,
        /// How many steps before it have taken effect.
        done: usize,
        /// How many steps there are.
        planned: usize,
        /// What the store said.
        source: mlflow_client::Error,
    },
    /// All steps are done, but not the look at what others did meanwhile.
    #[error("all steps are done, but {0}; promote again to see whether somebody else promoted meanwhile")]
    Check(#[source] GatherError),
    /// All steps are done, but others keep changing the same stages.
    #[error(
        "all steps are done, but others keep moving the stages of {model}; promote again when they are done"
    )]
    Unsettled {
        /// The registered model.
        model: String,
    },
}
