//! Where each signal goes: OpenTelemetry's `OTEL_EXPORTER_OTLP_*` variables.
//!
//! A variable of one signal (`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`) wins over the general one.
//! A signal is sent only when an endpoint is set for it. Source:
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>.

use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};

use super::pairs::Pair;
use super::reader::Reader;
use crate::error::ConfigProblem;
use crate::redact::{Redacted, scrub};

/// How long one export may take when nothing is said: the specification's default.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// A kind of telemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Spans.
    Traces,
    /// Measurements.
    Metrics,
    /// Log records.
    Logs,
}

impl Signal {
    /// The name in messages: `traces`, `metrics` or `logs`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }

    /// The name of this signal's own variable, such as `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT`.
    fn variable(self, suffix: &str) -> String {
        format!("OTEL_EXPORTER_OTLP_{}_{suffix}", self.name().to_ascii_uppercase())
    }

    fn http_path(self) -> &'static str {
        match self {
            Self::Traces => "v1/traces",
            Self::Metrics => "v1/metrics",
            Self::Logs => "v1/logs",
        }
    }
}

/// The transport of OTLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// gRPC.
    Grpc,
    /// Protobuf in HTTP requests.
    #[default]
    HttpProtobuf,
}

/// Compression of what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// None.
    #[default]
    None,
    /// gzip.
    Gzip,
}

/// How one signal is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportConfig {
    /// The full address; for HTTP it includes the signal's path.
    pub endpoint: Url,
    /// The transport.
    pub protocol: Protocol,
    /// Headers of every request; their values are credentials more often than not.
    pub headers: Vec<(String, Redacted<String>)>,
    /// How long one export may take, retries included.
    pub timeout: Duration,
    /// Compression of the requests.
    pub compression: Compression,
    /// PEM of a further authority that signs the collector's certificate, beside the system's.
    pub certificate_pem: Option<Vec<u8>>,
}

/// Where each signal is sent; `None` keeps it in the process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OtlpConfig {
    /// Spans.
    pub traces: Option<ExportConfig>,
    /// Measurements.
    pub metrics: Option<ExportConfig>,
    /// Log records.
    pub logs: Option<ExportConfig>,
}

impl OtlpConfig {
    /// Whether anything is sent.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.traces.is_some() || self.metrics.is_some() || self.logs.is_some()
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let switch = [("true", true), ("false", false)];
        let disabled = reader.choice("OTEL_SDK_DISABLED", &switch, "true, false");
        // Everything is checked even when it is off: turning it on must not bring surprises.
        let config = Self {
            traces: read_signal(reader, Signal::Traces),
            metrics: read_signal(reader, Signal::Metrics),
            logs: read_signal(reader, Signal::Logs),
        };
        if disabled == Some(true) { Self::default() } else { config }
    }
}

fn read_signal(reader: &mut Reader<'_>, signal: Signal) -> Option<ExportConfig> {
    let exporter = format!("OTEL_{}_EXPORTER", signal.name().to_ascii_uppercase());
    let sent = reader.choice(&exporter, &[("otlp", true), ("none", false)], "otlp, none");
    let protocol = read_protocol(reader, signal);
    let timeout = own_or_general(reader, signal, "TIMEOUT", Reader::milliseconds);
    let headers = read_headers(reader, signal);
    let compression = read_compression(reader, signal);
    let certificate_pem = read_certificate(reader, signal);
    // Last, so that a missing or faulty endpoint hides no other fault.
    let endpoint = read_endpoint(reader, signal, protocol)?;
    (sent != Some(false)).then_some(ExportConfig {
        endpoint,
        protocol,
        headers,
        timeout: timeout.unwrap_or(DEFAULT_TIMEOUT),
        compression,
        certificate_pem,
    })
}

/// The signal's own variable when it is set, the general one otherwise.
fn own_or_general<'r, T>(
    reader: &mut Reader<'r>,
    signal: Signal,
    suffix: &str,
    read: impl Fn(&mut Reader<'r>, &str) -> Option<T>,
) -> Option<T> {
    let own = signal.variable(suffix);
    if reader.get(&own).is_some() {
        read(reader, &own)
    } else {
        read(reader, &format!("OTEL_EXPORTER_OTLP_{suffix}"))
    }
}

fn read_protocol(reader: &mut Reader<'_>, signal: Signal) -> Protocol {
    let choices = [("grpc", Protocol::Grpc), ("http/protobuf", Protocol::HttpProtobuf)];
    own_or_general(reader, signal, "PROTOCOL", |reader, variable| {
        reader.choice(variable, &choices, "grpc, http/protobuf")
    })
    .unwrap_or_default()
}

fn read_compression(reader: &mut Reader<'_>, signal: Signal) -> Compression {
    let choices = [("none", Compression::None), ("gzip", Compression::Gzip)];
    own_or_general(reader, signal, "COMPRESSION", |reader, variable| {
        reader.choice(variable, &choices, "none, gzip")
    })
    .unwrap_or_default()
}

fn read_headers(reader: &mut Reader<'_>, signal: Signal) -> Vec<(String, Redacted<String>)> {
    let headers = own_or_general(reader, signal, "HEADERS", |reader, variable| {
        Some(reader.pairs(variable, check_header))
    });
    let headers = headers.into_iter().flatten();
    headers.map(|(name, value)| (name, Redacted::new(value))).collect()
}

fn check_header((name, value): &Pair) -> Result<(), &'static str> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| "is not named as a header may be")?;
    HeaderValue::from_str(value).map_err(|_| "has a value that no header may carry")?;
    Ok(())
}

fn read_certificate(reader: &mut Reader<'_>, signal: Signal) -> Option<Vec<u8>> {
    own_or_general(reader, signal, "CERTIFICATE", |reader, variable| {
        let path = reader.get(variable)?;
        match std::fs::read(&path) {
            Ok(pem) => Some(pem),
            Err(error) => {
                let (variable, reason) = (variable.to_owned(), error.to_string());
                reader.report(ConfigProblem::Certificate { variable, path, reason });
                None
            }
        }
    })
}

fn read_endpoint(reader: &mut Reader<'_>, signal: Signal, protocol: Protocol) -> Option<Url> {
    let own = signal.variable("ENDPOINT");
    if reader.get(&own).is_some() {
        return parse_endpoint(reader, &own);
    }
    let mut endpoint = parse_endpoint(reader, "OTEL_EXPORTER_OTLP_ENDPOINT")?;
    if protocol == Protocol::HttpProtobuf {
        // The general address is a base: each signal has its path below it.
        let path = format!("{}/{}", endpoint.path().trim_end_matches('/'), signal.http_path());
        endpoint.set_path(&path);
    }
    Some(endpoint)
}

fn parse_endpoint(reader: &mut Reader<'_>, variable: &str) -> Option<Url> {
    let value = reader.get(variable)?;
    let variable = variable.to_owned();
    let problem = match Url::parse(&value) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") || url.host().is_none() => {
            let reason = format!("`{}` does not start with http:// or https://", scrub(&value));
            ConfigProblem::Endpoint { variable, reason }
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            ConfigProblem::CredentialsInEndpoint { variable }
        }
        Ok(url) => return Some(url),
        Err(error) => {
            let reason = format!("`{}` is not an address: {error}", scrub(&value));
            ConfigProblem::Endpoint { variable, reason }
        }
    };
    reader.report(problem);
    None
}
