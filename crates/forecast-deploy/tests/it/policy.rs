//! The policy over made-up registries: what holds whatever people have done to them.

use std::collections::BTreeMap;

use forecast_deploy::promotion::{
    Facts, PREVIOUS_VERSION_TAG, Refusal, Registry, Stages, Step, Target, VersionRef, plan,
};
use mlflow_client::types::{
    Alias, LifecycleStage, LoggedModel, LoggedModelInfo, LoggedModelStatus, ModelVersion, ModelVersionStatus,
    RegisteredModel, Run, RunInfo, RunStatus, Stage, Tag,
};
use proptest::prelude::*;
use proptest::sample::select;

const RUN: &str = "run-0";

fn run(status: RunStatus, lifecycle_stage: LifecycleStage) -> Run {
    Run {
        info: RunInfo {
            run_id: RUN.into(),
            run_name: String::new(),
            experiment_id: "0".into(),
            user_id: String::new(),
            status,
            start_time_ms: 0,
            end_time_ms: None,
            artifact_uri: String::new(),
            lifecycle_stage,
        },
        data: Default::default(),
        inputs: Default::default(),
        outputs: Default::default(),
    }
}

fn logged(id: &str, name: &str, status: LoggedModelStatus) -> LoggedModel {
    LoggedModel {
        info: LoggedModelInfo {
            model_id: id.into(),
            experiment_id: "0".into(),
            name: name.into(),
            creation_time_ms: 0,
            last_update_time_ms: 0,
            artifact_uri: String::new(),
            status,
            model_type: String::new(),
            source_run_id: RUN.into(),
            tags: vec![],
        },
        data: Default::default(),
    }
}

fn version(number: u64, model: usize, stage: Stage) -> ModelVersion {
    ModelVersion {
        name: "demand".into(),
        version: number,
        creation_time_ms: 0,
        last_update_time_ms: 0,
        current_stage: stage,
        description: String::new(),
        source: format!("models:/m-{model}"),
        run_id: format!("run-{model}"),
        model_id: format!("m-{model}"),
        status: ModelVersionStatus::Ready,
        tags: vec![],
        aliases: vec![],
    }
}

fn registered(aliases: Vec<Alias>) -> RegisteredModel {
    RegisteredModel {
        name: "demand".into(),
        creation_time_ms: 0,
        last_update_time_ms: 0,
        description: String::new(),
        latest_versions: vec![],
        tags: vec![],
        aliases,
    }
}

/// A finished run with one ready model, and nothing registered.
fn first() -> Facts {
    Facts {
        run_id: RUN.into(),
        run: Some(run(RunStatus::Finished, LifecycleStage::Active)),
        models: vec![logged("m-0", "champion", LoggedModelStatus::Ready)],
        missing_files: BTreeMap::new(),
        registry: Registry { name: "demand".into(), model: None, versions: vec![], stages: Stages::Kept },
    }
}

/// What the registry is after a step, by MLflow's rules.
fn after(mut facts: Facts, step: &Step) -> Facts {
    let registry = &mut facts.registry;
    // As in a real registry, the version made last has the highest number.
    let newest = registry.versions.iter().map(|entry| entry.version).max().unwrap_or(0);
    let number = |version: &VersionRef| version.number().unwrap_or(newest);
    let mut change = |version: u64, change: &dyn Fn(&mut ModelVersion)| {
        let found = registry.versions.iter_mut().find(|entry| entry.version == version);
        change(found.expect("the step names a version that exists"));
    };
    match step {
        Step::CreateRegisteredModel { .. } => registry.model = Some(registered(vec![])),
        Step::CreateVersion { model_id, .. } => {
            let model = model_id.trim_start_matches("m-").parse().unwrap();
            registry.versions.push(version(newest + 1, model, Stage::None));
        }
        Step::SetTag { version, key, value } => change(number(version), &|entry| {
            entry.tags.retain(|tag| tag.key != *key);
            entry.tags.push(Tag::new(*key, value));
        }),
        Step::MoveStage { version, stage } => change(number(version), &|entry| entry.current_stage = *stage),
        Step::Archive { version } => change(*version, &|entry| entry.current_stage = Stage::Archived),
        Step::SetAlias { alias, version } => {
            let version = number(version);
            let model = registry.model.as_mut().unwrap();
            model.aliases.retain(|entry| entry.alias != *alias);
            model.aliases.push(Alias { alias: (*alias).into(), version });
        }
    }
    facts
}

fn any_target() -> impl Strategy<Value = Target> {
    select(vec![Target::Staging, Target::Production])
}

/// A registry in whatever state people and other programs have left it.
fn any_facts() -> impl Strategy<Value = Facts> {
    let stage = select(vec![Stage::None, Stage::Staging, Stage::Production, Stage::Archived]);
    let versions = prop::collection::vec((0..3_usize, stage), 0..6);
    let alias = || prop::option::of(any::<prop::sample::Index>());
    let stages = select(vec![Stages::Kept, Stages::Gone]);
    (versions, alias(), alias(), stages).prop_map(|(made, staging, production, stages)| {
        let versions: Vec<_> =
            (1..).zip(made).map(|(number, (model, stage))| version(number, model, stage)).collect();
        let aliases = [("staging", staging), ("production", production)]
            .into_iter()
            .filter_map(|(alias, index)| {
                let version = index.filter(|_| !versions.is_empty())?.get(&versions).version;
                Some(Alias { alias: alias.into(), version })
            })
            .collect();
        let registry = Registry { name: "demand".into(), model: Some(registered(aliases)), versions, stages };
        Facts { registry, ..first() }
    })
}

proptest! {
    #[test]
    fn a_promotion_reaches_its_target_and_a_second_one_does_nothing(facts in any_facts(), target in any_target()) {
        let made = plan(&facts, target).unwrap();
        let done = made.steps.iter().fold(facts.clone(), after);

        let promoted = done.registry.alias(target.alias()).unwrap();
        prop_assert_eq!(&done.registry.version(promoted).unwrap().model_id, "m-0");
        let other = if target == Target::Staging { Target::Production } else { Target::Staging };
        prop_assert_eq!(done.registry.alias(other.alias()), facts.registry.alias(other.alias()));
        if facts.registry.stages == Stages::Gone {
            let staged = made.steps.iter().any(|step| matches!(step, Step::MoveStage { .. } | Step::Archive { .. }));
            prop_assert!(!staged);
        } else if target == Target::Production {
            let live: Vec<_> = done.registry.versions.iter().filter(|v| v.current_stage == Stage::Production).collect();
            prop_assert_eq!(live.len(), 1);
            prop_assert_eq!(live[0].version, promoted);
        } else {
            // Nothing on trial takes the version in production out of service.
            prop_assert_eq!(done.registry.current(Target::Production), facts.registry.current(Target::Production));
        }

        let again = plan(&done, target).unwrap();
        prop_assert_eq!(&again.steps, &vec![]);
        if target == Target::Production && made.previous.is_some() {
            prop_assert_eq!(again.previous, made.previous);
        }
    }

    #[test]
    fn a_promotion_that_stops_anywhere_is_completed_by_the_next(
        facts in any_facts(), target in any_target(), stop in any::<prop::sample::Index>(),
    ) {
        let made = plan(&facts, target).unwrap();
        let done = made.steps.iter().fold(facts.clone(), after);
        let stop = stop.index(made.steps.len() + 1);
        let half = made.steps[..stop].iter().fold(facts, after);
        let resumed = plan(&half, target).unwrap().steps.iter().fold(half, after);
        prop_assert_eq!(resumed.registry.alias(target.alias()), done.registry.alias(target.alias()));
        let stages = |facts: &Facts| -> Vec<_> {
            facts.registry.versions.iter().map(|entry| (entry.version, entry.current_stage)).collect()
        };
        prop_assert_eq!(stages(&resumed), stages(&done));
    }

    #[test]
    fn the_version_before_is_noted(facts in any_facts()) {
        let before = facts.registry.current(Target::Production);
        let made = plan(&facts, Target::Production).unwrap();
        let done = made.steps.iter().fold(facts, after);
        let promoted = done.registry.alias("production").unwrap();
        if let Some(before) = before.filter(|before| *before != promoted) {
            let noted = done.registry.version(promoted).unwrap().tag(PREVIOUS_VERSION_TAG).map(str::to_owned);
            prop_assert_eq!(noted, Some(before.to_string()));
        }
    }
}

#[test]
fn the_first_promotion_takes_every_step_in_order() {
    let steps: Vec<_> =
        plan(&first(), Target::Production).unwrap().steps.iter().map(ToString::to_string).collect();
    assert_eq!(
        steps,
        [
            "create the registered model demand",
            "make a version from model m-0 of run run-0",
            "tag the new version with promoted_from=None",
            "point alias production at the new version",
            "move the new version to stage Production",
        ]
    );
}

#[test]
fn every_refusal_says_what_to_do() {
    let model = |name: &str, status| vec![logged("m-0", name, status), logged("m-1", name, status)];
    let pending = model("champion", LoggedModelStatus::Pending);
    let twins = model("champion", LoggedModelStatus::Ready);
    let gone = BTreeMap::from([("m-0".to_owned(), vec!["MLmodel".to_owned(), "model.bin".to_owned()])]);
    let mut foreign = twins.clone();
    foreign.iter_mut().for_each(|model| model.info.source_run_id = "run-9".into());
    let mut unregistered = first();
    unregistered.registry.model = Some(registered(vec![]));
    unregistered.registry.versions = vec![version(1, 0, Stage::None)];
    unregistered.registry.versions[0].status = ModelVersionStatus::FailedRegistration;
    let with_run = |run| Facts { run, ..first() };
    let in_state = |status| with_run(Some(run(status, LifecycleStage::Active)));
    let deleted = with_run(Some(run(RunStatus::Finished, LifecycleStage::Deleted)));
    let cases = [
        (with_run(None), "there is no run run-0; check the id and that MLFLOW_TRACKING_URI"),
        (deleted, "run run-0 is deleted; restore it"),
        (in_state(RunStatus::Running), "is RUNNING, not FINISHED; wait"),
        (in_state(RunStatus::Killed), "is KILLED, not FINISHED; train again"),
        (Facts { models: vec![], ..first() }, "made no model; promote the run that trained it"),
        (Facts { models: foreign, ..first() }, "made no model"),
        (Facts { missing_files: gone, ..first() }, "is incomplete: MLmodel, model.bin missing or cut short"),
        (Facts { models: pending, ..first() }, "is still being uploaded, not ready"),
        (Facts { models: twins, ..first() }, "several models (m-0, m-1)"),
        (unregistered, "version 1 of demand is not registered; delete it"),
    ];
    for (facts, part) in cases {
        let refusal: Refusal = plan(&facts, Target::Production).unwrap_err();
        assert!(refusal.to_string().contains(part), "{refusal}");
    }
}

#[test]
fn the_champion_is_chosen_among_several_models() {
    let ready = LoggedModelStatus::Ready;
    let models = vec![logged("m-1", "challenger", ready), logged("m-0", "champion", ready)];
    let made = plan(&Facts { models, ..first() }, Target::Staging).unwrap();
    assert!(made.steps.contains(&Step::CreateVersion { run_id: RUN.into(), model_id: "m-0".into() }));
}
