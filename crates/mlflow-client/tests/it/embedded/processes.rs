//! Several processes on one store at once: nothing is lost, nothing is given out twice.

use std::collections::BTreeSet;

use mlflow_client::store::{all_model_versions, all_runs, whole_metric_history};
use mlflow_client::types::{MetricHistoryQuery, RegistryQuery, RunQuery};
use mlflow_client::{LoggedModelStore, RegistryStore, TrackingStore};
use serde_json::Value;

use super::Home;
use super::worker::{Job, Process, Shared};

const WORKERS: usize = 4;
const ROUNDS: usize = 8;

#[tokio::test]
async fn processes_that_write_at_once_lose_nothing() {
    let home = Home::new();
    let store = home.open().await;
    let shared = Shared::create(&store).await;
    let jobs: Vec<Job> = (0..WORKERS)
        .map(|worker| Job { uri: home.uri(), worker, rounds: ROUNDS, shared: shared.clone() })
        .collect();
    let workers: Vec<Process> = jobs.iter().map(Process::start).collect();
    workers.into_iter().for_each(Process::finish);

    let runs = all_runs(&store, RunQuery::in_experiment(&shared.experiment_id)).await.unwrap();
    assert_eq!(runs.len(), WORKERS * ROUNDS + 1);
    let written = runs.iter().filter(|run| run.info.run_id != shared.run_id);
    assert!(written.clone().all(|run| run.tag("name") == Some(run.info.run_name.as_str())));
    assert_eq!(written.map(|run| &run.info.run_name).collect::<BTreeSet<_>>().len(), WORKERS * ROUNDS);

    // Every worker measured into the same run, under the same key.
    let query = MetricHistoryQuery::new(&shared.run_id, "shared");
    let history = whole_metric_history(&store, query).await.unwrap();
    let steps: Vec<i64> = history.iter().map(|metric| metric.step).collect();
    let all: Vec<i64> = (0..i64::try_from(WORKERS * ROUNDS).unwrap()).collect();
    assert_eq!(steps, all);
    let run = store.get_run(&shared.run_id).await.unwrap();
    assert_eq!(run.data.metrics[0].step, *all.last().unwrap(), "the latest is the one of the last step");
    assert_eq!(run.data.params.len(), WORKERS * ROUNDS);

    let versions = all_model_versions(&store, RegistryQuery::default()).await.unwrap();
    let mut numbers: Vec<u64> = versions.iter().map(|version| version.version).collect();
    numbers.sort_unstable();
    let expected: Vec<u64> = (1..=u64::try_from(WORKERS * ROUNDS).unwrap()).collect();
    assert_eq!(numbers, expected, "version numbers are unique and have no gap");
    let model = store.get_logged_model(&shared.model_id).await.unwrap();
    let noted: Vec<Value> = serde_json::from_str(model.tag("mlflow.modelVersions").unwrap()).unwrap();
    assert_eq!(noted.len(), expected.len(), "the model's list of its versions lost one");
    let newest = store.get_model_version_by_alias("shared", "newest").await.unwrap();
    assert!(newest.version > u64::try_from(ROUNDS).unwrap());
    home.assert_sound();
}

#[tokio::test]
async fn stores_that_create_the_database_at_once_all_succeed() {
    for _ in 0..5 {
        let home = Home::new();
        let openings: Vec<_> = (0..8)
            .map(|_| {
                let uri = home.uri();
                tokio::spawn(async move { mlflow_client::EmbeddedStore::open(&uri, None).await.map(drop) })
            })
            .collect();
        for opening in openings {
            opening.await.unwrap().unwrap();
        }
        let store = home.open().await;
        assert_eq!(store.get_experiment("0").await.unwrap().name, "Default");
        home.assert_sound();
    }
}

#[tokio::test]
async fn processes_that_create_the_database_at_once_all_succeed() {
    let home = Home::new();
    // A job without rounds opens the store and ends.
    let shared = Shared {
        experiment_id: String::new(),
        run_id: String::new(),
        model_id: String::new(),
        registered_model: String::new(),
    };
    let start = |worker| Process::start(&Job { uri: home.uri(), worker, rounds: 0, shared: shared.clone() });
    let workers: Vec<Process> = (0..6).map(start).collect();
    workers.into_iter().for_each(Process::finish);
    assert_eq!(home.open().await.get_experiment("0").await.unwrap().name, "Default");
    home.assert_sound();
}
