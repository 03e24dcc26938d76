//! The embedded store: the conformance suite, and what only it has.

mod artifacts;
mod interop;
mod kills;
mod opening;
mod processes;
mod searches;
mod worker;

use std::path::PathBuf;

use mlflow_client::config::TrackingUri;
use mlflow_client::{ClientConfig, EmbeddedStore, connect};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::conformance;

/// A folder for a store.
struct Home {
    folder: TempDir,
}

impl Home {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("mlflow.db")
    }

    fn artifacts(&self) -> PathBuf {
        self.folder.path().join("mlartifacts")
    }

    fn uri(&self) -> String {
        format!("sqlite:///{}", self.database().display())
    }

    async fn open(&self) -> EmbeddedStore {
        EmbeddedStore::open(&self.uri(), None).await.unwrap()
    }

    /// The database as SQLite sees it.
    fn sqlite(&self) -> Connection {
        Connection::open(self.database()).unwrap()
    }

    /// SQLite's own opinion of the file: damage, and rows that refer to nothing.
    fn assert_sound(&self) {
        let sqlite = self.sqlite();
        let verdict: String = sqlite.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(verdict, "ok");
        let dangling = sqlite.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap();
        assert!(!dangling, "a row refers to a row that is not there");
    }
}

#[tokio::test]
async fn the_embedded_store_passes_the_conformance_suite() {
    let home = Home::new();
    let config = ClientConfig::new(TrackingUri::parse(&home.uri()).unwrap().0);
    conformance::check(connect(&config).await.unwrap()).await;
    home.assert_sound();
}
