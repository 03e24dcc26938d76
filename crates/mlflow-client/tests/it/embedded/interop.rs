//! The same files under MLflow's own server: it opens them at once, its users read what ours
//! wrote, and ours read what its users wrote.

use std::collections::BTreeMap;

use forecast_testkit::mlflow::{Backend, DevEnvironment, MlflowServer, Options};
use mlflow_client::types::{MetricHistoryQuery, RunStatus, Stage};
use mlflow_client::{
    ArtifactStore, EmbeddedStore, LoggedModelStore, MlflowStore, RegistryStore, TrackingStore,
};
use serde::Deserialize;

use super::Home;
use crate::conformance;
use crate::official_client::{Written, expected, read, write};

/// What the official client read of our model's files, and what it wrote itself.
#[derive(Debug, Deserialize)]
struct Official {
    /// Path and hexadecimal contents of each file of the version that ours registered.
    downloaded: BTreeMap<String, String>,
    run_id: String,
    model_id: String,
    version: u64,
    /// Hexadecimal contents of the artifact that it uploaded.
    uploaded: String,
}

#[tokio::test]
async fn a_server_takes_over_our_store_and_gives_it_back() {
    let home = Home::new();
    let store = home.open().await;
    let ours = write(&store).await;
    let revision = home.revision();

    let server = serve(&home);
    assert!(!server.log().contains("Updating database tables"), "{}", server.log());
    assert_eq!(home.revision(), revision);
    assert_eq!(read(server.url(), &ours), expected());
    let theirs = official(server.url(), &ours);
    assert_eq!(theirs.downloaded, files_of(&store, &ours).await, "downloaded byte for byte");

    // While the server runs, and after it.
    assert_reads(&store, &ours, &theirs).await;
    let second = write(&store).await;
    assert_eq!(read(server.url(), &second), expected());
    drop(server);
    drop(store);
    let reopened = home.open().await;
    assert_reads(&reopened, &ours, &theirs).await;
    write(&reopened).await;
    home.assert_sound();
}

#[tokio::test]
async fn we_take_over_a_store_that_mlflow_created() {
    let home = Home::new();
    let server = serve(&home);
    let store = home.open().await;
    let ours = write(&store).await;
    assert_eq!(read(server.url(), &ours), expected());
    let theirs = official(server.url(), &ours);
    assert_reads(&store, &ours, &theirs).await;
    drop(server);
    conformance::check(std::sync::Arc::new(home.open().await)).await;
    home.assert_sound();

    let our_own = Home::new();
    drop(our_own.open().await);
    let (mlflows, ours) = (home.schema(), our_own.schema());
    assert_eq!(mlflows.len(), 218);
    for (name, sql) in &mlflows {
        assert_eq!(ours.get(name), Some(sql), "{name}");
    }
    assert_eq!(ours.len(), mlflows.len());
}

impl Home {
    fn revision(&self) -> String {
        self.sqlite().query_row("SELECT version_num FROM alembic_version", [], |row| row.get(0)).unwrap()
    }

    /// Every table, index and trigger with the parts of its definition. MLflow's migrations leave
    /// the constraints of a table in another order each time.
    fn schema(&self) -> BTreeMap<String, Vec<String>> {
        let sqlite = self.sqlite();
        let mut statement =
            sqlite.prepare("SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_master").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?))).unwrap();
        rows.map(|row| {
            let (name, sql): (String, String) = row.unwrap();
            let bare: String = sql.split_whitespace().collect();
            // What comes before is the name, which may be in quotes.
            let definition = bare.split_once('(').map_or(bare.as_str(), |(_, rest)| rest);
            let definition = definition.strip_suffix(')').unwrap_or(definition);
            let mut parts: Vec<String> = definition.split(',').map(str::to_owned).collect();
            parts.sort_unstable();
            (name, parts)
        })
        .collect()
    }
}

fn serve(home: &Home) -> MlflowServer {
    let options = Options { artifacts: Some(home.artifacts()), ..Options::default() };
    MlflowServer::start(Backend::Sqlite(home.database()), &options).unwrap()
}

/// Lets the official client download our version, and write a run, a model and a version of its own.
fn official(tracking_uri: &str, written: &Written) -> Official {
    let output = DevEnvironment::find()
        .unwrap()
        .command("python")
        .args(["-c", include_str!("official_writer.py")])
        .args([tracking_uri, &written.run_id, &written.name])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // The client itself prints links before.
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

/// Path and hexadecimal contents of the files of our first version.
async fn files_of(store: &EmbeddedStore, written: &Written) -> BTreeMap<String, String> {
    let root = store.get_download_uri(&written.name, 1).await.unwrap();
    let mut files = BTreeMap::new();
    for path in ["MLmodel", "data/model"] {
        let bytes = store.read_artifact(&root.join(path).unwrap()).await.unwrap();
        files.insert(path.to_owned(), hex(&bytes));
    }
    files
}

/// What the official client wrote, as our store sees it.
async fn assert_reads(store: &EmbeddedStore, ours: &Written, theirs: &Official) {
    store.ping().await.unwrap();
    let run = store.get_run(&theirs.run_id).await.unwrap();
    assert_eq!((run.info.status, run.info.run_name.as_str()), (RunStatus::Failed, "théirs"));
    assert_eq!((run.param("depth"), run.tag("note")), (Some("3"), Some("from MLflow")));
    assert!(run.metric("loss").unwrap().is_nan());
    let input = &run.inputs.dataset_inputs[0];
    assert_eq!((input.dataset.name.as_str(), input.context()), ("sales", Some("validation")));
    assert_eq!(run.outputs.model_outputs[0].model_id, theirs.model_id);
    let history = store.metric_history(&MetricHistoryQuery::new(&theirs.run_id, "loss")).await.unwrap();
    let values: Vec<_> = history.items.iter().map(|metric| (metric.step, metric.timestamp_ms)).collect();
    assert_eq!(values, [(0, 1_000), (1, 2_000), (2, 3_000)]);
    assert_eq!(history.items[1].value, f64::MAX, "MLflow keeps infinity as the largest number");

    let model = store.get_logged_model(&theirs.model_id).await.unwrap();
    assert_eq!((model.info.name.as_str(), model.data.metrics[0].value), ("their-model", 0.5));
    let version = store.get_model_version_by_alias(&ours.name, "production").await.unwrap();
    assert_eq!((version.version, version.current_stage), (theirs.version, Stage::Production));
    assert_eq!(version.model_id, theirs.model_id);
    let former = store.get_model_version(&ours.name, 1).await.unwrap();
    assert_eq!((former.current_stage, former.aliases.as_slice()), (Stage::Archived, [].as_slice()));
    let registered = store.get_registered_model(&ours.name).await.unwrap();
    assert_eq!(
        (registered.alias("production"), registered.tag("team")),
        (Some(theirs.version), Some("paris"))
    );

    let root = store.get_download_uri(&ours.name, theirs.version).await.unwrap();
    let bytes = store.read_artifact(&root.join("weights.bin").unwrap()).await.unwrap();
    assert_eq!(hex(&bytes), theirs.uploaded);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
