//! What the tests share.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use mlflow_client::config::TrackingUri;
use mlflow_client::types::{Batch, Metric, NewRun, RunInfo, RunStatus, RunUpdate, Tag};
use mlflow_client::workflow::ensure_experiment;
use mlflow_client::{ClientConfig, MlflowStore, NewModelArtifact, connect, log_model_artifact};
use serde_json::Value;

/// How the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The JSON object in the last line of standard output.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.stdout.lines().last().unwrap()).unwrap()
    }
}

/// The program in a folder, with no setting of this shell.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forecast-promote"));
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Opens a store as the program does.
pub(crate) async fn open(uri: &str) -> Arc<dyn MlflowStore> {
    forecast_telemetry::install_tls_provider();
    connect(&ClientConfig::new(TrackingUri::parse(uri).unwrap().0)).await.unwrap()
}

/// The address of a store in a folder.
pub(crate) fn sqlite(folder: &Path) -> String {
    format!("sqlite:///{}", folder.join("mlflow.db").display())
}

/// A run that is under way.
pub(crate) async fn started(store: &dyn MlflowStore) -> RunInfo {
    let experiment = ensure_experiment(store, "promotions").await.unwrap();
    store.create_run(&NewRun::new(experiment)).await.unwrap().info
}

/// Ends a run well.
pub(crate) async fn finish(store: &dyn MlflowStore, run: &RunInfo) {
    end(store, run, RunStatus::Finished).await;
}

/// Ends a run.
pub(crate) async fn end(store: &dyn MlflowStore, run: &RunInfo, status: RunStatus) {
    store.update_run(&RunUpdate::end(&run.run_id, status)).await.unwrap();
}

/// Gives a run a model of one file.
pub(crate) async fn log_model(store: &dyn MlflowStore, run: &RunInfo) {
    log_model_of(store, run, "MLmodel").await;
}

/// Gives a run a model of one file with some name.
pub(crate) async fn log_model_of(store: &dyn MlflowStore, run: &RunInfo, file: &str) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(file), "flavors: {}\n").unwrap();
    let artifact = NewModelArtifact { name: "champion".into(), ..NewModelArtifact::default() };
    log_model_artifact(store, run, folder.path(), &artifact).await.unwrap();
}

/// A finished run with a model and its accuracy.
pub(crate) async fn trained(store: &dyn MlflowStore, wape: f64) -> String {
    let run = started(store).await;
    let batch = Batch {
        metrics: vec![Metric::new("wape", wape)],
        tags: vec![Tag::new("forecast.champion", "ridge")],
        ..Batch::default()
    };
    store.log_batch(&run.run_id, &batch).await.unwrap();
    log_model(store, &run).await;
    finish(store, &run).await;
    run.run_id
}
