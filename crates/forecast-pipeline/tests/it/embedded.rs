//! Runs in the embedded store.

use std::sync::Arc;

use mlflow_client::{EmbeddedStore, MlflowStore};

use crate::{endings, readback};

/// A store in a folder of its own, which lives as long as the first value.
pub(crate) async fn store() -> (tempfile::TempDir, Arc<dyn MlflowStore>) {
    let folder = tempfile::tempdir().unwrap();
    let uri = format!("sqlite:///{}", folder.path().join("mlflow.db").display());
    let store = EmbeddedStore::open(&uri, None).await.unwrap();
    (folder, Arc::new(store))
}

#[tokio::test]
async fn what_is_recorded_can_be_read() {
    let (_folder, store) = store().await;
    readback::check(store, "shop").await;
}

#[tokio::test]
async fn runs_that_fail_or_are_stopped_say_so() {
    let (_folder, store) = store().await;
    endings::check(store, "shop").await;
}
