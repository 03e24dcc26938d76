//! A training run from the command line: telemetry, store, signals, progress, result.

use std::io::IsTerminal;
use std::sync::Arc;

use forecast_pipeline::{Cancellation, RunOrigin, TrainingRequest, git_commit, mlflow, run};
use forecast_telemetry::init_with_writer;
use tracing::Instrument;

use crate::cli::Cli;
use crate::exit::Failure;
use crate::interrupt::cancel_on_signal;
use crate::progress::Progress;
use crate::settings::{Plan, plan};
use crate::summary::{print_json, print_summary};

/// Trains as the flags say and prints the result.
pub(crate) fn train(cli: &Cli) -> Result<(), Failure> {
    let plan = plan(cli)?;
    let progress = Arc::new(Progress::new(std::io::stderr().is_terminal()));
    let guard = init_with_writer(&plan.telemetry, progress.log_writer()).map_err(anyhow::Error::from)?;

    let runtime = tokio::runtime::Runtime::new().map_err(anyhow::Error::from)?;
    let span = tracing::info_span!("forecast.train");
    let outcome = runtime.block_on(record(plan, Arc::clone(&progress), cli.json).instrument(span));
    progress.finish();
    // A computation that was told to stop need not be waited for.
    runtime.shutdown_background();
    guard.shutdown();
    outcome
}

async fn record(plan: Plan, progress: Arc<Progress>, json: bool) -> Result<(), Failure> {
    let cancel = Cancellation::new();
    cancel_on_signal(cancel.clone()).map_err(anyhow::Error::from)?;
    let store = mlflow::connect(&plan.client).await.map_err(|error| opening(&error))?;
    let origin = RunOrigin {
        user: user(),
        program: "forecast-train".to_owned(),
        git_commit: std::env::current_dir().ok().and_then(|folder| git_commit(&folder)),
    };
    let request = TrainingRequest { config: plan.training, origin };
    let outcome = run(request, store, Arc::clone(&progress) as _, cancel).await?;
    progress.finish();
    if json { print_json(&outcome) } else { print_summary(&outcome, plan.own_tracking_uri.as_deref()) }
}

/// A store that cannot be opened is mostly one of its settings.
fn opening(error: &mlflow::Error) -> Failure {
    use mlflow::Error;
    match error {
        Error::Config(_)
        | Error::InvalidParameter { .. }
        | Error::Unsupported { .. }
        | Error::File { .. } => Failure::configuration(error),
        _ => Failure::mlflow(error),
    }
}

fn user() -> Option<String> {
    ["LOGNAME", "USER", "USERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()))
}
