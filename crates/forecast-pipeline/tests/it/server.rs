//! Runs on MLflow's own server, over PostgreSQL. One test, since each starts a server.

use mlflow_client::config::TrackingUri;
use mlflow_client::{ClientConfig, connect};

use forecast_testkit::mlflow::MlflowServer;

use crate::{endings, readback};

#[tokio::test]
async fn a_real_server_has_it_all() {
    let server = tokio::task::spawn_blocking(MlflowServer::shared).await.unwrap().unwrap();
    let (uri, auth) = TrackingUri::parse(server.url()).unwrap();
    let store = connect(&ClientConfig { auth, ..ClientConfig::new(uri) }).await.unwrap();
    readback::check(store.clone(), "shop").await;
    endings::check(store, "shop-endings").await;
}
