//! The promotion policy: from facts to steps, without asking anybody anything.

use mlflow_client::types::{
    LifecycleStage, LoggedModel, LoggedModelStatus, ModelVersion, ModelVersionStatus, Run, RunStatus, Stage,
};
use serde::Serialize;

use super::{
    CHAMPION_MODEL, Facts, PREVIOUS_RUN_TAG, PREVIOUS_VERSION_TAG, PROMOTED_FROM_TAG, Refusal, Registry,
    Stages, Step, Target, VersionRef,
};

/// What has to be done for a run to be where it is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromotionPlan {
    /// The registered model.
    pub model: String,
    /// The run.
    pub run_id: String,
    /// Where it is to be.
    pub target: Target,
    /// The version that will be there.
    pub version: VersionRef,
    /// The version that is or was there before it.
    pub previous: Option<Previous>,
    /// What has to be done, in this order; empty when all is already so.
    pub steps: Vec<Step>,
}

/// A version that was in place before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Previous {
    /// The version.
    pub version: u64,
    /// Its run, if it came from one: promoting that goes back.
    pub run_id: Option<String>,
}

impl PromotionPlan {
    /// Whether all is already so.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// Decides what has to be done for the run to be at the target.
///
/// The steps make a version where the run has none, note where it comes from and what it replaces
/// (production only), set the alias, move the stage and archive the other versions in that stage.
/// Aliases other than the target's stay as they are. A version in production keeps its stage when
/// it becomes `staging` too: a version has one stage only, and production counts for more.
///
/// # Errors
/// [`Refusal`]; the run is checked before its models, these before their versions.
pub fn plan(facts: &Facts, target: Target) -> Result<PromotionPlan, Refusal> {
    let run = finished_run(facts)?;
    let model = model_to_promote(facts, &run.info.run_id)?;
    if let Some(files) = facts.missing_files.get(&model.info.model_id) {
        return Err(Refusal::ModelFilesMissing {
            run_id: run.info.run_id.clone(),
            model_id: model.info.model_id.clone(),
            files: files.clone(),
        });
    }
    let registry = &facts.registry;
    let existing = version_of(registry, &model.info.model_id, target)?;
    let version = existing.map_or(VersionRef::New, |entry| VersionRef::Existing(entry.version));
    let aliased = existing.is_some_and(|entry| registry.alias(target.alias()) == Some(entry.version));
    let previous = match existing {
        Some(entry) if aliased => noted_previous(entry).filter(|_| target == Target::Production),
        _ => replaced(registry, target, version),
    };

    let mut steps = Vec::new();
    if registry.model.is_none() {
        steps.push(Step::CreateRegisteredModel { name: registry.name.clone() });
    }
    if existing.is_none() {
        let (run_id, model_id) = (run.info.run_id.clone(), model.info.model_id.clone());
        steps.push(Step::CreateVersion { run_id, model_id });
    }
    if !aliased {
        if target == Target::Production {
            // Before the alias: the way back is known as soon as there is one to go.
            steps.extend(notes(registry, existing, version, previous.as_ref()));
        }
        steps.push(Step::SetAlias { alias: target.alias(), version });
    }
    if registry.stages == Stages::Kept {
        steps.extend(stage_steps(registry, existing, version, target));
    }
    Ok(PromotionPlan {
        model: registry.name.clone(),
        run_id: run.info.run_id.clone(),
        target,
        version,
        previous,
        steps,
    })
}

/// What has to be done for the stages to say what the alias says, whoever has set it. Nothing where no
/// version has the alias, or the store has no stages.
#[must_use]
pub(super) fn settle(registry: &Registry, target: Target) -> Vec<Step> {
    let holder = registry.alias(target.alias()).and_then(|version| registry.version(version));
    match holder {
        Some(holder) if registry.stages == Stages::Kept => {
            stage_steps(registry, Some(holder), VersionRef::Existing(holder.version), target)
        }
        _ => Vec::new(),
    }
}

fn finished_run(facts: &Facts) -> Result<&Run, Refusal> {
    let run_id = || facts.run_id.clone();
    let run = facts.run.as_ref().ok_or_else(|| Refusal::RunUnknown { run_id: run_id() })?;
    if run.info.lifecycle_stage == LifecycleStage::Deleted {
        return Err(Refusal::RunDeleted { run_id: run_id() });
    }
    if run.info.status != RunStatus::Finished {
        return Err(Refusal::RunNotFinished { run_id: run_id(), status: run.info.status });
    }
    Ok(run)
}

/// The only ready model of the run, or the only one that is called champion.
fn model_to_promote<'a>(facts: &'a Facts, run_id: &str) -> Result<&'a LoggedModel, Refusal> {
    // A run may name models of other runs among its outputs; those are not its own.
    let own: Vec<_> = facts.models.iter().filter(|model| model.info.source_run_id == run_id).collect();
    let Some(newest) = own.iter().max_by_key(|model| model.info.creation_time_ms) else {
        return Err(Refusal::NoModel { run_id: run_id.to_owned() });
    };
    let is_ready = |model: &&LoggedModel| model.info.status == LoggedModelStatus::Ready;
    let ready: Vec<_> = own.iter().copied().filter(is_ready).collect();
    let champions: Vec<_> = ready.iter().copied().filter(|model| model.info.name == CHAMPION_MODEL).collect();
    match (ready.as_slice(), champions.as_slice()) {
        ([], _) => Err(Refusal::ModelNotReady {
            run_id: run_id.to_owned(),
            model_id: newest.info.model_id.clone(),
            status: newest.info.status,
        }),
        ([model], _) | (_, [model]) => Ok(model),
        (several, _) => Err(Refusal::ModelAmbiguous {
            run_id: run_id.to_owned(),
            model_ids: several.iter().map(|model| model.info.model_id.clone()).collect(),
        }),
    }
}

/// The version of a logged model: the one that is at the target already, else the earliest that is ready.
///
/// The earliest, as a later one may be that of somebody who promotes the same run at this moment, and who
/// will take it back.
fn version_of<'a>(
    registry: &'a Registry,
    model_id: &str,
    target: Target,
) -> Result<Option<&'a ModelVersion>, Refusal> {
    let aliased = registry.alias(target.alias());
    let own = registry.versions.iter().filter(|entry| entry.model_id == model_id);
    let rank = |entry: &&ModelVersion| {
        (Some(entry.version) != aliased, entry.status != ModelVersionStatus::Ready, entry.version)
    };
    match own.min_by_key(rank) {
        Some(entry) if entry.status != ModelVersionStatus::Ready => Err(Refusal::VersionNotReady {
            name: registry.name.clone(),
            version: entry.version,
            status: entry.status,
        }),
        found => Ok(found),
    }
}

/// The version that the promotion replaces.
fn replaced(registry: &Registry, target: Target, version: VersionRef) -> Option<Previous> {
    let current = registry.current(target).filter(|current| version.number() != Some(*current))?;
    let run_id = registry.version(current).map(|entry| entry.run_id.clone());
    Some(Previous { version: current, run_id: run_id.filter(|run_id| !run_id.is_empty()) })
}

/// What an earlier promotion has noted of the version before.
fn noted_previous(entry: &ModelVersion) -> Option<Previous> {
    let version = entry.tag(PREVIOUS_VERSION_TAG)?.parse().ok()?;
    Some(Previous { version, run_id: entry.tag(PREVIOUS_RUN_TAG).map(str::to_owned) })
}

/// Notes for a version that comes to production, without those that it has already.
fn notes(
    registry: &Registry,
    existing: Option<&ModelVersion>,
    version: VersionRef,
    previous: Option<&Previous>,
) -> Vec<Step> {
    let staged = existing.is_some_and(|entry| registry.alias(Target::Staging.alias()) == Some(entry.version));
    let from = match existing {
        _ if staged => Stage::Staging,
        Some(entry) => entry.current_stage,
        None => Stage::None,
    };
    let mut notes = vec![(PROMOTED_FROM_TAG, from.to_string())];
    if let Some(previous) = previous {
        notes.push((PREVIOUS_VERSION_TAG, previous.version.to_string()));
        notes.extend(previous.run_id.clone().map(|run_id| (PREVIOUS_RUN_TAG, run_id)));
    }
    notes
        .into_iter()
        .filter(|(key, value)| existing.and_then(|entry| entry.tag(key)) != Some(value.as_str()))
        .map(|(key, value)| Step::SetTag { version, key, value })
        .collect()
}

/// The stage of the version, then those of the versions that have to leave it.
fn stage_steps(
    registry: &Registry,
    existing: Option<&ModelVersion>,
    version: VersionRef,
    target: Target,
) -> Vec<Step> {
    let stage = target.stage();
    let in_production = registry.current(Target::Production);
    let stays_in_production = |number: u64| target == Target::Staging && in_production == Some(number);
    let mut steps = Vec::new();
    let is_there =
        existing.is_some_and(|entry| entry.current_stage == stage || stays_in_production(entry.version));
    if !is_there {
        steps.push(Step::MoveStage { version, stage });
    }
    let mut former: Vec<_> = registry
        .versions
        .iter()
        .filter(|entry| entry.current_stage == stage && version.number() != Some(entry.version))
        .map(|entry| entry.version)
        .filter(|number| !stays_in_production(*number))
        .collect();
    former.sort_unstable();
    steps.extend(former.into_iter().map(|version| Step::Archive { version }));
    steps
}
