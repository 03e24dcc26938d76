//! The call order of MLflow's own client, from a run to an alias and back to the files.

use mlflow_client::types::{LoggedModelStatus, Metric, NewRun, Param};
use mlflow_client::workflow::{begin_model, ensure_experiment, finish_model};
use mlflow_client::{MlflowStore, NewModelArtifact, log_model_artifact, register_version};

use crate::support::{refused, unique};

pub(super) async fn check(store: &dyn MlflowStore) {
    let experiment = unique("workflow");
    let experiment_id = ensure_experiment(store, &experiment).await.unwrap();
    assert_eq!(ensure_experiment(store, &experiment).await.unwrap(), experiment_id);
    let run = store.create_run(&NewRun::new(&experiment_id)).await.unwrap().info;

    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("data")).unwrap();
    std::fs::write(dir.path().join("MLmodel"), "flavors: {}").unwrap();
    std::fs::write(dir.path().join("data/model"), [7; 1_000]).unwrap();

    let artifact = NewModelArtifact {
        name: "champion".to_owned(),
        metrics: vec![Metric::new("wape", 0.125)],
        params: vec![Param::new("family", "ridge")],
        ..NewModelArtifact::default()
    };
    let model = log_model_artifact(store, &run, dir.path(), &artifact).await.unwrap();
    assert_eq!(model.info.status, LoggedModelStatus::Ready);
    let outputs = store.get_run(&run.run_id).await.unwrap().outputs.model_outputs;
    assert_eq!(outputs.iter().map(|output| &output.model_id).collect::<Vec<_>>(), [&model.info.model_id]);

    let name = unique("registered");
    let version = register_version(store, &name, &model).await.unwrap();
    assert_eq!((version.version, &version.run_id), (1, &run.run_id));
    let listed = store.get_logged_model(&model.info.model_id).await.unwrap();
    assert!(
        listed.tag("mlflow.modelVersions").is_some_and(|versions| versions.contains(&name)),
        "MLflow's page reads from this tag where a model is registered: {:?}",
        listed.info.tags
    );
    let again = register_version(store, &name, &model).await.unwrap();
    assert_eq!(again.version, 1, "the same model is not registered twice");

    store.set_alias(&name, "production", version.version).await.unwrap();
    let served = store.get_model_version_by_alias(&name, "production").await.unwrap();
    let files = store.get_download_uri(&name, served.version).await.unwrap();
    let to = dir.path().join("served");
    assert_eq!(store.download_dir(&files, &to).await.unwrap().files, 2);
    assert_eq!(std::fs::read(to.join("data/model")).unwrap(), [7; 1_000]);

    // A model whose files are not there cannot be registered; it can be taken up again.
    let half = begin_model(store, &run, &artifact).await.unwrap();
    assert!(refused!(register_version(store, &name, &half).await, InvalidParameter).contains("not ready"));
    refused!(finish_model(store, &half, &dir.path().join("nowhere")).await, File);
    let failed = store.get_logged_model(&half.info.model_id).await.unwrap();
    assert_eq!(failed.info.status, LoggedModelStatus::UploadFailed);
    let whole = finish_model(store, &failed, &to).await.unwrap();
    assert_eq!(register_version(store, &name, &whole).await.unwrap().version, 2);
}
