//! One file for everybody: ours first, then MLflow's own server and client, then ours again.

use std::path::Path;

use forecast_testkit::mlflow::{Backend, DevEnvironment, MlflowServer, Options};
use serde_json::{Value, json};

use crate::support::{Ended, ended, open, program, sqlite, trained};

#[tokio::test]
async fn a_file_is_promoted_on_before_while_and_after_mlflow_uses_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = sqlite(folder.path());
    let ours = trained(open(&file).await.as_ref(), 0.3).await;
    promote(folder.path(), &file, &["--run-id", &ours]);

    let options = Options { artifacts: Some(folder.path().join("mlartifacts")), ..Options::default() };
    let server = MlflowServer::start(Backend::Sqlite(folder.path().join("mlflow.db")), &options).unwrap();
    let seen = official(server.url(), &ours);
    assert_eq!(seen["production"], json!([1, "Production", ours]));
    assert_eq!(seen["tags"], json!({"promoted_from": "None"}));
    assert_eq!(seen["text"], json!("flavors: {}\n"));
    let theirs = seen["their_run"].as_str().unwrap();

    // Their run has no version yet; it is promoted through the server, and back on the file below it.
    let next = promote(folder.path(), server.url(), &["--run-id", theirs]).json();
    assert_eq!((&next["version"], &next["previous"]["version"]), (&json!(2), &json!(1)));
    let back = promote(folder.path(), &file, &["--run-id", &ours]).json();
    assert_eq!((&back["version"], &back["previous"]["version"]), (&json!(1), &json!(2)));
    assert_eq!(in_production(folder.path(), server.url()), json!([1, ours]));
    drop(server);

    let after = promote(folder.path(), &file, &["--run-id", theirs]).json();
    assert_eq!((&after["status"], &after["version"]), (&json!("promoted"), &json!(2)));
    let again = promote(folder.path(), &file, &["--run-id", theirs]).json();
    assert_eq!((&again["status"], &again["steps"]), (&json!("unchanged"), &json!([])));
    assert_eq!(in_production(folder.path(), &file), json!([2, theirs]));
}

fn promote(folder: &Path, uri: &str, arguments: &[&str]) -> Ended {
    let ended = ended(program(folder).env("MLFLOW_TRACKING_URI", uri).arg("--json").args(arguments));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended
}

fn in_production(folder: &Path, uri: &str) -> Value {
    let listing = promote(folder, uri, &["--list"]).json();
    let versions = listing["versions"].as_array().unwrap();
    let current: Vec<_> = versions.iter().filter(|version| version["current"] == json!(true)).collect();
    assert_eq!(current.len(), 1, "{listing}");
    json!([current[0]["version"], current[0]["run_id"]])
}

/// What MLflow's own client sees of our promotion, and a run with a model that it makes itself.
fn official(tracking_uri: &str, run_id: &str) -> Value {
    let output = DevEnvironment::find()
        .unwrap()
        .command("python")
        .args(["-c", include_str!("official.py"), tracking_uri, run_id, "demand-forecast"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // The client itself prints links before.
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}
