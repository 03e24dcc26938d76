//! What the program does, until it is done or interrupted.

use std::sync::atomic::{AtomicUsize, Ordering};

use forecast_deploy::promotion::{Applied, PromotionPlan, Step, apply, gather, list, plan};
use mlflow_client::connect;

use crate::exit::Failure;
use crate::output::{Answer, Ending, Output, Promotion};
use crate::settings::{Action, Effect, Settings};

/// How far a promotion has come, for the word about it if it is interrupted.
#[derive(Debug, Default)]
struct Steps {
    done: AtomicUsize,
    planned: AtomicUsize,
}

/// Does what was asked, unless Ctrl-C comes first.
pub(crate) async fn until_interrupted(settings: &Settings, output: Output) -> Result<Answer, Failure> {
    let steps = Steps::default();
    tokio::select! {
        // First, so that Ctrl-C is listened for before anything is begun.
        biased;
        pressed = tokio::signal::ctrl_c() => match pressed {
            Ok(()) => Err(Failure::Interrupted {
                done: steps.done.load(Ordering::Relaxed),
                planned: steps.planned.load(Ordering::Relaxed),
            }),
            Err(fault) => Err(Failure::Unexpected(fault.into())),
        },
        outcome = execute(settings, output, &steps) => outcome,
    }
}

async fn execute(settings: &Settings, output: Output, steps: &Steps) -> Result<Answer, Failure> {
    let uri = settings.client.tracking_uri.to_string();
    let store = connect(&settings.client).await.map_err(|fault| Failure::opening(&uri, fault))?;
    let store = store.as_ref();
    let (run_id, target, effect) = match &settings.action {
        Action::List => {
            let listing = list(store, &settings.model).await;
            let listing = listing.map_err(|fault| Failure::reading(&uri, fault))?;
            return Ok(Answer::List { listing, tracking_uri: uri });
        }
        Action::Promote { run_id, target, effect } => (run_id, *target, *effect),
    };
    let facts =
        gather(store, &settings.model, run_id).await.map_err(|fault| Failure::reading(&uri, fault))?;
    let plan = plan(&facts, target).map_err(Failure::Refused)?;
    let (ending, version) = match effect {
        _ if plan.is_empty() => (Ending::Unchanged, plan.version.number()),
        Effect::DryRun => (Ending::Planned, plan.version.number()),
        Effect::Change => {
            steps.planned.store(plan.steps.len(), Ordering::Relaxed);
            let mut progress = |step: &Step, outcome| {
                steps.done.fetch_add(1, Ordering::Relaxed);
                output.step(step, outcome);
            };
            let applied = apply(store, &plan, &mut progress).await;
            let Applied { version, now } = applied.map_err(|fault| Failure::writing(&uri, fault))?;
            let ending = if now == version { Ending::Promoted } else { Ending::Superseded { by: now } };
            (ending, Some(version))
        }
    };
    let go_back = go_back(settings, &plan);
    Ok(Answer::Promotion(Promotion { ending, version, plan, go_back, tracking_uri: uri }))
}

/// The command that puts the version before back in place.
fn go_back(settings: &Settings, plan: &PromotionPlan) -> Option<String> {
    let run_id = plan.previous.as_ref()?.run_id.as_ref()?;
    Some(settings.command_for(run_id, plan.target))
}
