//! Promotion on the embedded store: the steps really do what the policy thinks they do.

use std::sync::Arc;

use forecast_deploy::promotion::{
    Facts, PREVIOUS_RUN_TAG, PREVIOUS_VERSION_TAG, PROMOTED_FROM_TAG, Target, apply, gather, list, plan,
};
use mlflow_client::types::{Batch, Metric, NewRun, RunStatus, RunUpdate, Stage, Tag};
use mlflow_client::workflow::ensure_experiment;
use mlflow_client::{EmbeddedStore, MlflowStore, NewModelArtifact, log_model_artifact};
use tempfile::TempDir;

const MODEL: &str = "demand";

async fn open(dir: &TempDir) -> Arc<dyn MlflowStore> {
    let uri = format!("sqlite:///{}", dir.path().join("mlflow.db").display());
    Arc::new(EmbeddedStore::open(&uri, None).await.unwrap())
}

/// A finished run with a model of one file.
async fn trained(store: &dyn MlflowStore, wape: f64) -> String {
    let experiment = ensure_experiment(store, "sales").await.unwrap();
    let run = store.create_run(&NewRun::new(experiment)).await.unwrap().info;
    let batch = Batch {
        metrics: vec![Metric::new("wape", wape)],
        tags: vec![Tag::new("forecast.champion", "ridge")],
        ..Batch::default()
    };
    store.log_batch(&run.run_id, &batch).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("MLmodel"), "flavors: {}\n").unwrap();
    let artifact = NewModelArtifact { name: "champion".into(), ..NewModelArtifact::default() };
    log_model_artifact(store, &run, folder.path(), &artifact).await.unwrap();
    store.update_run(&RunUpdate::end(&run.run_id, RunStatus::Finished)).await.unwrap();
    run.run_id
}

async fn promote(store: &dyn MlflowStore, run_id: &str, target: Target) -> (u64, usize) {
    let made = plan(&gather(store, MODEL, run_id).await.unwrap(), target).unwrap();
    let mut heard = 0;
    let applied = apply(store, &made, &mut |_, _| heard += 1).await.unwrap();
    assert_eq!((heard, applied.now), (made.steps.len(), applied.version));
    (applied.version, heard)
}

#[tokio::test]
async fn a_run_goes_to_staging_to_production_and_is_followed_by_another() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await;
    let store = store.as_ref();
    let (first, second) = (trained(store, 0.3).await, trained(store, 0.2).await);

    assert_eq!(promote(store, &first, Target::Staging).await.0, 1);
    assert_eq!(store.get_model_version(MODEL, 1).await.unwrap().current_stage, Stage::Staging);
    assert_eq!(promote(store, &first, Target::Production).await.0, 1);
    assert_eq!(promote(store, &first, Target::Production).await, (1, 0));
    assert_eq!(store.get_model_version(MODEL, 1).await.unwrap().tag(PROMOTED_FROM_TAG), Some("Staging"));

    assert_eq!(promote(store, &second, Target::Production).await.0, 2);
    let former = store.get_model_version(MODEL, 1).await.unwrap();
    assert_eq!(former.current_stage, Stage::Archived);
    let now = store.get_model_version_by_alias(MODEL, "production").await.unwrap();
    assert_eq!((now.version, now.current_stage), (2, Stage::Production));
    assert_eq!(now.tag(PREVIOUS_VERSION_TAG), Some("1"));
    assert_eq!(now.tag(PREVIOUS_RUN_TAG), Some(first.as_str()));

    let listing = list(store, MODEL).await.unwrap();
    let seen: Vec<_> = listing.versions.iter().map(|v| (v.version, v.current, v.wape)).collect();
    assert_eq!(seen, [(2, true, Some(0.2)), (1, false, Some(0.3))]);
    assert_eq!(listing.versions[0].champion.as_deref(), Some("ridge"));

    // And back, by the run that the tag names.
    assert_eq!(promote(store, &first, Target::Production).await.0, 1);
    let back = store.get_model_version_by_alias(MODEL, "production").await.unwrap();
    assert_eq!(
        (back.version, back.current_stage, back.tag(PREVIOUS_VERSION_TAG)),
        (1, Stage::Production, Some("2"))
    );
}

#[tokio::test]
async fn gathering_and_planning_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await;
    let store = store.as_ref();
    let (first, second) = (trained(store, 0.3).await, trained(store, 0.2).await);
    promote(store, &first, Target::Production).await;
    let before: Facts = gather(store, MODEL, &second).await.unwrap();
    assert!(!plan(&before, Target::Production).unwrap().is_empty());
    assert_eq!(gather(store, MODEL, &second).await.unwrap(), before);
}

#[tokio::test]
async fn unknown_runs_and_models_are_facts() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await;
    let facts = gather(store.as_ref(), MODEL, "0123456789abcdef0123456789abcdef").await.unwrap();
    assert_eq!((facts.run, facts.registry.model), (None, None));
    assert_eq!(list(store.as_ref(), MODEL).await.unwrap().versions, []);
}

#[tokio::test]
async fn files_that_are_missing_or_cut_short_are_facts() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await;
    let store = store.as_ref();
    let run_id = trained(store, 0.3).await;
    let model = gather(store, MODEL, &run_id).await.unwrap().models.remove(0).info;
    let root = model.artifact_root().unwrap();
    let put = async |path: &str, bytes: &[u8]| {
        store.upload_bytes(bytes.to_vec(), &root.join(path).unwrap()).await.unwrap();
    };
    let missing = async || {
        let facts = gather(store, MODEL, &run_id).await.unwrap();
        facts.missing_files.get(&model.model_id).cloned().unwrap_or_default()
    };
    assert_eq!(missing().await, Vec::<String>::new());

    let manifest = br#"{"files":[{"path":"model.bin","bytes":3},{"path":"data/plan","bytes":2}]}"#;
    put("manifest.json", manifest).await;
    assert_eq!(missing().await, ["model.bin", "data/plan"]);
    put("model.bin", b"12").await;
    put("data/plan", b"12").await;
    assert_eq!(missing().await, ["model.bin"]);
    put("model.bin", b"123").await;
    assert_eq!(missing().await, Vec::<String>::new());
    put("manifest.json", b"{").await;
    assert_eq!(missing().await, ["manifest.json"]);
    put("MLmodel", b"").await;
    assert_eq!(missing().await, ["MLmodel"]);
}
