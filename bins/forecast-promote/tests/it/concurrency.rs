//! Several people promote at the same moment: every program ends well, and what they leave is one state.

use std::process::{Child, Stdio};

use forecast_testkit::mlflow::MlflowServer;
use mlflow_client::store::versions_of;
use mlflow_client::types::Stage;

use crate::support::{open, program, sqlite, trained};

const MODEL: &str = "contended";

#[tokio::test]
async fn on_the_embedded_store() {
    let folder = tempfile::tempdir().unwrap();
    contend(&sqlite(folder.path())).await;
}

#[tokio::test]
async fn on_a_real_server_over_postgresql() {
    contend(MlflowServer::shared().unwrap().url()).await;
}

async fn contend(uri: &str) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(uri).await;
    let store = store.as_ref();
    let runs = [trained(store, 0.3).await, trained(store, 0.2).await, trained(store, 0.1).await];
    // First all at once on nothing, each run twice; then against what that has left.
    for round in 0..3 {
        let promotions: Vec<Child> = (0..6)
            .map(|number| {
                let run = &runs[(number + round) % runs.len()];
                let mut command = program(folder.path());
                command.args(["--run-id", run, "--name", MODEL, "--tracking-uri", uri, "--json"]);
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        for promotion in promotions {
            let output = promotion.wait_with_output().unwrap();
            assert!(output.status.success(), "{output:?}");
        }
        let mut versions = versions_of(store, MODEL).await.unwrap();
        versions.sort_unstable_by_key(|version| version.version);
        let mut made_from: Vec<_> = versions.iter().map(|version| &version.run_id).collect();
        made_from.sort_unstable();
        let mut expected: Vec<_> = runs.iter().collect();
        expected.sort_unstable();
        assert_eq!(made_from, expected, "one version for each run: {versions:?}");
        let holder = store.get_model_version_by_alias(MODEL, "production").await.unwrap().version;
        for version in &versions {
            let stage = if version.version == holder { Stage::Production } else { Stage::Archived };
            assert_eq!(
                version.current_stage, stage,
                "round {round}, {holder} is in production: {versions:?}"
            );
        }
    }
}
