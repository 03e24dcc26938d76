//! What can be wrong with a telemetry configuration, and what can fail while starting.
//!
//! Configuration problems are collected and reported together. No message repeats the value of a
//! header, because headers carry credentials.

use std::fmt;

/// One thing that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigProblem {
    /// A variable holds a word that is not one of those it may hold.
    #[error("{variable}: `{value}` is not supported; use one of {allowed}")]
    UnknownChoice {
        /// The environment variable.
        variable: String,
        /// What it holds.
        value: String,
        /// What it may hold.
        allowed: &'static str,
    },
    /// The log filter does not parse.
    #[error("{variable}: {reason}; write directives such as `info,forecast_http=debug`")]
    Filter {
        /// The environment variable.
        variable: String,
        /// The parser's message.
        reason: String,
    },
    /// The collector's address is not usable.
    #[error("{variable}: {reason}; write an address such as `http://localhost:4318`")]
    Endpoint {
        /// The environment variable.
        variable: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The collector's address holds a user name or password.
    #[error("{variable}: the address holds credentials; remove them and set OTEL_EXPORTER_OTLP_HEADERS")]
    CredentialsInEndpoint {
        /// The environment variable.
        variable: String,
    },
    /// A list of `key=value` pairs does not parse.
    #[error("{variable}: entry {position} {reason}; write `key=value,key2=value2`")]
    Pairs {
        /// The environment variable.
        variable: String,
        /// Which entry of the list, counted from 1.
        position: usize,
        /// What is wrong with it, without its value.
        reason: &'static str,
    },
    /// A duration is not a positive whole number of milliseconds.
    #[error("{variable}: `{value}` is not a duration; write milliseconds above zero, such as 10000")]
    Milliseconds {
        /// The environment variable.
        variable: String,
        /// What it holds.
        value: String,
    },
    /// A sampling ratio is not between 0 and 1.
    #[error("{variable}: `{value}` is not a ratio; write a number from 0 to 1, such as 0.1")]
    Ratio {
        /// The environment variable.
        variable: String,
        /// What it holds.
        value: String,
    },
    /// The certificate file of the collector's authority cannot be read.
    #[error("{variable}: cannot read `{path}`: {reason}; point it at a readable PEM file")]
    Certificate {
        /// The environment variable.
        variable: String,
        /// The file.
        path: String,
        /// Why it cannot be read.
        reason: String,
    },
}

/// Every problem of a telemetry configuration, in the order of the variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<ConfigProblem>,
}

impl ConfigError {
    pub(crate) fn check(problems: Vec<ConfigProblem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }

    pub(crate) fn one(problem: ConfigProblem) -> Self {
        Self { problems: vec![problem] }
    }

    /// The problems; never empty.
    #[must_use]
    pub fn problems(&self) -> &[ConfigProblem] {
        &self.problems
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "telemetry configuration: ")?;
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; and " };
            write!(out, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// Why telemetry could not start, or metrics could not be written.
///
/// A collector that does not answer is not among them: that is a warning in the log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The process has a subscriber already.
    #[error("a tracing subscriber is installed already; call init once, first thing in main")]
    AlreadyInitialised,
    /// The thread that sends telemetry cannot be started.
    #[error("cannot start the telemetry runtime; check the limit on threads")]
    Runtime(#[source] std::io::Error),
    /// The exporter of one signal cannot be built.
    #[error("cannot build the exporter for {signal}: {reason}")]
    Exporter {
        /// `traces`, `metrics` or `logs`.
        signal: &'static str,
        /// The library's message, free of headers.
        reason: String,
    },
    /// Metrics cannot be collected or written as text.
    #[error("cannot render metrics: {reason}")]
    Metrics {
        /// The library's message.
        reason: String,
    },
}
