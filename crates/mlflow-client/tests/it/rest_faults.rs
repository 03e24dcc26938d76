//! Faults that a real server shows rarely: what is asked again, what is not, and what is said.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use forecast_testkit::scripted_http::{Reply, ScriptedServer};
use mlflow_client::config::{Auth, HeaderInjector, RetryPolicy, Secret, Timeouts};
use mlflow_client::types::{NewRun, Tag};
use mlflow_client::{ArtifactUri, ClientConfig, Error, MlflowStore, connect};

use crate::support::{config, refused};

const RUN: &str = r#"{"run":{"info":{"run_id":"r1","experiment_id":"0","status":"RUNNING"}}}"#;

fn found() -> Reply {
    Reply::json(200, RUN)
}

fn busy(status: u16) -> Reply {
    Reply::json(status, r#"{"error_code":"TEMPORARILY_UNAVAILABLE","message":"database is starting"}"#)
}

/// A server with a script, and a client that does not wait long between attempts.
async fn scripted(script: impl IntoIterator<Item = Reply>) -> (ScriptedServer, Arc<dyn MlflowStore>) {
    let server = ScriptedServer::start(script).await.unwrap();
    let store = connect(&impatient(server.url())).await.unwrap();
    (server, store)
}

fn impatient(url: &str) -> ClientConfig {
    ClientConfig {
        retry: RetryPolicy { base_delay: Duration::from_millis(1), ..RetryPolicy::default() },
        timeouts: Timeouts { request: Duration::from_millis(300), ..Timeouts::default() },
        ..config(url)
    }
}

#[tokio::test]
async fn reads_survive_every_passing_fault() {
    let faults = [busy(503), busy(502), busy(504), busy(429), Reply::HangUp, Reply::Silence, Reply::BreakOff];
    for fault in faults {
        let (server, store) = scripted([fault.clone(), found()]).await;
        assert_eq!(store.get_run("r1").await.unwrap().info.run_id, "r1", "{fault:?}");
        assert_eq!(server.requests().len(), 2, "{fault:?}");
    }
}

#[tokio::test]
async fn repeatable_writes_survive_a_broken_connection() {
    let (server, store) = scripted([Reply::HangUp, Reply::json(200, "{}")]).await;
    store.set_tag("r1", &Tag::new("k", "v")).await.unwrap();
    let requests = server.requests();
    assert_eq!((requests.len(), &requests[0].body), (2, &requests[1].body));
}

#[tokio::test]
async fn the_slower_of_two_writers_writes_again() {
    let lost = r#"{"error_code":"BAD_REQUEST","message":"(psycopg.errors.UniqueViolation) duplicate key"}"#;
    let (server, store) = scripted([Reply::json(400, lost), Reply::json(200, "{}")]).await;
    store.set_alias("demand", "production", 2).await.unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn creations_are_never_doubled() {
    for fault in [Reply::HangUp, Reply::Silence, Reply::BreakOff, busy(502), busy(504), busy(500)] {
        let (server, store) = scripted([fault.clone(), found()]).await;
        let error = store.create_run(&NewRun::new("0")).await.unwrap_err();
        assert_eq!(server.requests().len(), 1, "{fault:?}: {error}");
        match fault {
            Reply::Silence => assert!(matches!(error, Error::Timeout { .. }), "{error:?}"),
            Reply::HangUp | Reply::BreakOff => assert!(matches!(error, Error::Transport { .. }), "{error:?}"),
            Reply::Answer { status: 500, .. } => assert!(matches!(error, Error::Server { .. }), "{error:?}"),
            Reply::Answer { .. } => assert!(matches!(error, Error::Unavailable { .. }), "{error:?}"),
        }
    }
}

#[tokio::test]
async fn creations_that_were_turned_away_at_the_door_are_tried_again() {
    for refusal in [busy(429), busy(503)] {
        let (server, store) = scripted([refusal, found()]).await;
        store.create_run(&NewRun::new("0")).await.unwrap();
        assert_eq!(server.requests().len(), 2);
    }
}

#[tokio::test]
async fn the_server_says_how_long_to_wait() {
    let (_server, store) = scripted([busy(503).with_header("retry-after", "1"), found()]).await;
    let start = Instant::now();
    store.get_run("r1").await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());

    // Longer than the budget: the caller is told instead of kept waiting.
    let (server, store) = scripted([busy(429).with_header("retry-after", "3600"), found()]).await;
    let error = store.get_run("r1").await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3_600)), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn patience_ends() {
    let (server, store) = scripted(std::iter::repeat_n(busy(503), 9)).await;
    let error = refused!(store.get_run("r1").await, Unavailable);
    assert!(error.contains("database is starting"), "{error}");
    assert_eq!(server.requests().len(), 5, "five attempts are the default");
}

#[tokio::test]
async fn what_will_not_pass_is_not_tried_again() {
    let error_body = |code: &str| format!(r#"{{"error_code":"{code}","message":"no"}}"#);
    for (status, code) in [
        (400, "INVALID_PARAMETER_VALUE"),
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (404, "RESOURCE_DOES_NOT_EXIST"),
        (409, "RESOURCE_CONFLICT"),
        (500, "INTERNAL_ERROR"),
        (501, "NOT_IMPLEMENTED"),
    ] {
        let (server, store) = scripted([Reply::json(status, error_body(code)), found()]).await;
        store.get_run("r1").await.unwrap_err();
        assert_eq!(server.requests().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn answers_of_other_programs_are_named() {
    let page = "<!doctype html><title>404 Not Found</title><h1>nginx</h1>";
    let (_server, store) = scripted([Reply::answer(404, "text/html", page)]).await;
    let error = refused!(store.get_run("r1").await, Protocol);
    assert!(error.contains("404 Not Found nginx") && error.contains("MLFLOW_TRACKING_URI"), "{error}");

    let (server, store) = scripted([Reply::answer(200, "text/html", "<h1>Welcome!</h1>")]).await;
    let error = refused!(store.get_run("r1").await, Protocol);
    assert!(error.contains(server.url()), "{error}");

    let elsewhere = Reply::answer(301, "text/plain", "").with_header("location", "https://ml.example.com/");
    let (server, store) = scripted([elsewhere]).await;
    let error = refused!(store.create_run(&NewRun::new("0")).await, Protocol);
    assert!(error.contains("https://ml.example.com/"), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn nobody_listens() {
    let server = ScriptedServer::start([]).await.unwrap();
    let url = server.url().to_owned();
    drop(server);
    let store = connect(&impatient(&url)).await.unwrap();
    let error = refused!(store.create_run(&NewRun::new("0")).await, Transport);
    assert!(error.contains(&url) && error.contains("refused"), "{error}");
}

#[tokio::test]
async fn every_attempt_carries_its_own_headers() {
    let server = ScriptedServer::start([busy(503), found()]).await.unwrap();
    let count = AtomicU32::new(0);
    let config = ClientConfig {
        auth: Auth::Bearer(Secret::new("s3cret")),
        headers: Some(HeaderInjector::new(move || {
            let attempt = count.fetch_add(1, Ordering::Relaxed);
            let traceparent = format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333{attempt}-01");
            vec![("traceparent".to_owned(), traceparent), ("bad name".to_owned(), String::new())]
        })),
        ..impatient(server.url())
    };
    connect(&config).await.unwrap().get_run("r 1&x=2").await.unwrap();
    let requests = server.requests();
    for (attempt, request) in requests.iter().enumerate() {
        assert_eq!(request.target, "/api/2.0/mlflow/runs/get?run_id=r+1%26x%3D2");
        assert_eq!(request.header("authorization"), Some("Bearer s3cret"));
        assert!(request.header("traceparent").unwrap().contains(&format!("333{attempt}-")));
        assert!(request.header("user-agent").unwrap().starts_with("mlflow-client-rust/"));
    }
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_base_path_stays() {
    let server = ScriptedServer::start([found()]).await.unwrap();
    let store = connect(&impatient(&format!("{}/tools/mlflow/", server.url()))).await.unwrap();
    store.get_run("r1").await.unwrap();
    assert_eq!(server.requests()[0].target, "/tools/mlflow/api/2.0/mlflow/runs/get?run_id=r1");
    let url = store.run_url("0", "r1").unwrap();
    assert_eq!(url, format!("{}/tools/mlflow/#/experiments/0/runs/r1", server.url()));
}

#[tokio::test]
async fn a_download_that_breaks_is_begun_anew_and_leaves_nothing_half() {
    let dir = tempfile::tempdir().unwrap();
    let local = dir.path().join("model.bin");
    let source = ArtifactUri::new("mlflow-artifacts:/0/r1/artifacts/model.bin").unwrap();
    let (server, store) = scripted([Reply::BreakOff, Reply::answer(200, "text/plain", "whole")]).await;
    assert_eq!(store.download_file(&source, &local).await.unwrap(), 5);
    assert_eq!(std::fs::read_to_string(&local).unwrap(), "whole");
    assert_eq!(server.requests()[1].target, "/api/2.0/mlflow-artifacts/artifacts/0/r1/artifacts/model.bin");

    let (_server, store) = scripted(std::iter::repeat_n(Reply::BreakOff, 9)).await;
    refused!(store.download_file(&source, &dir.path().join("other.bin")).await, Transport);
    let names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["model.bin"]);
}

#[tokio::test]
async fn listings_and_addresses_cannot_lead_astray() {
    let dir = tempfile::tempdir().unwrap();
    let source = ArtifactUri::new("mlflow-artifacts:/0/r1/artifacts").unwrap();
    for path in ["../../etc/cron.d/x", "/etc/passwd", "a/../../x"] {
        let listing = format!(r#"{{"files":[{{"path":"{path}","is_dir":false,"file_size":1}}]}}"#);
        let (server, store) = scripted([Reply::json(200, listing)]).await;
        refused!(store.download_dir(&source, dir.path()).await, Protocol);
        assert_eq!(server.requests().len(), 1);
    }
    let (server, store) = scripted([]).await;
    for uri in ["s3://bucket/0/r1", "/var/mlartifacts/0", "mlflow-artifacts://evil.example:5000/0/r1"] {
        let error = refused!(store.list_artifacts(&ArtifactUri::new(uri).unwrap()).await, Unsupported);
        assert!(error.contains("--artifacts-destination"), "{error}");
    }
    assert_eq!(server.requests(), []);
}
