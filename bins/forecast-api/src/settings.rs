//! The configuration of server, MLflow and telemetry together: every problem of all three at once.

use std::fmt;

use forecast_http::ServerConfig;
use forecast_telemetry::{ServiceIdentity, TelemetryConfig};
use mlflow_client::ClientConfig;

/// Everything that the program needs to know.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) server: ServerConfig,
    pub(crate) mlflow: ClientConfig,
    pub(crate) telemetry: TelemetryConfig,
}

/// Everything that is wrong with the configuration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SettingsError {
    problems: Vec<String>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => out.write_str("the configuration has 1 problem:")?,
            count => write!(out, "the configuration has {count} problems:")?,
        }
        self.problems.iter().try_for_each(|problem| write!(out, "\n  {problem}"))
    }
}

impl std::error::Error for SettingsError {}

impl Settings {
    /// The settings that a lookup by environment name gives.
    pub(crate) fn from_lookup(
        service: ServiceIdentity,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let server = ServerConfig::from_lookup(&lookup);
        let mlflow = ClientConfig::from_lookup(&lookup);
        let telemetry = TelemetryConfig::from_lookup(service, &lookup);
        let mut problems = Vec::new();
        problems.extend(server.iter_problems());
        problems.extend(mlflow.iter_problems());
        problems.extend(telemetry.iter_problems());
        match (server, mlflow, telemetry) {
            (Ok(server), Ok(mlflow), Ok(telemetry)) => Ok(Self { server, mlflow, telemetry }),
            _ => Err(SettingsError { problems }),
        }
    }
}

/// The problems of one part, as lines.
trait IterProblems {
    fn iter_problems(&self) -> Vec<String>;
}

impl<T> IterProblems for Result<T, forecast_http::ConfigError> {
    fn iter_problems(&self) -> Vec<String> {
        lines(self.as_ref().err().map(|error| error.problems.as_slice()))
    }
}

impl<T> IterProblems for Result<T, mlflow_client::config::ConfigError> {
    fn iter_problems(&self) -> Vec<String> {
        lines(self.as_ref().err().map(|error| error.problems.as_slice()))
    }
}

impl<T> IterProblems for Result<T, forecast_telemetry::ConfigError> {
    fn iter_problems(&self) -> Vec<String> {
        lines(self.as_ref().err().map(forecast_telemetry::ConfigError::problems))
    }
}

fn lines<P: fmt::Display>(problems: Option<&[P]>) -> Vec<String> {
    problems.unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_of_all_parts_are_reported_together() {
        let pairs =
            [("FORECAST_BIND", "here"), ("MLFLOW_TRACKING_URI", "ftp://x"), ("FORECAST_LOG_FORMAT", "xml")];
        let lookup =
            |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let error = Settings::from_lookup(ServiceIdentity::new("t", "1"), lookup).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("the configuration has 3 problems:\n  FORECAST_BIND: "), "{text}");
        assert!(text.contains("\n  MLFLOW_TRACKING_URI: ") && text.contains("\n  FORECAST_LOG_FORMAT: "));
    }
}
