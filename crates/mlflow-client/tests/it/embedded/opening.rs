//! Opening a store: new, old, foreign, damaged, out of reach.

use mlflow_client::types::{ExperimentQuery, NewExperiment};
use mlflow_client::{EmbeddedStore, MlflowStore, TrackingStore};

use super::Home;
use crate::support::refused;

#[tokio::test]
async fn a_new_store_is_what_mlflow_leaves_at_its_first_start() {
    let home = Home::new();
    let store = home.open().await;
    let experiments = store.search_experiments(&ExperimentQuery::default()).await.unwrap().items;
    let [default] = experiments.as_slice() else { panic!("{experiments:?}") };
    assert_eq!((default.experiment_id.as_str(), default.name.as_str()), ("0", "Default"));
    assert_eq!(default.artifact_location, "mlflow-artifacts:/0");
    assert_eq!(store.tracking_uri(), home.uri());
    assert_eq!(store.artifact_root(), home.artifacts());
    assert_eq!(store.run_url("0", "r"), None);
    let mode: String = home.sqlite().query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn a_store_keeps_what_was_written_and_puts_artifacts_where_it_is_told() {
    let home = Home::new();
    let id = home.open().await.create_experiment(&NewExperiment::new("kept")).await.unwrap();
    let elsewhere = home.folder.path().join("elsewhere");
    let again = EmbeddedStore::open(&home.uri(), Some(&elsewhere)).await.unwrap();
    assert_eq!(again.get_experiment(&id).await.unwrap().name, "kept");
    assert_eq!(again.artifact_root(), elsewhere);
}

#[tokio::test]
async fn databases_of_other_revisions_are_refused_with_the_way_on() {
    let home = Home::new();
    drop(home.open().await);
    let set_revision = |revision: &str| {
        home.sqlite().execute("UPDATE alembic_version SET version_num = ?1", [revision]).unwrap();
    };
    set_revision("75868b020152");
    let older = refused!(EmbeddedStore::open(&home.uri(), None).await, Unsupported);
    assert!(older.contains(&format!("`mlflow db upgrade {}`", home.uri())), "{older}");
    set_revision("ffffffffffff");
    let newer = refused!(EmbeddedStore::open(&home.uri(), None).await, Unsupported);
    assert!(newer.contains("newer MLflow") && newer.contains("MLFLOW_TRACKING_URI"), "{newer}");
    set_revision("dc11669786a5");
    home.open().await.ping().await.unwrap();
}

#[tokio::test]
async fn other_programs_databases_are_left_alone() {
    let home = Home::new();
    home.sqlite().execute_batch("CREATE TABLE sales (day TEXT)").unwrap();
    let foreign = refused!(EmbeddedStore::open(&home.uri(), None).await, InvalidParameter);
    assert!(foreign.contains("belongs to another program"), "{foreign}");
    let tables: i64 =
        home.sqlite().query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1, "nothing was added");
}

#[tokio::test]
async fn files_that_are_no_database_are_left_alone() {
    let home = Home::new();
    let text = "store,item,sales\n".repeat(1_000);
    std::fs::write(home.database(), &text).unwrap();
    let error = refused!(EmbeddedStore::open(&home.uri(), None).await, Storage);
    assert!(error.contains("not an SQLite database"), "{error}");
    assert_eq!(std::fs::read_to_string(home.database()).unwrap(), text);
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let home = Home::new();
    let uri = format!("sqlite:///{}/nowhere/mlflow.db", home.folder.path().display());
    let error = refused!(EmbeddedStore::open(&uri, None).await, InvalidParameter);
    assert!(error.contains("nowhere") && error.contains("create it"), "{error}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_that_takes_no_files_is_said_to() {
    // Nobody may create files there, not even the superuser that tests often run as.
    let error = refused!(EmbeddedStore::open("sqlite:////proc/mlflow.db", None).await, Storage);
    assert!(error.contains("must exist and be writable"), "{error}");
}
