//! A collector that is away costs the program one warning and a bounded wait at its end.

use std::net::TcpListener;
use std::time::Duration;

use forecast_telemetry::{ApiMetrics, Error, ServiceIdentity, ShutdownOutcome, TelemetryConfig, init};

use crate::collector::Transport;
use crate::process::alone;
use crate::support::LIMIT;

/// Far below the ten seconds that a single export may take.
const BOUND: Duration = Duration::from_secs(8);

fn from_environment() -> TelemetryConfig {
    let service = ServiceIdentity::new("forecast-api", "1.0.0");
    TelemetryConfig::from_lookup(service, |name| std::env::var(name).ok()).unwrap()
}

/// A program that logs, measures and ends.
fn program(shutdown_timeout: Duration) {
    let config = from_environment().with_shutdown_timeout(shutdown_timeout);
    let telemetry = init(&config).unwrap();
    ApiMetrics::new(telemetry.metrics()).forecast_served(1);
    tracing::info_span!("work").in_scope(|| tracing::info!("worked"));
    assert_eq!(telemetry.shutdown(), ShutdownOutcome::Incomplete);
}

#[test]
fn a_refused_connection_is_one_warning() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    for transport in Transport::BOTH {
        let endpoint = format!("http://127.0.0.1:{port}");
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", transport.name()),
        ];
        let test = "unreachable::a_refused_connection_is_one_warning";
        let Some(ended) = alone(test, &variables, || program(LIMIT)) else { return };
        let warnings: Vec<&str> =
            ended.stderr.lines().filter(|line| line.contains("\"level\":\"WARN\"")).collect();
        assert_eq!(warnings.len(), 1, "{transport:?}: {}", ended.stderr);
        assert!(warnings[0].contains("telemetry does not arrive at the collector"));
        assert!(!ended.stderr.contains("\"level\":\"ERROR\""), "{}", ended.stderr);
        assert!(ended.took < BOUND, "{:?}", ended.took);
    }
}

#[test]
fn a_collector_that_never_answers_does_not_hold_the_program() {
    // Connections are accepted by the system and never served.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for transport in Transport::BOTH {
        let endpoint = format!("http://{}", silent.local_addr().unwrap());
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", transport.name()),
        ];
        let test = "unreachable::a_collector_that_never_answers_does_not_hold_the_program";
        let Some(ended) = alone(test, &variables, || program(Duration::from_millis(500))) else { return };
        assert!(ended.took < BOUND, "{transport:?}: {:?}", ended.took);
        assert!(ended.stderr.contains("\"message\":\"worked\""), "{}", ended.stderr);
    }
}

#[test]
fn init_takes_the_process_once_and_leaves_standard_output_alone() {
    let test = "unreachable::init_takes_the_process_once_and_leaves_standard_output_alone";
    let variables = [("FORECAST_LOG_FORMAT", "json")];
    let ended = alone(test, &variables, || {
        let telemetry = init(&from_environment()).unwrap();
        assert!(matches!(init(&from_environment()), Err(Error::AlreadyInitialised)));
        tracing::info!("only on standard error");
        assert_eq!(telemetry.shutdown(), ShutdownOutcome::Complete);
    });
    if let Some(ended) = ended {
        assert!(ended.stderr.contains("only on standard error"), "{}", ended.stderr);
        assert!(!ended.stdout.contains("only on standard error"), "{}", ended.stdout);
    }
}
