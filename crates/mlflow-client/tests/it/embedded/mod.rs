//! The embedded store: the conformance suite, and what only it has.

use mlflow_client::config::TrackingUri;
use mlflow_client::{ClientConfig, connect};
use tempfile::TempDir;

use crate::conformance;

/// A folder with a store in it, and the store's URI.
struct Home {
    folder: TempDir,
}

impl Home {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn uri(&self) -> String {
        format!("sqlite:///{}", self.folder.path().join("mlflow.db").display())
    }
}

#[tokio::test]
async fn the_embedded_store_passes_the_conformance_suite() {
    let home = Home::new();
    let config = ClientConfig::new(TrackingUri::parse(&home.uri()).unwrap().0);
    conformance::check(connect(&config).await.unwrap()).await;
}
