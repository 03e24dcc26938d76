//! MLflow's own client reads what ours has written: the judge of whether MLflow's users will.

use forecast_testkit::mlflow::{DevEnvironment, MlflowServer};
use mlflow_client::types::{
    Batch, Dataset, DatasetInput, Metric, NewRun, OthersInStage, Param, RunStatus, RunUpdate, Stage,
    StageTransition,
};
use mlflow_client::workflow::ensure_experiment;
use mlflow_client::{MlflowStore, NewModelArtifact, connect, log_model_artifact, register_version};
use serde_json::{Value, json};

use crate::support::{config, unique};

#[tokio::test]
async fn the_official_client_reads_what_ours_wrote_on_a_server() {
    let server = MlflowServer::shared().unwrap();
    let store = connect(&config(server.url())).await.unwrap();
    let written = write(store.as_ref()).await;
    assert_eq!(read(server.url(), &written), expected());
}

/// What was written, by the names it can be read under.
pub(crate) struct Written {
    pub(crate) run_id: String,
    pub(crate) name: String,
}

/// One training, from the run to the alias.
pub(crate) async fn write(store: &dyn MlflowStore) -> Written {
    let experiment_id = ensure_experiment(store, &unique("official")).await.unwrap();
    let new = NewRun { user: Some("ada".to_owned()), ..NewRun::new(experiment_id) };
    let run = store.create_run(&new).await.unwrap().info;
    let dataset = Dataset {
        name: "sales".to_owned(),
        digest: "abc123".to_owned(),
        source_type: "local".to_owned(),
        source: r#"{"uri":"sales.csv"}"#.to_owned(),
        schema: Some(r#"{"mlflow_colspec":[{"type":"double","name":"sales","required":true}]}"#.to_owned()),
        profile: Some(r#"{"num_rows":10,"num_elements":20}"#.to_owned()),
    };
    store.log_inputs(&run.run_id, &[DatasetInput::new(dataset, "training")]).await.unwrap();
    let batch = Batch {
        params: vec![Param::new("horizon", 28)],
        metrics: (0..3)
            .map(|step| Metric::new("wape", 0.5 - f64::from(step) / 10.0).at_step(step.into()))
            .collect(),
        ..Batch::default()
    };
    store.log_batch(&run.run_id, &batch).await.unwrap();

    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    std::fs::write(folder.path().join("MLmodel"), "flavors: {}\n").unwrap();
    std::fs::write(folder.path().join("data/model"), [0; 64]).unwrap();
    let measured = Metric::new("val_wape", 0.25).on_dataset("sales", "abc123");
    let artifact = NewModelArtifact {
        name: "champion".to_owned(),
        metrics: vec![measured],
        ..NewModelArtifact::default()
    };
    let model = log_model_artifact(store, &run, folder.path(), &artifact).await.unwrap();
    store.update_run(&RunUpdate::end(&run.run_id, RunStatus::Finished)).await.unwrap();

    let name = unique("official");
    let version = register_version(store, &name, &model).await.unwrap().version;
    store.set_alias(&name, "production", version).await.unwrap();
    let to_production = StageTransition {
        name: name.clone(),
        version,
        stage: Stage::Production,
        others: OthersInStage::Archive,
    };
    store.transition_stage(&to_production).await.unwrap();
    Written { run_id: run.run_id, name }
}

/// What MLflow's own client makes of it.
pub(crate) fn read(tracking_uri: &str, written: &Written) -> Value {
    let output = DevEnvironment::find()
        .unwrap()
        .command("python")
        .args(["-c", include_str!("official_client.py")])
        .args([tracking_uri, &written.run_id, &written.name, "production"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What it should make of it, whatever the store.
pub(crate) fn expected() -> Value {
    json!({
        "status": "FINISHED",
        "user": "ada",
        "params": {"horizon": "28"},
        "metrics": {"wape": 0.3, "val_wape": 0.25},
        "history": [[0, 0.5], [1, 0.4], [2, 0.3]],
        "datasets": [["sales", "abc123", {"mlflow.data.context": "training"}]],
        "outputs": [true],
        "model": ["champion", "READY", {"val_wape": 0.25}],
        "version": [1, "Production", ["production"]],
        "files": ["MLmodel", "data"],
        "text": "flavors: {}\n",
    })
}
