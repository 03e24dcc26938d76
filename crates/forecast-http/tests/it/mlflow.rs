//! A real MLflow on a real PostgreSQL in front of the service, and then no more.

use forecast_testkit::mlflow::{Backend, MlflowServer, Options};
use serde_json::json;

use crate::fixture::{Registry, trained};
use crate::running::Running;

#[tokio::test]
async fn models_of_a_real_server_are_followed_and_outlive_it() {
    let mlflow = MlflowServer::start(Backend::Postgres, &Options::default()).unwrap();
    let registry = Registry::of_server(mlflow.url());
    let server = Running::start(&registry);
    server.until("/health", |reply| reply.text.contains("no registered model")).await;
    let models = [&trained().naive, &trained().ridge];
    for (model, wanted) in models.into_iter().zip(["1", "2"]) {
        let version = registry.register(model).await;
        registry.promote(version).await;
        server.until("/health", |reply| reply.json()["model"]["version"] == wanted).await;
        assert_eq!(server.get("/model/info").await.json()["family"], model.card().family.to_string());
    }
    drop(mlflow);
    let health = server.until("/health", |reply| reply.json()["reason"].is_string()).await.json();
    let reason = health["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("cannot ask MLflow") && reason.ends_with("version 2 goes on being served"),
        "{reason}"
    );
    let body = json!({"series": trained().series()});
    let before = server.ask(&body).await.json();
    drop(server);
    // One that starts without it answers the same.
    let restarted = Running::ready(&registry).await;
    let after = restarted.ask(&body).await.json();
    assert_eq!((&before["model"], &before["forecasts"]), (&after["model"], &after["forecasts"]));
    assert_eq!(restarted.get("/model/info").await.json()["origin"], "cache");
}
