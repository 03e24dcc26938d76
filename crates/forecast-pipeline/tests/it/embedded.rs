//! Runs in the embedded store.

use std::sync::Arc;

use forecast_pipeline::{Cancellation, NoObserver, run};
use mlflow_client::{EmbeddedStore, MlflowStore};

use crate::shop::Shop;
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
async fn names_from_the_table_are_text_on_the_page() {
    let (_folder, store) = store().await;
    let shop = Shop::new();
    for table in ["sales.csv", "future.csv"] {
        let text = std::fs::read_to_string(shop.path(table)).unwrap();
        std::fs::write(shop.path(table), text.replace("Paris", "<b onclick=x>Paris")).unwrap();
    }
    let request = shop.request("shop", "target = 'sales'");
    let outcome = run(request, store, Arc::new(NoObserver), Cancellation::new()).await.unwrap();
    let page = std::fs::read_to_string(outcome.report).unwrap();
    assert!(page.contains("&lt;b onclick=x&gt;Paris") || page.contains("&#60;b onclick=x&#62;Paris"));
    assert!(!page.contains("<b onclick"));
}

#[tokio::test]
async fn runs_that_fail_or_are_stopped_say_so() {
    let (_folder, store) = store().await;
    endings::check(store, "shop").await;
}
