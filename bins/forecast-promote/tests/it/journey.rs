//! From a recorded run to staging, to production, to the next one and back.

use forecast_testkit::mlflow::MlflowServer;
use mlflow_client::types::{RunStatus, Stage};
use mlflow_client::workflow::begin_model;
use mlflow_client::{MlflowStore, NewModelArtifact};
use serde_json::{Value, json};

use crate::support::{
    Ended, end, ended, finish, log_model, log_model_of, open, program, sqlite, started, trained,
};

/// The registered model; one test per store uses it. The space has to be quoted for the shell.
const MODEL: &str = "boutique demand";

#[tokio::test]
async fn on_the_embedded_store() {
    let folder = tempfile::tempdir().unwrap();
    journey(&sqlite(folder.path())).await;
}

#[tokio::test]
async fn on_a_real_server_over_postgresql() {
    journey(MlflowServer::shared().unwrap().url()).await;
}

/// The program on one store.
struct Promote<'a> {
    uri: &'a str,
    folder: tempfile::TempDir,
}

impl Promote<'_> {
    fn with(&self, arguments: &[&str]) -> Ended {
        let mut command = program(self.folder.path());
        ended(command.env("MLFLOW_TRACKING_URI", self.uri).env("FORECAST_MODEL", MODEL).args(arguments))
    }

    fn done(&self, arguments: &[&str]) -> Ended {
        let ended = self.with(arguments);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended
    }
}

async fn journey(uri: &str) {
    let store = open(uri).await;
    let store = store.as_ref();
    let promote = Promote { uri, folder: tempfile::tempdir().unwrap() };
    let (first, second) = (trained(store, 0.3).await, trained(store, 0.2).await);

    let nothing = promote.done(&["--list"]).stdout;
    assert!(nothing.contains("boutique demand has no versions at"), "{nothing}");

    let shown = promote.done(&["--run-id", &first, "--dry-run"]).stdout;
    assert!(shown.contains("would create the registered model boutique demand"), "{shown}");
    assert!(shown.contains("Nothing was changed."), "{shown}");
    assert!(store.get_registered_model(MODEL).await.unwrap_err().is_not_found());

    let staged = promote.done(&["--run-id", &first, "--to", "staging", "--json"]).json();
    assert_eq!(facts(&staged), ("promoted", &json!(1), "staging"));
    assert_eq!(alias(store, "staging").await, (1, Stage::Staging));

    let live = promote.done(&["--run-id", &first]).stdout;
    assert!(live.contains("  done: point alias production at version 1\n"), "{live}");
    assert!(
        live.contains(&format!("boutique demand version 1 (run {first}) is in production now.")),
        "{live}"
    );
    assert_eq!(alias(store, "production").await, (1, Stage::Production));

    let again = promote.done(&["--run-id", &first, "--json"]).json();
    assert_eq!((facts(&again), &again["steps"]), (("unchanged", &json!(1), "production"), &json!([])));

    let next = promote.done(&["--run-id", &second]).stdout;
    let go_back = format!("forecast-promote --run-id {first} --name 'boutique demand'");
    assert!(next.contains("Before it, version 1 was in production."), "{next}");
    assert!(next.contains(&go_back), "{next}");
    assert_eq!(alias(store, "production").await, (2, Stage::Production));
    assert_eq!(store.get_model_version(MODEL, 1).await.unwrap().current_stage, Stage::Archived);
    // The way back is still known later.
    let later = promote.done(&["--run-id", &second, "--json"]).json();
    assert_eq!((&later["previous"]["version"], &later["go_back"]), (&json!(1), &json!(go_back)));

    listed(&promote, [&first, &second]);
    refused(&promote, store).await;

    let back = promote.done(&["--run-id", &first, "--json"]).json();
    assert_eq!(facts(&back), ("promoted", &json!(1), "production"));
    assert_eq!(alias(store, "production").await, (1, Stage::Production));
    assert_eq!(store.get_model_version(MODEL, 2).await.unwrap().current_stage, Stage::Archived);
}

fn facts(answer: &Value) -> (&str, &Value, &str) {
    (answer["status"].as_str().unwrap(), &answer["version"], answer["alias"].as_str().unwrap())
}

async fn alias(store: &dyn MlflowStore, alias: &str) -> (u64, Stage) {
    let version = store.get_model_version_by_alias(MODEL, alias).await.unwrap();
    (version.version, version.current_stage)
}

fn listed(promote: &Promote<'_>, [first, second]: [&String; 2]) {
    let table = promote.done(&["--list"]).stdout;
    let row = |run: &str| table.lines().find(|line| line.contains(run)).unwrap().to_owned();
    for part in ["*", "2", "production", "Production", "ridge", "0.2000"] {
        assert!(row(second).contains(part), "{part:?} is not in\n{table}");
    }
    for part in ["1", "staging", "Archived", "0.3000"] {
        assert!(row(first).contains(part), "{part:?} is not in\n{table}");
    }
    let listing = promote.done(&["--list", "--json"]).json();
    let newest = &listing["versions"][0];
    assert_eq!(
        (&newest["version"], &newest["current"], &newest["wape"]),
        (&json!(2), &json!(true), &json!(0.2))
    );
    assert_eq!(newest["aliases"], json!(["production"]));
}

async fn refused(promote: &Promote<'_>, store: &dyn MlflowStore) {
    let running = started(store).await;
    let without_model = started(store).await;
    finish(store, &without_model).await;
    let deleted = started(store).await;
    log_model(store, &deleted).await;
    finish(store, &deleted).await;
    store.delete_run(&deleted.run_id).await.unwrap();
    let (failed, killed) = (started(store).await, started(store).await);
    for (run, status) in [(&failed, RunStatus::Failed), (&killed, RunStatus::Killed)] {
        log_model(store, run).await;
        end(store, run, status).await;
    }
    let uploading = started(store).await;
    let model = NewModelArtifact { name: "champion".into(), ..NewModelArtifact::default() };
    begin_model(store, &uploading, &model).await.unwrap();
    finish(store, &uploading).await;
    let incomplete = started(store).await;
    log_model_of(store, &incomplete, "model.bin").await;
    finish(store, &incomplete).await;
    for (run_id, reason, part) in [
        ("0123456789abcdef0123456789abcdef", "run_unknown", "check the id and that MLFLOW_TRACKING_URI"),
        (running.run_id.as_str(), "run_not_finished", "is RUNNING, not FINISHED; wait until it has ended"),
        (without_model.run_id.as_str(), "no_model", "made no model"),
        (deleted.run_id.as_str(), "run_deleted", "restore it in MLflow"),
        (failed.run_id.as_str(), "run_not_finished", "is FAILED, not FINISHED; train again"),
        (killed.run_id.as_str(), "run_not_finished", "is KILLED, not FINISHED; train again"),
        (uploading.run_id.as_str(), "model_not_ready", "is still being uploaded, not ready"),
        (incomplete.run_id.as_str(), "model_files_missing", "is incomplete: MLmodel missing or cut short"),
    ] {
        let ended = promote.with(&["--run-id", run_id, "--json"]);
        assert_eq!(ended.code, Some(10), "{ended:?}");
        assert!(ended.stderr.contains("error: not promoted: ") && ended.stderr.contains(part), "{ended:?}");
        let answer = ended.json();
        assert_eq!((&answer["status"], &answer["refusal"]["reason"]), (&json!("refused"), &json!(reason)));
        assert_eq!((&answer["exit_code"], &answer["refusal"]["run_id"]), (&json!(10), &json!(run_id)));
    }
    assert_eq!(alias(store, "production").await, (2, Stage::Production));
}
