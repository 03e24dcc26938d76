//! What stands in the log: its form, its ids, and no secrets.

use std::fmt;

use forecast_telemetry::{
    Redacted, RequestId, ServerRequest, build, continue_trace, current_trace_id, inject_headers,
};
use serde_json::Value;
use tracing::dispatcher::with_default;

use crate::support::{CALLER_TRACE, Lines, caller_headers, config};

/// Runs `body` with telemetry of these variables and returns its log.
fn log_of(variables: &[(&str, &str)], body: impl FnOnce()) -> String {
    let lines = Lines::default();
    let (dispatch, _telemetry) = build(&config(variables), lines.clone()).unwrap();
    with_default(&dispatch, body);
    lines.text()
}

#[derive(Debug)]
struct Broken(std::io::Error);

impl fmt::Display for Broken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("cannot load the model")
    }
}

impl std::error::Error for Broken {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn log_a_request() {
    let id = RequestId::from_header(Some("order-7"));
    let span = ServerRequest { id: &id, method: "POST", route: Some("/forecast") }.span();
    continue_trace(&span, caller_headers);
    span.in_scope(|| {
        let inner = tracing::info_span!("predict", model = "ridge", took_ms = tracing::field::Empty);
        inner.record("took_ms", 2.5);
        inner.in_scope(|| {
            let error = Broken(std::io::Error::other("disk is full"));
            let error: &(dyn std::error::Error + 'static) = &error;
            tracing::error!(series = 3, cached = true, error, "not answered");
        });
    });
}

#[test]
fn a_json_line_carries_request_and_trace() {
    let log = log_of(&[("FORECAST_LOG_FORMAT", "json")], log_a_request);
    let line: Value = serde_json::from_str(&log).unwrap();
    assert_eq!(log.lines().count(), 1);
    let (timestamp, span) = (line["timestamp"].as_str().unwrap(), line["span_id"].as_str().unwrap());
    assert!(timestamp.starts_with("20") && timestamp.ends_with('Z'), "{timestamp}");
    assert_eq!(span.len(), 16);
    assert_eq!(line["trace_id"], CALLER_TRACE);
    // As written, to show the order of keys too.
    insta::assert_snapshot!(log.replace(timestamp, "TIMESTAMP").replace(span, "SPAN"));
}

#[test]
fn a_human_line_carries_the_request() {
    let log = log_of(&[("FORECAST_LOG_FORMAT", "human")], log_a_request);
    let (_timestamp, rest) = log.trim_end().split_once(' ').unwrap();
    insta::assert_snapshot!(rest);
}

#[test]
fn a_line_outside_spans_has_no_ids() {
    let log = log_of(&[("FORECAST_LOG_FORMAT", "json")], || {
        tracing::info!("started");
        assert_eq!(current_trace_id(), None);
        inject_headers(|name, value| panic!("{name}: {value} outside a trace"));
    });
    let line: Value = serde_json::from_str(&log).unwrap();
    let keys: Vec<&String> = line.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["level", "message", "target", "timestamp"]);
}

#[test]
fn a_malformed_traceparent_starts_a_new_trace() {
    let log = log_of(&[("FORECAST_LOG_FORMAT", "json")], || {
        let span = tracing::info_span!("work");
        continue_trace(&span, |name| (name == "traceparent").then_some("00-zz-b7ad-01"));
        span.in_scope(|| tracing::info!("worked"));
    });
    let line: Value = serde_json::from_str(&log).unwrap();
    assert_eq!(line["trace_id"].as_str().unwrap().len(), 32);
}

#[test]
fn a_filter_keeps_lines_out_but_not_their_request() {
    for format in ["json", "human"] {
        let log = log_of(&[("FORECAST_LOG_FORMAT", format), ("FORECAST_LOG", "warn")], || {
            let id = RequestId::from_header(Some("order-7"));
            let span = ServerRequest { id: &id, method: "GET", route: None }.span();
            span.in_scope(|| {
                tracing::info!("quiet");
                tracing::warn!("loud");
            });
        });
        assert!(!log.contains("quiet"), "{log}");
        assert!(log.contains("loud") && log.contains("order-7"), "{log}");
    }
}

#[test]
fn no_secret_is_logged() {
    for format in ["json", "human"] {
        let log = log_of(&[("FORECAST_LOG_FORMAT", format)], || {
            let span = tracing::info_span!("call", url = "http://bob:hunter2@mlflow", api_key = "hunter2");
            span.in_scope(|| {
                let marked = Redacted::new("hunter2".to_owned());
                let headers = "authorization: Bearer hunter2hunter2";
                tracing::info!(%marked, ?marked, "marked");
                tracing::info!(password = "hunter2", token = 7, Authorization = "Basic hunter2", "named");
                tracing::info!(headers, "GET https://u:hunter2@host/?sig=hunter2&x=1 failed");
                let failed = Broken(std::io::Error::other("POST http://u:hunter2@host: refused"));
                let error: &(dyn std::error::Error + 'static) = &failed;
                tracing::error!(error, "failed with {}", "token=hunter2");
            });
        });
        assert_eq!(log.lines().count(), 4, "{log}");
        assert!(!log.contains("hunter2"), "{log}");
        assert!(log.contains("[redacted]") && log.contains("x=1"), "{log}");
    }
}
