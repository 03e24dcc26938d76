//! The program while it serves, and how it ends.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::fixture::{Registry, trained};
use crate::program::{Program, command};

fn version(text: &str) -> String {
    let health: Value = serde_json::from_str(text).unwrap();
    health["model"]["version"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn without_a_model_it_lives_is_not_ready_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(&mut command(folder.path()));
    let health = program.until("/health", |_, text| text.contains("forecast-train")).await;
    assert!(health.contains("\"status\":\"starting\""), "{health}");
    assert_eq!(program.get("/health/live").await.0, 200);
    let (status, ready) = program.get("/health/ready").await;
    assert_eq!(status, 503);
    assert!(ready.contains("there is no MLflow store at"), "{ready}");
    program.signal("TERM");
    assert_eq!(program.wait(), Some(0));
}

#[tokio::test]
async fn an_unreachable_registry_is_named_and_no_reason_to_end() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody listens there, and no secret is repeated.
    let mut command = command(folder.path());
    command.env("MLFLOW_TRACKING_URI", "http://127.0.0.1:9").env("MLFLOW_TRACKING_TOKEN", "s3cret-token");
    let program = Program::start(&mut command);
    let health = program.until("/health", |_, text| text.contains("cannot ask MLflow")).await;
    assert!(health.contains("no copy of an earlier model"), "{health}");
    assert!(!health.contains("s3cret-token") && !program.log().contains("s3cret-token"));
    program.signal("INT");
    assert_eq!(program.wait(), Some(130));
}

#[tokio::test]
async fn it_follows_the_alias_and_finishes_what_has_begun_after_sigterm() {
    let registry = Registry::with(&trained().naive).await;
    // The settings as they come by default: the registry and the cache are in this folder.
    let program = Program::start(&mut command(registry.path()));
    program.until("/health/ready", |status, _| status == 200).await;
    let next = registry.register(&trained().ridge).await;
    registry.promote(next).await;
    program.until("/health", |_, text| version(text) == "2").await;
    assert!(registry.path().join("forecast-cache").is_dir());

    let body = json!({"series": trained().series()}).to_string();
    let mut stream = TcpStream::connect(&program.address).unwrap();
    let head = "POST /forecast HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
        X-Request-Id: last-one\r\nTraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\nExpect: 100-continue\r\n";
    write!(stream, "{head}Content-Length: {}\r\n\r\n", body.len()).unwrap();
    // The answer to `Expect` comes when the program has begun to read the body.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    program.signal("TERM");
    while TcpStream::connect(&program.address).is_ok() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.contains("\"request_id\":\"last-one\""), "{answer}");
    let mut program = program;
    let line = program
        .until_said(|line| (line.contains("last-one") && line.contains("answered")).then(|| line.to_owned()));
    assert!(line.contains("4bf92f3577b34da6a3ce929d0e0e4736"), "the caller's trace is not in {line}");
    assert_eq!(program.wait(), Some(0));
}
