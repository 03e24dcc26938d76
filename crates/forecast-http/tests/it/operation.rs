//! What those who run the server see: the model card, metrics, ids, traces, headers, and its end.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;

use crate::fixture::{HORIZON, Registry, trained};
use crate::running::{Running, config};

#[tokio::test]
async fn the_model_card_says_what_is_served() {
    let registry = Registry::with(&trained().ridge).await;
    let server = Running::ready(&registry).await;
    let mut info = server.get("/model/info").await.json();
    assert_eq!(info["run_id"].as_str().map(str::len), Some(32));
    assert_eq!(info["features"].as_array().map(Vec::len), Some(trained().ridge.card().features.len()));
    let weights = info["importance"].as_array().unwrap();
    let shares: Vec<f64> = weights.iter().map(|weight| weight["share"].as_f64().unwrap()).collect();
    assert!(!shares.is_empty() && shares.iter().rev().is_sorted(), "{shares:?}");
    for name in ["run_id", "features", "importance", "loaded_at", "library_version"] {
        info.as_object_mut().unwrap().remove(name);
    }
    insta::assert_json_snapshot!(info);

    let metrics = server.get("/model/metrics").await.json();
    assert_eq!((metrics["metric"].as_str(), &metrics["windows"]), (Some("wape"), &json!(2)));
    assert_eq!(metrics["champion"]["family"], "ridge");
    assert_eq!(metrics["baseline"]["family"], "seasonal-naive");
    let wape = |family: &str| metrics[family]["metrics"]["wape"].as_f64().unwrap();
    let gain = 1.0 - wape("champion") / wape("baseline");
    assert!((metrics["improvement"]["wape"].as_f64().unwrap() - gain).abs() < 1e-12);
    assert_eq!(metrics["leaderboard"].as_array().map(Vec::len), Some(3));
    assert_eq!(metrics["champion"]["quantiles"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn metrics_count_requests_and_name_the_model() {
    let registry = Registry::with(&trained().naive).await;
    let server = Running::ready(&registry).await;
    server.ask(&json!({"series": trained().series()})).await;
    server.ask(&json!({})).await;
    server.get("/no/such/path").await;
    let reply = server.get("/metrics").await;
    assert!(reply.header("content-type").starts_with("text/plain"), "{}", reply.header("content-type"));
    let line = |parts: &[&str]| reply.text.lines().any(|line| parts.iter().all(|part| line.contains(part)));
    let count = "http_server_request_duration_seconds_count{";
    assert!(line(&[count, "\"/forecast\"", "\"200\"", "} 1"]), "{}", reply.text);
    assert!(line(&[count, "\"/forecast\"", "\"422\"", "} 1"]), "{}", reply.text);
    assert!(line(&[count, "\"unmatched\"", "\"404\"", "} 1"]), "{}", reply.text);
    assert!(line(&["forecast_model_info{", "version=\"1\"", "alias=\"production\""]), "{}", reply.text);
    assert!(
        line(&["forecast_series_served_total", &format!(" {}", trained().series().len())]),
        "{}",
        reply.text
    );
    assert!(line(&["forecast_model_loads_total", "registry", " 1"]), "{}", reply.text);
    assert!(line(&["forecast_refusals_total{code=\"missing_field\"} 1"]), "{}", reply.text);
    assert!(line(&["forecast_refusals_total{code=\"overloaded\"} 0"]), "{}", reply.text);
    assert!(line(&["forecast_computations_limit{state=\"running\"}"]), "{}", reply.text);
}

#[tokio::test]
async fn metrics_tell_ready_from_not_and_why() {
    let registry = Registry::empty();
    let mut server = Running::start(&registry);
    let away = "forecast_registry_polls_total{outcome=\"unreachable\"}";
    let counted = |text: &str, name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok())
    };
    let reply = server.until("/metrics", |reply| counted(&reply.text, away) > Some(0)).await;
    assert_eq!(counted(&reply.text, "forecast_ready "), Some(0), "{}", reply.text);
    let version = registry.register(&trained().naive).await;
    let unpromoted = "forecast_registry_polls_total{outcome=\"nothing_promoted\"}";
    server.until("/metrics", |reply| counted(&reply.text, unpromoted) > Some(0)).await;
    registry.promote(version).await;
    let followed = "forecast_registry_polls_total{outcome=\"followed\"}";
    server
        .until("/metrics", |reply| {
            counted(&reply.text, followed) > Some(0) && counted(&reply.text, "forecast_ready ") == Some(1)
        })
        .await;
    server.begin_to_stop();
    server.wait();
}

#[tokio::test]
async fn callers_may_bring_a_request_id_and_a_trace() {
    let registry = Registry::empty();
    let server = Running::start(&registry);
    let ask = |id: &'static str, parent: &'static str| {
        server.request("GET", "/nowhere").header("x-request-id", id).header("traceparent", parent)
    };
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let reply = server.send(ask("order-77", parent)).await;
    assert_eq!((reply.header("x-request-id"), &reply.json()["request_id"]), ("order-77", &json!("order-77")));
    // What is no id and no trace is not taken, and does no harm.
    let reply = server.send(ask("a b\tc", "nonsense")).await;
    assert_eq!((reply.status, reply.header("x-request-id").len()), (404, 36));
    let other = server.get("/health").await;
    assert_ne!(reply.header("x-request-id"), other.header("x-request-id"));
}

#[tokio::test]
async fn every_answer_is_hardened_for_browsers() {
    let registry = Registry::empty();
    let server = Running::start(&registry);
    for path in ["/", "/docs", "/health", "/nowhere", "/assets/uplot.js"] {
        let reply = server.get(path).await;
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{path}: {policy}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert!(!reply.text.contains("//cdn") && !reply.text.contains("https://unpkg"), "{path}");
    }
    let page = server.get("/assets/style.css").await;
    let again = server.request("GET", "/assets/style.css").header("if-none-match", page.header("etag"));
    assert_eq!(server.send(again).await.status, 304);
    assert!(server.get("/assets/uplot-license.txt").await.text.contains("Permission is hereby granted"));
}

#[tokio::test]
async fn probes_tell_alive_from_ready() {
    let registry = Registry::empty();
    let server = Running::start(&registry);
    for path in ["/health", "/health/live"] {
        let reply = server.get(path).await;
        assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("starting")), "{path}");
    }
    assert_eq!(server.send(server.request("HEAD", "/health/ready")).await.status, 503);
    let first = registry.register(&trained().naive).await;
    registry.promote(first).await;
    server.until("/health/ready", |reply| reply.status == 200).await;
    assert_eq!(server.get("/health").await.json()["status"], "ready");
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_end() {
    let registry = Registry::empty();
    let mut server = Running::start(&registry);
    // Answered, and kept open by this client.
    assert_eq!(server.get("/health").await.status, 200);
    let began = std::time::Instant::now();
    server.begin_to_stop();
    server.wait();
    assert!(began.elapsed() < config(&registry).drain.timeout / 2, "it took {:?}", began.elapsed());
}

#[tokio::test]
async fn what_has_begun_is_finished_before_the_end() {
    let registry = Registry::with(&trained().naive).await;
    let mut server = Running::ready(&registry).await;
    let body = json!({"series": trained().series()}).to_string();
    let address = server.url.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    let (first, rest) = body.split_at(20);
    let head =
        "POST /forecast HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n";
    write!(stream, "{head}Content-Length: {}\r\n\r\n", body.len()).unwrap();
    // The answer to `Expect` comes when the handler has begun to read.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(first.as_bytes()).unwrap();
    server.begin_to_stop();
    while TcpStream::connect(&address).is_ok() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    stream.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    assert_eq!(answer.matches("\"mean\":[").count(), trained().series().len());
    assert!(answer.contains(&format!("\"horizon\":{HORIZON}")), "{answer}");
    server.wait();
}
