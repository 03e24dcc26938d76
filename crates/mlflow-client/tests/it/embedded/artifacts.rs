//! Artifacts on this machine's files, beyond what the conformance suite asks of every store.

use mlflow_client::types::{NewExperiment, NewModelVersion, NewRun};
use mlflow_client::workflow::ensure_registered_model;
use mlflow_client::{ArtifactStore, ArtifactUri, RegistryStore, TrackingStore};

use super::Home;
use crate::support::refused;

#[tokio::test]
async fn artifacts_lie_where_a_server_looks_for_them() {
    let home = Home::new();
    let store = home.open().await;
    let run = store.create_run(&NewRun::new("0")).await.unwrap().info;
    assert_eq!(run.artifact_uri, format!("mlflow-artifacts:/0/{}/artifacts", run.run_id));
    let uri = run.artifact_root().unwrap().join("report.html").unwrap();
    store.upload_bytes(b"<html>".to_vec(), &uri).await.unwrap();
    let file = home.artifacts().join("0").join(&run.run_id).join("artifacts/report.html");
    assert_eq!(std::fs::read(&file).unwrap(), b"<html>");
    assert_eq!(store.local_path(&uri), Some(file), "people can be told where to look");
}

#[tokio::test]
async fn an_experiment_may_keep_its_artifacts_in_a_folder_of_its_own() {
    let home = Home::new();
    let store = home.open().await;
    let elsewhere = home.folder.path().join("my files");
    for location in
        [format!("file://{}", elsewhere.display()).replace(' ', "%20"), elsewhere.display().to_string()]
    {
        let new = NewExperiment {
            artifact_location: Some(location.clone()),
            ..NewExperiment::new(location.clone())
        };
        let id = store.create_experiment(&new).await.unwrap();
        let root = store.create_run(&NewRun::new(id)).await.unwrap().info.artifact_root().unwrap();
        assert!(root.as_str().starts_with(&location), "{root}");
        let uri = root.join("a/b.txt").unwrap();
        store.upload_bytes(b"text".to_vec(), &uri).await.unwrap();
        assert_eq!(store.read_artifact(&uri).await.unwrap(), b"text");
        assert_eq!(store.list_artifacts(&root).await.unwrap()[0].path, "a");
    }
    assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 2);
}

#[tokio::test]
async fn a_version_from_a_runs_folder_is_downloaded_from_there() {
    let home = Home::new();
    let store = home.open().await;
    ensure_registered_model(&store, "m").await.unwrap();
    let run = store.create_run(&NewRun::new("0")).await.unwrap().info;
    let version = |source: String, run_id: &str| NewModelVersion {
        name: "m".to_owned(),
        source,
        run_id: Some(run_id.to_owned()),
        ..NewModelVersion::default()
    };
    let ours = version(format!("runs:/{}/model", run.run_id), &run.run_id);
    let number = store.create_model_version(&ours).await.unwrap().version;
    let uri = store.get_download_uri("m", number).await.unwrap();
    assert_eq!(uri.as_str(), format!("{}/model", run.artifact_uri));
    let theirs = version(format!("runs:/{}/model", run.run_id), "another");
    refused!(store.create_model_version(&theirs).await, InvalidParameter);
    let outside = version("mlflow-artifacts:/0/other/artifacts".to_owned(), &run.run_id);
    refused!(store.create_model_version(&outside).await, InvalidParameter);
    let climbing = version(format!("{}/../../secret", run.artifact_uri), &run.run_id);
    refused!(store.create_model_version(&climbing).await, InvalidParameter);
}

#[tokio::test]
async fn other_artifact_stores_are_refused_with_the_way_on() {
    let home = Home::new();
    let store = home.open().await;
    let uri = ArtifactUri::new("s3://bucket/x").unwrap();
    let error = refused!(store.read_artifact(&uri).await, Unsupported);
    assert!(error.contains("mlflow server"), "{error}");
    assert_eq!(store.local_path(&uri), None);
    for outside in ["mlflow-artifacts:/../mlflow.db", "file:///tmp/../etc/passwd", "mlflow.db"] {
        refused!(store.read_artifact(&ArtifactUri::new(outside).unwrap()).await, InvalidParameter);
    }
}
