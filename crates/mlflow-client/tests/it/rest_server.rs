//! The suite on a real MLflow server over a real PostgreSQL, and what only a server has.

use forecast_testkit::mlflow::MlflowServer;
use mlflow_client::connect;

use crate::conformance;
use crate::support::{config, refused};

#[tokio::test]
async fn a_real_server_passes_the_conformance_suite() {
    let server = MlflowServer::shared().unwrap();
    let store = connect(&config(server.url())).await.unwrap();
    conformance::check(store).await;
}

#[tokio::test]
async fn https_to_a_server_without_tls_says_so() {
    let url = MlflowServer::shared().unwrap().url().replace("http://", "https://");
    let error = refused!(connect(&config(&url)).await.unwrap().ping().await, Tls);
    assert!(error.contains("write http://"), "{error}");
}
