//! Carrying out a plan, one call after the other.

use mlflow_client::types::{OthersInStage, Stage, StageTransition, Tag};
use mlflow_client::workflow::ensure_registered_model;
use mlflow_client::{Error, MlflowStore, register_version};

use super::gather::{has_no_stages, registry};
use super::plan::settle;
use super::{ApplyError, PromotionPlan, Step, VersionRef};

/// How often to look again while others promote too. All agree as soon as the alias rests, which takes
/// two or three rounds.
const SETTLING_ROUNDS: usize = 16;

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

/// What came of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// The version that was promoted.
    pub version: u64,
    /// The version that is at the target now: another one where somebody else promoted it meanwhile.
    pub now: u64,
}

/// Carries out the plan, then makes the stages follow the alias until nothing is left to do.
///
/// Steps follow one another: after an error, or when the returned future is dropped, the steps
/// that `progress` has heard of are done, and one more may be. A new plan then holds the rest.
///
/// The plan is of a moment that is over: somebody else may promote another run at the same time. The
/// alias moves in one call, so one of them is last and holds; each of them then looks again after its
/// last change, and so whoever is last leaves stages that agree with the alias.
///
/// # Errors
/// [`ApplyError`] with what failed.
pub async fn apply(
    store: &dyn MlflowStore,
    plan: &PromotionPlan,
    progress: &mut Progress<'_>,
) -> Result<Applied, ApplyError> {
    let planned = plan.steps.len();
    let mut hand = Hand { store, name: &plan.model, made: plan.version.number() };
    for (done, step) in plan.steps.iter().enumerate() {
        let failed = |source| ApplyError::Step { step: Box::new(step.clone()), done, planned, source };
        hand.take(step, progress).await.map_err(failed)?;
    }
    let version = hand.made.ok_or_else(|| ApplyError::Step {
        step: Box::new(Step::SetAlias { alias: plan.target.alias(), version: plan.version }),
        done: planned,
        planned,
        source: no_version(),
    })?;
    for _ in 0..SETTLING_ROUNDS {
        let registry = registry(store, &plan.model).await.map_err(ApplyError::Check)?;
        let now = registry.alias(plan.target.alias()).unwrap_or(version);
        let rest = settle(&registry, plan.target);
        if rest.is_empty() {
            return Ok(Applied { version, now });
        }
        for step in rest {
            let failed =
                |source| ApplyError::Step { step: Box::new(step.clone()), done: planned, planned, source };
            match hand.take(&step, progress).await {
                Ok(StepOutcome::Done) => {}
                Ok(StepOutcome::NoStages) => return Ok(Applied { version, now }),
                // Deleted since: it is in no stage, which the next look will see.
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(failed(error)),
            }
        }
    }
    Err(ApplyError::Unsettled { model: plan.model.clone() })
}

/// What takes the steps.
struct Hand<'a> {
    store: &'a dyn MlflowStore,
    /// The registered model.
    name: &'a str,
    /// The version that the plan is about, as soon as it exists.
    made: Option<u64>,
}

impl Hand<'_> {
    /// Takes one step and tells of it.
    async fn take(&mut self, step: &Step, progress: &mut Progress<'_>) -> mlflow_client::Result<StepOutcome> {
        let is_about_stages = matches!(step, Step::MoveStage { .. } | Step::Archive { .. });
        let outcome = match self.carry_out(step).await {
            Ok(()) => StepOutcome::Done,
            Err(error) if is_about_stages && has_no_stages(&error) => StepOutcome::NoStages,
            Err(error) => return Err(error),
        };
        tracing::debug!(%step, ?outcome, model = self.name, "promotion step");
        progress(step, outcome);
        Ok(outcome)
    }

    async fn carry_out(&mut self, step: &Step) -> mlflow_client::Result<()> {
        let Self { store, name, made } = *self;
        let number = |version: &VersionRef| version.number().or(made).ok_or_else(no_version);
        match step {
            Step::CreateRegisteredModel { name } => ensure_registered_model(store, name).await,
            Step::CreateVersion { model_id, .. } => {
                let model = store.get_logged_model(model_id).await?;
                self.made = Some(register_version(store, name, &model).await?.version);
                Ok(())
            }
            Step::SetTag { version, key, value } => {
                store.set_model_version_tag(name, number(version)?, &Tag::new(*key, value)).await
            }
            Step::SetAlias { alias, version } => store.set_alias(name, alias, number(version)?).await,
            Step::MoveStage { version, stage } => self.move_to(number(version)?, *stage).await,
            Step::Archive { version } => match self.move_to(*version, Stage::Archived).await {
                // Somebody has deleted it meanwhile: it is not in the stage either.
                Err(error) if error.is_not_found() => Ok(()),
                moved => moved,
            },
        }
    }

    async fn move_to(&self, version: u64, stage: Stage) -> mlflow_client::Result<()> {
        let (name, others) = (self.name.to_owned(), OthersInStage::Keep);
        self.store.transition_stage(&StageTransition { name, version, stage, others }).await?;
        Ok(())
    }
}

/// A plan by hand may speak of a new version without making one.
fn no_version() -> Error {
    Error::InvalidParameter {
        operation: "promote",
        detail: "the plan speaks of a new version before it makes one; use the plan as it was made"
            .to_owned(),
    }
}
