//! Tests of the telemetry configuration.

use std::collections::BTreeSet;

use super::*;
use crate::redact::Redacted;

fn read(variables: &[(&str, &str)]) -> Result<TelemetryConfig, ConfigError> {
    TelemetryConfig::from_lookup(ServiceIdentity::new("forecast-api", "1.0.0"), |name| {
        variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn nothing_set_means_quiet_defaults() {
    let config = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "  ")]).unwrap();
    assert_eq!(config.log_format(), LogFormat::Auto);
    assert_eq!(config.filter(), "info");
    assert!(!config.otlp().is_on());
    assert_eq!(config.sampler(), Sampler::default());
    assert_eq!(config.resource()["service.name"], "forecast-api");
    assert_eq!(config.resource()["service.version"], "1.0.0");
}

#[test]
fn our_filter_wins_over_rust_log() {
    assert_eq!(read(&[("RUST_LOG", "warn")]).unwrap().filter(), "warn");
    let both = read(&[("RUST_LOG", "warn"), ("FORECAST_LOG", "debug")]).unwrap();
    assert_eq!(both.filter(), "debug");
}

#[test]
fn a_general_endpoint_is_a_base_for_http_and_used_as_is_for_grpc() {
    let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4318/tenant/");
    let http = read(&[base]).unwrap().otlp;
    assert_eq!(http.traces.unwrap().endpoint.as_str(), "http://otel:4318/tenant/v1/traces");
    assert_eq!(http.metrics.unwrap().endpoint.as_str(), "http://otel:4318/tenant/v1/metrics");
    let grpc = read(&[base, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).unwrap().otlp;
    let logs = grpc.logs.unwrap();
    assert_eq!(logs.endpoint.as_str(), "http://otel:4318/tenant/");
    assert_eq!(logs.protocol, Protocol::Grpc);
}

#[test]
fn a_signal_has_variables_of_its_own() {
    let otlp = read(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4318"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://tempo/exact"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "3000"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "500"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ])
    .unwrap()
    .otlp;
    let (traces, metrics) = (otlp.traces.unwrap(), otlp.metrics.unwrap());
    assert_eq!(traces.endpoint.as_str(), "https://tempo/exact");
    assert_eq!(traces.timeout, Duration::from_millis(500));
    assert_eq!(metrics.timeout, Duration::from_secs(3));
    assert_eq!(metrics.headers, [("api-key".to_owned(), Redacted::new("a b".to_owned()))]);
    assert_eq!(otlp.logs, None);
}

#[test]
fn the_sdk_can_be_disabled() {
    let on = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4318");
    assert!(read(&[on]).unwrap().otlp().is_on());
    assert!(!read(&[on, ("OTEL_SDK_DISABLED", "True")]).unwrap().otlp().is_on());
}

#[test]
fn the_environment_names_the_service() {
    let config = read(&[
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=a,deployment.environment.name=test%20one"),
        ("OTEL_SERVICE_NAME", "b"),
    ])
    .unwrap();
    assert_eq!(config.resource()["service.name"], "b");
    assert_eq!(config.resource()["deployment.environment.name"], "test one");
}

#[test]
fn samplers_are_read_with_their_ratio() {
    for (name, ratio, follows_parent) in [
        ("always_on", 1.0, false),
        ("always_off", 0.0, false),
        ("traceidratio", 0.25, false),
        ("parentbased_always_on", 1.0, true),
        ("parentbased_always_off", 0.0, true),
        ("parentbased_traceidratio", 0.25, true),
    ] {
        let variables = [("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", "0.25")];
        assert_eq!(read(&variables).unwrap().sampler(), Sampler { ratio, follows_parent }, "{name}");
    }
}

#[test]
fn every_problem_is_reported_at_once_and_no_secret_with_it() {
    let error = read(&[
        ("FORECAST_LOG_FORMAT", "xml"),
        ("FORECAST_LOG", "forecast=loud"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://bob:hunter2@otel:4318"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "otel:4317"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://otel:4318/v1/traces"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization=Bearer hunter3,hunter4,x=%0A"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "10s"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "zstd"),
        ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "/no/such/ca.pem"),
        ("OTEL_TRACES_SAMPLER", "traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "7"),
        ("OTEL_RESOURCE_ATTRIBUTES", "a"),
        ("OTEL_SDK_DISABLED", "yes"),
    ])
    .unwrap_err();
    let lines: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"));
    assert!(!error.to_string().contains("hunter"));
}

#[test]
fn other_directives_are_checked_as_well() {
    let config = read(&[]).unwrap();
    assert_eq!(config.clone().with_filter("debug").unwrap().filter(), "debug");
    assert!(config.with_filter("a=b=c").is_err());
}

#[test]
fn every_variable_that_is_read_is_documented() {
    let asked = std::cell::RefCell::new(BTreeSet::new());
    let service = ServiceIdentity::new("a", "1");
    TelemetryConfig::from_lookup(service, |name| {
        asked.borrow_mut().insert(name.to_owned());
        // Values that make every branch ask for more.
        match name {
            "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("http://otel:4318".to_owned()),
            "OTEL_TRACES_SAMPLER" => Some("traceidratio".to_owned()),
            _ => None,
        }
    })
    .unwrap();
    let documented: BTreeSet<&str> = VARIABLES.iter().map(|variable| variable.name).collect();
    let mut general = BTreeSet::new();
    for name in asked.take() {
        let mut name = name;
        for signal in ["TRACES", "METRICS", "LOGS"] {
            name = name.replace(&format!("OTLP_{signal}_"), "OTLP_");
        }
        general.insert(name);
    }
    assert_eq!(general.iter().map(String::as_str).collect::<BTreeSet<_>>(), documented);
}
