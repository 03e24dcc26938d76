//! `deploy/contract/forecast-api.json`, written from what the program is, and the proof that what it says
//! of values is what the parsers take.

use std::collections::BTreeMap;
use std::time::SystemTime;

use clap::CommandFactory;
use forecast_deploy::contract::{
    Contract, ExitCode, Flag, Http, Metric, ValueKind, Variable, facts, further_telemetry_variables,
};
use forecast_telemetry::{
    ApiMetrics, Metrics, ModelInfo, ModelLoadOutcome, QueueLoad, RegistryPollOutcome, ServiceIdentity,
};
use forecast_testkit::{docs::check_file, flags::flags};

use crate::cli::{Cli, settings};
use crate::exit::CODES;
use crate::settings::Settings;

#[test]
fn the_contract_says_what_the_program_takes_and_gives() {
    check_file("deploy/contract/forecast-api.json", &contract().to_json().unwrap()).unwrap();
}

fn contract() -> Contract {
    let flags = flags(&Cli::command()).into_iter();
    let mut exit_codes: Vec<_> = CODES.iter().map(|(exit, meaning)| (*exit as u8, *meaning)).collect();
    exit_codes.push((2, "The command line is wrong."));
    exit_codes.sort_unstable();
    let exit_codes =
        exit_codes.into_iter().map(|(code, meaning)| ExitCode { code, meaning: meaning.to_owned() });
    let bind = settings().into_iter().find(|setting| setting.flag == "bind").unwrap();
    Contract {
        program: "forecast-api".to_owned(),
        variables: variables(),
        further_variables: further_telemetry_variables(),
        flags: flags.map(|flag| Flag { name: flag.name, value: flag.value, meaning: flag.meaning }).collect(),
        exit_codes: exit_codes.collect(),
        http: Some(Http {
            port: bind.default.rsplit_once(':').unwrap().1.parse().unwrap(),
            paths: paths(),
            metrics: metrics(),
        }),
    }
}

fn variables() -> Vec<Variable> {
    let own = settings().into_iter().map(|setting| (setting.variable, setting.default, setting.meaning));
    let mlflow = mlflow_client::config::VARIABLES.iter().map(|v| (v.name, v.default, v.meaning));
    let telemetry = forecast_telemetry::VARIABLES.iter().map(|v| (v.name, v.default, v.meaning));
    let mut variables: Vec<Variable> = Vec::new();
    for (name, default, meaning) in own.chain(mlflow).chain(telemetry) {
        if variables.iter().all(|known| known.name != name) {
            variables.push(Variable::new(name, default, meaning).unwrap());
        }
    }
    variables
}

fn paths() -> BTreeMap<String, Vec<String>> {
    let document: serde_json::Value = serde_json::from_str(&forecast_http::openapi_json()).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            (path.clone(), methods.map(|method| method.to_uppercase()).collect())
        })
        .collect()
}

/// The families of the Prometheus page once everything has happened, with their labels.
fn metrics() -> Vec<Metric> {
    let metrics = ApiMetrics::new(&Metrics::in_process().unwrap());
    metrics.begin_request("POST", Some("/forecast")).finish(200);
    metrics.begin_request("POST", Some("/forecast")).finish(503);
    metrics.forecast_served(1);
    metrics.model_loaded(ModelLoadOutcome::Registry);
    metrics.registry_polled(RegistryPollOutcome::Followed);
    metrics.refused("overloaded");
    metrics.observe_queue(|| QueueLoad { running: 0, running_limit: 1, waiting: 0, waiting_limit: 1 });
    let text = || "x".to_owned();
    let trained_at = SystemTime::now();
    metrics.set_model(ModelInfo { name: text(), version: text(), run_id: text(), alias: text(), trained_at });
    let page = metrics.render_prometheus().unwrap();
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let mut families: Vec<Metric> = types
        .map(|(name, kind)| Metric {
            name: name.to_owned(),
            kind: kind.to_owned(),
            labels: labels(&page, name),
        })
        .collect();
    // Only there where the container has a limit, as it does in a cluster and may not here.
    families.retain(|family| family.name != "process_memory_limit_bytes");
    families.push(Metric {
        name: "process_memory_limit_bytes".to_owned(),
        kind: "gauge".to_owned(),
        labels: Vec::new(),
    });
    families.sort_by(|a, b| a.name.cmp(&b.name));
    families
}

fn labels(page: &str, family: &str) -> Vec<String> {
    let series = page.lines().filter_map(|line| line.strip_prefix(family)?.split_once('{'));
    let mut labels: Vec<String> = series
        .filter(|(suffix, _)| ["", "_bucket", "_sum", "_count", "_total"].contains(suffix))
        .flat_map(|(_, rest)| {
            rest.split("=\"").map(|part| part.rsplit([',', '{', '"']).next().unwrap_or_default())
        })
        .filter(|label| !label.is_empty() && label.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .map(str::to_owned)
        .collect();
    labels.sort();
    labels.dedup();
    labels
}

/// Whether the real parsers take a value.
fn takes(name: &str, value: &str) -> bool {
    let lookup = |asked: &str| match asked {
        _ if asked == name => Some(value.to_owned()),
        // Credentials come in pairs, and an argument needs its sampler.
        "MLFLOW_TRACKING_USERNAME" | "MLFLOW_TRACKING_PASSWORD" if name.contains("TRACKING_") => {
            Some("x".to_owned())
        }
        "OTEL_TRACES_SAMPLER" if name == "OTEL_TRACES_SAMPLER_ARG" => Some("traceidratio".to_owned()),
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("http://collector:4318".to_owned()),
        _ => None,
    };
    Settings::from_lookup(ServiceIdentity::new("forecast-api", "1"), lookup).is_ok()
}

/// Values that a kind takes and values that it refuses.
fn examples(kind: &ValueKind) -> (Vec<String>, Vec<String>) {
    let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    match kind {
        ValueKind::Text => (texts(&["x"]), Vec::new()),
        ValueKind::Integer { least, most } => {
            let above = most.checked_add(1).map(|number| number.to_string());
            let below = least.checked_sub(1).map(|number| number.to_string());
            let refused = above.into_iter().chain(below).chain(texts(&["ten", "1.5", "-1"]));
            (vec![least.to_string(), most.to_string()], refused.collect())
        }
        ValueKind::Address => {
            (texts(&["0.0.0.0:8080", "[::]:80", "localhost:1"]), texts(&["8080", "a:8080", "0.0.0.0"]))
        }
        ValueKind::Url { schemes } => {
            let good = schemes.iter().map(|scheme| match scheme.as_str() {
                "sqlite" => "sqlite:///x.db".to_owned(),
                other => format!("{other}://host:5000"),
            });
            (good.collect(), texts(&["ftp://host", "http://", "http://host:port", "http://a b"]))
        }
        ValueKind::Choice { of } => (of.clone(), texts(&["no-such-choice"])),
        ValueKind::Share => (texts(&["0", "0.25", "1"]), texts(&["1.1", "-0.1", "half"])),
        ValueKind::Pairs => (texts(&["a=1", "a=1,b=2"]), texts(&["a", "=1"])),
        ValueKind::ModelName => (texts(&["demand-forecast"]), texts(&["a/b", "a:b"])),
        ValueKind::Alias => (texts(&["production", "trial_2"]), texts(&["v1", "latest", "a b"])),
    }
}

#[test]
fn values_are_described_as_the_parsers_take_them() {
    let further = further_telemetry_variables();
    let exact =
        further.iter().filter(|name| !name.contains('*') && name.contains("OTLP")).map(String::as_str);
    let listed: Vec<String> = variables().into_iter().map(|variable| variable.name).collect();
    let mut wrong = Vec::new();
    for name in listed.iter().map(String::as_str).chain(exact) {
        let kind = facts(name).unwrap().value;
        let (good, bad) = examples(&kind);
        for value in good {
            // Files have to exist for the parser; that they do is not the value's form.
            if !name.contains("CERT") && (!takes(name, &value) || kind.check(&value).is_err()) {
                wrong.push(format!("{name}={value} should be taken"));
            }
        }
        for value in bad {
            if takes(name, &value) || kind.check(&value).is_ok() {
                wrong.push(format!("{name}={value} should be refused"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
