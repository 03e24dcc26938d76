//! What each environment variable may hold, in a form that a file can state and a check can apply.
//!
//! The programs' parsers decide; this table only repeats them. The tests of `forecast-api` hold every
//! line of it against the real parsers, from both sides of each bound.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::{Exposure, Required};

/// What a value has to look like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ValueKind {
    /// Anything.
    Text,
    /// A whole number within bounds, both included.
    Integer {
        /// Least value.
        least: u64,
        /// Greatest value.
        most: u64,
    },
    /// An IP address and a port.
    Address,
    /// A URL with one of these schemes.
    Url {
        /// Without `://`.
        schemes: Vec<String>,
    },
    /// One of these words.
    Choice {
        /// The words.
        of: Vec<String>,
    },
    /// A number from 0 to 1.
    Share,
    /// `key=value` pairs with commas between them.
    Pairs,
    /// The name of a registered model: neither `/` nor `:`.
    ModelName,
    /// An alias of the registry: letters, digits, `_` and `-`.
    Alias,
}

/// What is known of a variable besides what the programs' own tables say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What it may hold.
    pub value: ValueKind,
    /// Where it must be set.
    pub required: Required,
    /// Whether it may be seen.
    pub exposure: Exposure,
}

/// What is known of a variable; none where nothing is.
#[must_use]
pub fn facts(name: &str) -> Option<Facts> {
    let value = match name {
        "FORECAST_BIND" => ValueKind::Address,
        "FORECAST_MODEL" => ValueKind::ModelName,
        "FORECAST_ALIAS" => ValueKind::Alias,
        "FORECAST_POLL_SECONDS" => ValueKind::Integer { least: 1, most: 86_400 },
        "FORECAST_MAX_BODY_BYTES" => ValueKind::Integer { least: 1_024, most: 1 << 30 },
        "FORECAST_MAX_SERIES" => ValueKind::Integer { least: 1, most: 1_000_000 },
        "FORECAST_MAX_HISTORY_ROWS" => ValueKind::Integer { least: 1, most: 10_000_000 },
        "FORECAST_DRAIN_DELAY_SECONDS" | "FORECAST_DRAIN_SECONDS" => {
            ValueKind::Integer { least: 0, most: 3_600 }
        }
        "FORECAST_LOG_FORMAT" => choice(&["human", "json"]),
        "MLFLOW_TRACKING_URI" => url(&["http", "https", "sqlite"]),
        "MLFLOW_TRACKING_INSECURE_TLS" => choice(&["true", "false", "1", "0"]),
        "OTEL_SDK_DISABLED" => choice(&["true", "false"]),
        "OTEL_TRACES_EXPORTER" | "OTEL_METRICS_EXPORTER" | "OTEL_LOGS_EXPORTER" => choice(&["otlp", "none"]),
        "OTEL_TRACES_SAMPLER" => choice(&[
            "always_on",
            "always_off",
            "traceidratio",
            "parentbased_always_on",
            "parentbased_always_off",
            "parentbased_traceidratio",
        ]),
        "OTEL_TRACES_SAMPLER_ARG" => ValueKind::Share,
        "OTEL_RESOURCE_ATTRIBUTES" => ValueKind::Pairs,
        "FORECAST_CACHE_DIR"
        | "FORECAST_LOG"
        | "RUST_LOG"
        | "NO_COLOR"
        | "OTEL_SERVICE_NAME"
        | "MLFLOW_TRACKING_USERNAME"
        | "MLFLOW_TRACKING_PASSWORD"
        | "MLFLOW_TRACKING_TOKEN"
        | "MLFLOW_TRACKING_SERVER_CERT_PATH"
        | "MLFLOW_EXPERIMENT_NAME" => ValueKind::Text,
        _ => exporter_value(name)?,
    };
    let required = match name {
        "FORECAST_BIND" | "FORECAST_CACHE_DIR" | "MLFLOW_TRACKING_URI" => Required::InCluster,
        _ => Required::Never,
    };
    let secret = ["MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"].contains(&name)
        || (name.starts_with("OTEL_EXPORTER_OTLP_") && name.ends_with("HEADERS"));
    let exposure = if secret { Exposure::Secret } else { Exposure::Public };
    Some(Facts { value, required, exposure })
}

/// `OTEL_EXPORTER_OTLP_*`, for all signals or for one.
fn exporter_value(name: &str) -> Option<ValueKind> {
    let rest = name.strip_prefix("OTEL_EXPORTER_OTLP_")?;
    let signal = ["TRACES_", "METRICS_", "LOGS_"].iter().find_map(|signal| rest.strip_prefix(signal));
    match signal.unwrap_or(rest) {
        "ENDPOINT" => Some(url(&["http", "https"])),
        "PROTOCOL" => Some(choice(&["grpc", "http/protobuf"])),
        "HEADERS" => Some(ValueKind::Pairs),
        "TIMEOUT" => Some(ValueKind::Integer { least: 1, most: u64::MAX }),
        "COMPRESSION" => Some(choice(&["none", "gzip"])),
        "CERTIFICATE" => Some(ValueKind::Text),
        _ => None,
    }
}

fn choice(of: &[&str]) -> ValueKind {
    ValueKind::Choice { of: of.iter().map(|word| (*word).to_owned()).collect() }
}

fn url(schemes: &[&str]) -> ValueKind {
    ValueKind::Url { schemes: schemes.iter().map(|scheme| (*scheme).to_owned()).collect() }
}

impl ValueKind {
    /// Whether a program would take the text; an empty one counts as not set.
    ///
    /// # Errors
    /// What it should be instead.
    pub fn check(&self, text: &str) -> Result<(), String> {
        let text = text.trim();
        if text.is_empty() || self.takes(text) { Ok(()) } else { Err(self.to_string()) }
    }

    fn takes(&self, text: &str) -> bool {
        match self {
            Self::Text => true,
            Self::Integer { least, most } => {
                text.parse().is_ok_and(|number: u64| (*least..=*most).contains(&number))
            }
            Self::Address => text.replace("localhost:", "127.0.0.1:").parse::<SocketAddr>().is_ok(),
            Self::Url { schemes } => text.split_once("://").is_some_and(|(scheme, rest)| {
                schemes.iter().any(|known| known.eq_ignore_ascii_case(scheme)) && host_is_sound(rest)
            }),
            Self::Choice { of } => of.iter().any(|word| word.eq_ignore_ascii_case(text)),
            Self::Share => text.parse().is_ok_and(|share: f64| (0.0..=1.0).contains(&share)),
            Self::Pairs => text.split(',').all(|pair| {
                pair.trim().is_empty() || pair.split_once('=').is_some_and(|(key, _)| !key.trim().is_empty())
            }),
            Self::ModelName => !text.contains(['/', ':']),
            Self::Alias => alias_is_sound(text),
        }
    }
}

/// After the scheme: something, without blanks, and a port that is one.
fn host_is_sound(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let port = authority.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
    !rest.is_empty()
        && !rest.contains(char::is_whitespace)
        && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

fn alias_is_sound(text: &str) -> bool {
    let number = text.strip_prefix(['v', 'V']).unwrap_or_default();
    let is_version = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    let is_plain = text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    is_plain && !is_version && !text.eq_ignore_ascii_case("latest")
}

impl std::fmt::Display for ValueKind {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text => write!(out, "any text"),
            Self::Integer { least, most: u64::MAX } => write!(out, "a whole number of at least {least}"),
            Self::Integer { least, most } => write!(out, "a whole number from {least} to {most}"),
            Self::Address => write!(out, "an address and port such as 0.0.0.0:8080"),
            Self::Url { schemes } => write!(out, "a URL with {}://", schemes.join(":// or ")),
            Self::Choice { of } => write!(out, "one of {}", of.join(", ")),
            Self::Share => write!(out, "a number from 0 to 1"),
            Self::Pairs => write!(out, "key=value pairs with commas between them"),
            Self::ModelName => write!(out, "a model's name, without / and :"),
            Self::Alias => write!(out, "an alias of letters, digits, _ and -, and neither latest nor v1"),
        }
    }
}
