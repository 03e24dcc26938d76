//! A process that writes to a store, for the tests that need several or kill one.
//!
//! It is this test binary once more, told to run one test, which finds its [`Job`] in the
//! environment and says on its output what it has finished.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use mlflow_client::types::{Batch, Metric, NewLoggedModel, NewModelVersion, NewRun, Param, Tag};
use mlflow_client::workflow::{ensure_experiment, ensure_registered_model};
use mlflow_client::{ArtifactStore, EmbeddedStore, LoggedModelStore, RegistryStore, TrackingStore};
use serde::{Deserialize, Serialize};

use super::Home;

/// Names what a worker writes to.
const VARIABLE: &str = "EMBEDDED_STORE_JOB";

/// The test that a worker runs.
const TEST: &str = "embedded::worker::works_through_its_job";

/// Size of the file that each round uploads.
pub(super) const ARTIFACT_BYTES: usize = 300_000;

/// What a worker is to do, again and again. Each round touches what other workers touch as well.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) uri: String,
    /// The worker's number, different from that of every other.
    pub(super) worker: usize,
    pub(super) rounds: usize,
    pub(super) shared: Shared,
}

/// What all workers write to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Shared {
    pub(super) experiment_id: String,
    pub(super) run_id: String,
    pub(super) model_id: String,
    pub(super) registered_model: String,
}

impl Shared {
    pub(super) async fn create(store: &EmbeddedStore) -> Self {
        let experiment_id = ensure_experiment(store, "shared").await.unwrap();
        let run_id = store.create_run(&NewRun::new(&experiment_id)).await.unwrap().info.run_id;
        let model = NewLoggedModel { experiment_id: experiment_id.clone(), ..NewLoggedModel::default() };
        let model_id = store.create_logged_model(&model).await.unwrap().info.model_id;
        ensure_registered_model(store, "shared").await.unwrap();
        Self { experiment_id, run_id, model_id, registered_model: "shared".to_owned() }
    }
}

impl Job {
    /// The step of the shared metric that belongs to a round.
    pub(super) fn step(&self, round: usize) -> i64 {
        i64::try_from(self.worker * self.rounds + round).unwrap()
    }

    async fn run(&self, mut finished: impl FnMut(usize)) {
        let store = EmbeddedStore::open(&self.uri, None).await.unwrap();
        for round in 0..self.rounds {
            self.round(&store, round).await;
            finished(round);
        }
    }

    async fn round(&self, store: &EmbeddedStore, round: usize) {
        let Shared { experiment_id, run_id, model_id, registered_model } = &self.shared;
        let name = format!("{}-{round}", self.worker);
        let new = NewRun { run_name: Some(name.clone()), ..NewRun::new(experiment_id) };
        let own = store.create_run(&new).await.unwrap().info;
        let batch = Batch {
            params: vec![Param::new("worker", self.worker), Param::new("round", round)],
            metrics: (0..20).map(|step| Metric::new("m", 0.5).at_ms(step).at_step(step)).collect(),
            tags: vec![Tag::new("name", &name)],
        };
        store.log_batch(&own.run_id, &batch).await.unwrap();
        let measured = Metric::new("shared", 1.0).at_ms(1).at_step(self.step(round));
        let shared = Batch {
            metrics: vec![measured],
            params: vec![Param::new(format!("from {name}"), "")],
            ..Batch::default()
        };
        store.log_batch(run_id, &shared).await.unwrap();
        let file = own.artifact_root().unwrap().join("data/model.bin").unwrap();
        store.upload_bytes(vec![7; ARTIFACT_BYTES], &file).await.unwrap();
        let new = NewModelVersion {
            name: registered_model.clone(),
            source: format!("models:/{model_id}"),
            run_id: Some(own.run_id),
            model_id: Some(model_id.clone()),
            ..NewModelVersion::default()
        };
        let version = store.create_model_version(&new).await.unwrap().version;
        store.set_alias(registered_model, "newest", version).await.unwrap();
    }
}

/// A worker in a process of its own, killed when dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    output: Lines<BufReader<ChildStdout>>,
}

impl Process {
    pub(super) fn start(job: &Job) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", TEST, "--nocapture", "--test-threads=1"])
            .env(VARIABLE, serde_json::to_string(job).unwrap())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, output }
    }

    /// Waits until the worker has finished one more round.
    pub(super) fn next_round(&mut self) -> usize {
        let mut lines = self.output.by_ref().map(Result::unwrap);
        lines.find_map(|line| line.strip_prefix("finished ")?.parse().ok()).unwrap()
    }

    /// Kills the worker as `kill -9` does.
    pub(super) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until the worker has done all its rounds.
    pub(super) fn finish(mut self) {
        let rest: Vec<_> = self.output.by_ref().map(Result::unwrap).collect();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "a worker failed: {}", rest.join("\n"));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail where it has ended already, which is the aim.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// As a worker: does its job. As a test: one worker alone finds in the store what it wrote.
#[tokio::test]
async fn works_through_its_job() {
    if let Ok(job) = std::env::var(VARIABLE) {
        let job: Job = serde_json::from_str(&job).unwrap();
        job.run(|round| {
            let mut output = std::io::stdout().lock();
            writeln!(output, "\nfinished {round}").unwrap();
            output.flush().unwrap();
        })
        .await;
        return;
    }
    let home = Home::new();
    let store = home.open().await;
    let shared = Shared::create(&store).await;
    let job = Job { uri: home.uri(), worker: 0, rounds: 2, shared: shared.clone() };
    let mut finished = Vec::new();
    job.run(|round| finished.push(round)).await;
    assert_eq!(finished, [0, 1]);
    assert_eq!(store.get_run(&shared.run_id).await.unwrap().metric("shared"), Some(1.0));
    assert_eq!(store.get_model_version_by_alias("shared", "newest").await.unwrap().version, 2);
}
