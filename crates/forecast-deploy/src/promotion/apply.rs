//! Carrying out a plan, one call after the other.

use mlflow_client::types::{OthersInStage, Stage, StageTransition, Tag};
use mlflow_client::workflow::ensure_registered_model;
use mlflow_client::{Error, MlflowStore, register_version};

use super::gather::has_no_stages;
use super::{ApplyError, PromotionPlan, Step, VersionRef};

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepOutcome {
    /// It has taken effect.
    Done,
    /// The store has no stages (any more): there was nothing to do.
    NoStages,
}

/// Told of each step once it has ended.
pub type Progress<'a> = dyn FnMut(&Step, StepOutcome) + Send + 'a;

/// Carries out the plan and returns the version that is at the target now.
///
/// Steps follow one another: after an error, or when the returned future is dropped, the steps
/// that `progress` has heard of are done, and one more may be. A new plan then holds the rest.
///
/// # Errors
/// [`ApplyError`] with the step that failed.
pub async fn apply(
    store: &dyn MlflowStore,
    plan: &PromotionPlan,
    progress: &mut Progress<'_>,
) -> Result<u64, ApplyError> {
    let mut version = plan.version.number();
    for (done, step) in plan.steps.iter().enumerate() {
        let failed =
            |source| ApplyError { step: Box::new(step.clone()), done, planned: plan.steps.len(), source };
        let outcome = match carry_out(store, &plan.model, step, &mut version).await {
            Ok(()) => StepOutcome::Done,
            Err(error) if is_about_stages(step) && has_no_stages(&error) => StepOutcome::NoStages,
            Err(error) => return Err(failed(error)),
        };
        tracing::debug!(%step, ?outcome, model = plan.model, "promotion step");
        progress(step, outcome);
    }
    version.ok_or_else(|| ApplyError {
        step: Box::new(Step::SetAlias { alias: plan.target.alias(), version: plan.version }),
        done: plan.steps.len(),
        planned: plan.steps.len(),
        source: no_version(),
    })
}

fn is_about_stages(step: &Step) -> bool {
    matches!(step, Step::MoveStage { .. } | Step::Archive { .. })
}

/// `made` is the version that the plan is about, as soon as it exists.
async fn carry_out(
    store: &dyn MlflowStore,
    name: &str,
    step: &Step,
    made: &mut Option<u64>,
) -> mlflow_client::Result<()> {
    let number = |version: VersionRef, made: Option<u64>| version.number().or(made).ok_or_else(no_version);
    match step {
        Step::CreateRegisteredModel { name } => ensure_registered_model(store, name).await,
        Step::CreateVersion { model_id, .. } => {
            let model = store.get_logged_model(model_id).await?;
            *made = Some(register_version(store, name, &model).await?.version);
            Ok(())
        }
        Step::SetTag { version, key, value } => {
            store.set_model_version_tag(name, number(*version, *made)?, &Tag::new(*key, value)).await
        }
        Step::SetAlias { alias, version } => store.set_alias(name, alias, number(*version, *made)?).await,
        Step::MoveStage { version, stage } => move_to(store, name, number(*version, *made)?, *stage).await,
        Step::Archive { version } => match move_to(store, name, *version, Stage::Archived).await {
            // Somebody has deleted it meanwhile: it is not in the stage either.
            Err(error) if error.is_not_found() => Ok(()),
            moved => moved,
        },
    }
}

async fn move_to(
    store: &dyn MlflowStore,
    name: &str,
    version: u64,
    stage: Stage,
) -> mlflow_client::Result<()> {
    let others = OthersInStage::Keep;
    store.transition_stage(&StageTransition { name: name.to_owned(), version, stage, others }).await?;
    Ok(())
}

/// A plan by hand may speak of a new version without making one.
fn no_version() -> Error {
    Error::InvalidParameter {
        operation: "promote",
        detail: "the plan speaks of a new version before it makes one; use the plan as it was made"
            .to_owned(),
    }
}
