//! Other versions while requests come in, versions that are no good, and a registry that is away.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::fixture::{Registry, trained};
use crate::running::Running;

fn version(reply: &crate::running::Reply) -> String {
    reply.json()["model"]["version"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn another_version_is_swapped_in_under_load_without_a_failed_request() {
    let registry = Registry::with(&trained().naive).await;
    let server = Running::ready(&registry).await;
    let body = json!({"series": trained().series()});
    let done = AtomicBool::new(false);
    let load = async || {
        let mut seen = Vec::new();
        while !done.load(Ordering::Relaxed) {
            let reply = server.ask(&body).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            seen.push(version(&reply));
        }
        seen
    };
    let promote = async {
        let next = registry.register(&trained().ridge).await;
        registry.promote(next).await;
        server.until("/health", |reply| version(reply) == "2").await;
        // Whoever asks from now on gets the new one.
        assert_eq!(version(&server.ask(&body).await), "2");
        done.store(true, Ordering::Relaxed);
    };
    let (first, second, third, ()) = tokio::join!(load(), load(), load(), promote);
    for seen in [first, second, third] {
        assert_eq!(seen.first().map(String::as_str), Some("1"));
        assert!(seen.is_sorted(), "it went back: {seen:?}");
    }
    assert_eq!(server.get("/model/info").await.json()["family"], "ridge");
}

#[tokio::test]
async fn a_promotion_is_taken_back_by_the_same_alias() {
    let registry = Registry::with(&trained().naive).await;
    let server = Running::ready(&registry).await;
    let next = registry.register(&trained().ridge).await;
    for wanted in [next, 1, next] {
        registry.promote(wanted).await;
        server.until("/health", |reply| version(reply) == wanted.to_string()).await;
    }
}

#[tokio::test]
async fn a_server_without_a_model_serves_the_first_that_is_promoted() {
    let registry = Registry::empty();
    let server = Running::start(&registry);
    server.until("/health", |reply| reply.text.contains("no MLflow store at")).await;
    let first = registry.register(&trained().naive).await;
    let reply = server.until("/health/ready", |reply| reply.text.contains("alias")).await;
    assert!(reply.text.contains("no version has the alias production"), "{}", reply.text);
    registry.promote(first).await;
    server.until("/health/ready", |reply| reply.status == 200).await;
}

fn flip_a_byte(folder: &std::path::Path) {
    let file = folder.join("model.bin");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).unwrap();
}

#[tokio::test]
async fn a_damaged_version_leaves_the_one_before_in_place_and_is_named() {
    let registry = Registry::with(&trained().naive).await;
    let server = Running::ready(&registry).await;
    let damaged = registry.register_after(&trained().ridge, flip_a_byte).await;
    registry.promote(damaged).await;
    let health = server.until("/health", |reply| reply.json()["reason"].is_string()).await.json();
    let reason = health["reason"].as_str().unwrap();
    assert!(reason.starts_with("version 2 of model demand-forecast cannot be served: "), "{reason}");
    assert!(reason.ends_with("version 1 goes on being served"), "{reason}");
    assert_eq!(health["status"], "ready");
    assert_eq!(version(&server.ask(&json!({"series": trained().series()})).await), "1");
    assert_eq!(server.get("/health/ready").await.status, 200);
    // A server that starts now has the version that was good last.
    let second = Running::ready(&registry).await;
    assert_eq!(version(&second.get("/health").await), "1");
    assert_eq!(second.get("/health").await.json()["model"]["origin"], "cache");
    // A sound version ends the trouble.
    let sound = registry.register(&trained().ridge).await;
    registry.promote(sound).await;
    server.until("/health", |reply| version(reply) == "3" && reply.json()["reason"].is_null()).await;
}

#[tokio::test]
async fn a_registry_that_is_away_at_the_start_is_not_missed() {
    let registry = Registry::with(&trained().naive).await;
    drop(Running::ready(&registry).await);
    for name in ["mlflow.db-wal", "mlflow.db-shm"] {
        // Of closed connections nothing may be left.
        let _gone = fs::remove_file(registry.path().join(name));
    }
    fs::write(registry.database(), "no database").unwrap();
    let server = Running::ready(&registry).await;
    let health = server.get("/health").await.json();
    assert_eq!(
        (health["model"]["origin"].as_str(), &health["model"]["version"]),
        (Some("cache"), &json!("1"))
    );
    let reason = health["reason"].as_str().unwrap();
    assert!(reason.starts_with("cannot ask MLflow: "), "{reason}");
    let answer = server.ask(&json!({"series": trained().series()})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_ne!(answer.json()["forecasts"][0]["mean"], Value::Null);
}
