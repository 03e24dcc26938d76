//! `kill -9` in the middle: what was acknowledged is there, what was not is whole or absent.

use std::fs;

use mlflow_client::store::{all_model_versions, all_runs};
use mlflow_client::types::{RegistryQuery, Run, RunQuery};
use mlflow_client::{EmbeddedStore, MlflowStore, TrackingStore};

use super::Home;
use super::worker::{ARTIFACT_BYTES, Job, Process, Shared};

/// More rounds than any worker lives to see.
const ENDLESS: usize = 1_000_000;

#[tokio::test]
async fn killed_processes_leave_a_whole_store() {
    let home = Home::new();
    let store = home.open().await;
    let shared = Shared::create(&store).await;
    let mut acknowledged = Vec::new();
    for worker in 0..10 {
        let job = Job { uri: home.uri(), worker, rounds: ENDLESS, shared: shared.clone() };
        let mut process = Process::start(&job);
        // The worker goes on while the test reads, so each is killed somewhere else in its round.
        for _ in 0..=worker % 4 {
            let round = process.next_round();
            acknowledged.push((format!("{worker}-{round}"), job.step(round)));
        }
        process.kill();
    }
    home.assert_sound();

    let reopened = home.open().await;
    reopened.ping().await.unwrap();
    let runs = all_runs(&reopened, RunQuery::in_experiment(&shared.experiment_id)).await.unwrap();
    let shared_run = reopened.get_run(&shared.run_id).await.unwrap();
    for (name, _) in &acknowledged {
        let run = runs.iter().find(|run| run.info.run_name == *name).unwrap();
        assert_eq!(run.metric("m"), Some(0.5));
        assert!(shared_run.param(&format!("from {name}")).is_some(), "{name} was lost");
    }
    for run in runs.iter().filter(|run| run.info.run_id != shared.run_id) {
        assert_whole(&reopened, run);
    }
    let versions = all_model_versions(&reopened, RegistryQuery::default()).await.unwrap();
    let mut numbers: Vec<u64> = versions.iter().map(|version| version.version).collect();
    numbers.sort_unstable();
    assert!(numbers.len() >= acknowledged.len());
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
}

/// A batch is there as a whole or not at all, and so is a file.
fn assert_whole(store: &EmbeddedStore, run: &Run) {
    let parts = (run.data.params.len(), run.tag("name").is_some(), run.metric("m").is_some());
    assert!(matches!(parts, (2, true, true) | (0, false, false)), "half a batch: {run:?}");
    let folder = run.info.artifact_uri.strip_prefix("mlflow-artifacts:/").unwrap();
    let file = store.artifact_root().join(folder).join("data/model.bin");
    if let Ok(found) = fs::metadata(&file) {
        assert_eq!(found.len(), ARTIFACT_BYTES as u64, "half a file: {}", file.display());
    }
}
