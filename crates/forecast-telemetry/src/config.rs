//! The checked configuration of telemetry, and how it is read from named variables.
//!
//! Everything is read through a lookup function, so that binaries decide what the environment is
//! and tests need not touch it. All problems are found in one pass.

mod otlp;
mod pairs;
mod reader;
mod sampler;
mod variables;

use std::collections::BTreeMap;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

pub use otlp::{Compression, ExportConfig, OtlpConfig, Protocol, Signal};
pub use sampler::Sampler;
pub use variables::{VARIABLES, Variable};

use crate::error::{ConfigError, ConfigProblem};
use reader::Reader;

/// How long the guard waits for the last telemetry to leave.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// The program that reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceIdentity {
    name: String,
    version: String,
}

impl ServiceIdentity {
    /// A service by its name (such as `forecast-api`) and version.
    #[must_use]
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self { name: name.into(), version: version.into() }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// Human when standard error is a terminal, JSON otherwise.
    #[default]
    Auto,
    /// One readable line per event, in colour on a terminal.
    Human,
    /// One JSON object per line.
    Json,
}

/// A checked telemetry configuration.
#[derive(Debug, Clone)]
pub struct TelemetryConfig {
    pub(crate) log_format: LogFormat,
    /// Whether colours are welcome on a terminal.
    pub(crate) colour: bool,
    pub(crate) filter: String,
    pub(crate) otlp: OtlpConfig,
    pub(crate) sampler: Sampler,
    pub(crate) resource: BTreeMap<String, String>,
    pub(crate) shutdown_timeout: Duration,
}

impl TelemetryConfig {
    /// Reads the configuration through `lookup`, which returns a variable's value by its name.
    ///
    /// The names are those of [`VARIABLES`]. A variable that is set to nothing counts as unset.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with every problem found.
    pub fn from_lookup(
        service: ServiceIdentity,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(&lookup);
        let config = Self {
            log_format: read_log_format(&mut reader),
            colour: reader.get("NO_COLOR").is_none(),
            filter: read_filter(&mut reader),
            otlp: OtlpConfig::read(&mut reader),
            sampler: Sampler::read(&mut reader),
            resource: read_resource(&mut reader, service),
            shutdown_timeout: SHUTDOWN_TIMEOUT,
        };
        reader.finish()?;
        Ok(config)
    }

    /// The same with other log directives, for a program's own option (`--verbose`).
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when the directives do not parse.
    pub fn with_filter(mut self, directives: &str) -> Result<Self, ConfigError> {
        if let Some(problem) = check_filter("the log filter", directives) {
            return Err(ConfigError::one(problem));
        }
        directives.clone_into(&mut self.filter);
        Ok(self)
    }

    /// The same with another log format.
    #[must_use]
    pub fn with_log_format(mut self, format: LogFormat) -> Self {
        self.log_format = format;
        self
    }

    /// The same with another limit on the wait for the last telemetry (five seconds otherwise).
    #[must_use]
    pub fn with_shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
        self
    }

    /// How log lines look.
    #[must_use]
    pub fn log_format(&self) -> LogFormat {
        self.log_format
    }

    /// The log directives.
    #[must_use]
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// Where each signal is sent.
    #[must_use]
    pub fn otlp(&self) -> &OtlpConfig {
        &self.otlp
    }

    /// Which traces are kept.
    #[must_use]
    pub fn sampler(&self) -> Sampler {
        self.sampler
    }

    /// What is said about this process with every signal.
    #[must_use]
    pub fn resource(&self) -> &BTreeMap<String, String> {
        &self.resource
    }
}

fn read_log_format(reader: &mut Reader<'_>) -> LogFormat {
    let choices = [("human", LogFormat::Human), ("json", LogFormat::Json)];
    reader.choice("FORECAST_LOG_FORMAT", &choices, "human, json").unwrap_or_default()
}

fn read_filter(reader: &mut Reader<'_>) -> String {
    for variable in ["FORECAST_LOG", "RUST_LOG"] {
        if let Some(directives) = reader.get(variable) {
            if let Some(problem) = check_filter(variable, &directives) {
                reader.report(problem);
            }
            return directives;
        }
    }
    "info".to_owned()
}

fn check_filter(variable: &str, directives: &str) -> Option<ConfigProblem> {
    let error = EnvFilter::builder().parse(directives).err()?;
    Some(ConfigProblem::Filter { variable: variable.to_owned(), reason: error.to_string() })
}

/// The resource's attributes. The environment wins over what the program says of itself, and
/// `OTEL_SERVICE_NAME` over `service.name` in the list, as the specification orders.
fn read_resource(reader: &mut Reader<'_>, service: ServiceIdentity) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::from([
        ("service.name".to_owned(), service.name),
        ("service.version".to_owned(), service.version),
        // Identical pods report the same series otherwise, and overwrite one another.
        ("service.instance.id".to_owned(), uuid::Uuid::new_v4().to_string()),
    ]);
    attributes.extend(reader.pairs("OTEL_RESOURCE_ATTRIBUTES", |_| Ok(())));
    if let Some(name) = reader.get("OTEL_SERVICE_NAME") {
        attributes.insert("service.name".to_owned(), name);
    }
    attributes
}

#[cfg(test)]
mod tests;
