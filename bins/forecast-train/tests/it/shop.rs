//! A folder with a sales table, and the program started in it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use forecast_pipeline::mlflow::store::all_runs;
use forecast_pipeline::mlflow::types::{ExperimentQuery, Run, RunQuery};
use forecast_pipeline::mlflow::{EmbeddedStore, MlflowStore};
use forecast_testkit::sample::{SampleOptions, generate};
use tempfile::TempDir;

/// The sample's columns, and models that are quick.
pub(crate) const BASICS: [&str; 12] = [
    "--data",
    "sales.csv",
    "--time",
    "date",
    "--target",
    "sales",
    "--series",
    "boutique,product",
    "--horizon",
    "7",
    "--models",
    "seasonal-naive,ridge",
];

/// A folder with `sales.csv` and `future.csv`.
pub(crate) struct Shop {
    folder: TempDir,
}

/// What a program left behind when it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Shop {
    /// Six series over half a year.
    pub(crate) fn new() -> Self {
        Self::of(&SampleOptions { boutiques: 2, products: 3, days: 180, ..SampleOptions::default() })
    }

    /// A sample of any size, with the week after it.
    pub(crate) fn of(options: &SampleOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        generate(&SampleOptions { horizon_days: 7, ..options.clone() })
            .unwrap()
            .write(folder.path())
            .unwrap();
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder().join(name), text).unwrap();
    }

    /// The program in this folder, with nothing of the tests' own surroundings.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_forecast-train"));
        command.args(arguments).current_dir(self.folder()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("USER", "ada");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        ended(&mut self.program(arguments))
    }

    /// [`BASICS`] and `more`.
    pub(crate) fn train(&self, more: &[&str]) -> Ended {
        self.run(&[&BASICS[..], more].concat())
    }

    /// The embedded store that the program uses where nothing is said.
    pub(crate) async fn store(&self) -> Arc<dyn MlflowStore> {
        let uri = format!("sqlite:///{}", self.folder().join("mlflow.db").display());
        Arc::new(EmbeddedStore::open(&uri, None).await.unwrap())
    }

    /// All runs of all experiments, oldest first.
    pub(crate) async fn runs(&self) -> Vec<Run> {
        let store = self.store().await;
        let mut runs = Vec::new();
        for experiment in store.search_experiments(&ExperimentQuery::default()).await.unwrap().items {
            let query = RunQuery::in_experiment(&experiment.experiment_id);
            runs.extend(all_runs(store.as_ref(), query).await.unwrap());
        }
        runs.sort_by_key(|run| run.info.start_time_ms);
        runs
    }
}

pub(crate) fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}
