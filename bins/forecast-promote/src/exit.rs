//! Exit codes, which scripts rely on: documented, tested, never given another meaning.

use forecast_deploy::promotion::{ApplyError, GatherError, Refusal};
use mlflow_client::Error;

use crate::settings::SettingsError;

/// Something that no other code stands for.
const UNEXPECTED: u8 = 1;
/// The run may not be promoted; nothing was changed. (2 is wrong usage, said by clap.)
const REFUSED: u8 = 10;
/// A setting is not usable.
const CONFIGURATION: u8 = 64;
/// MLflow cannot be reached, or does not do what it is asked.
const MLFLOW: u8 = 69;
/// Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Why the program did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody thought of this.
    Unexpected(anyhow::Error),
    /// The run may not be promoted.
    Refused(Refusal),
    /// Settings are not usable; all of them are in here.
    Configuration(Vec<String>),
    /// The store at this address does not do what it is asked.
    Mlflow { tracking_uri: String, fault: anyhow::Error },
    /// Ctrl-C, after these many steps of a promotion.
    Interrupted { done: usize, planned: usize },
}

impl Failure {
    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Unexpected(_) => UNEXPECTED,
            Self::Refused(_) => REFUSED,
            Self::Configuration(_) => CONFIGURATION,
            Self::Mlflow { .. } => MLFLOW,
            Self::Interrupted { .. } => INTERRUPTED,
        }
    }

    /// A word for scripts.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Unexpected(_) => "unexpected",
            Self::Refused(_) => "refused",
            Self::Configuration(_) => "configuration",
            Self::Mlflow { .. } => "mlflow",
            Self::Interrupted { .. } => "interrupted",
        }
    }

    /// Cause, place and remedy.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Unexpected(fault) => format!("{fault:#}"),
            Self::Refused(refusal) => format!("not promoted: {refusal}"),
            Self::Configuration(problems) => problems.join("\n       "),
            Self::Mlflow { tracking_uri, fault } => format!(
                "MLflow at {tracking_uri}: {fault}\n       check that it is up and that \
                 MLFLOW_TRACKING_URI (or --tracking-uri) is its address"
            ),
            Self::Interrupted { done: 0, planned: 0 } => "interrupted; nothing was changed".to_owned(),
            Self::Interrupted { done, planned } => format!(
                "interrupted after {done} of {planned} steps, perhaps in the middle of the next; give the \
                 same command again to do the rest"
            ),
        }
    }

    /// A failure to open the store, which is mostly one of its settings.
    pub(crate) fn opening(tracking_uri: &str, fault: Error) -> Self {
        match fault {
            Error::Config(_)
            | Error::InvalidParameter { .. }
            | Error::Unsupported { .. }
            | Error::File { .. } => Self::Configuration(vec![fault.to_string()]),
            fault => Self::Mlflow { tracking_uri: tracking_uri.to_owned(), fault: fault.into() },
        }
    }

    /// A failure to read.
    pub(crate) fn reading(tracking_uri: &str, fault: GatherError) -> Self {
        Self::Mlflow { tracking_uri: tracking_uri.to_owned(), fault: fault.into() }
    }

    /// A failure to write.
    pub(crate) fn writing(tracking_uri: &str, fault: ApplyError) -> Self {
        Self::Mlflow { tracking_uri: tracking_uri.to_owned(), fault: fault.into() }
    }
}

/// Both values, or the problems of both.
pub(crate) fn both<T, S>(
    telemetry: Result<T, forecast_telemetry::ConfigError>,
    settings: Result<S, SettingsError>,
) -> Result<(T, S), Failure> {
    match (telemetry, settings) {
        (Ok(telemetry), Ok(settings)) => Ok((telemetry, settings)),
        (telemetry, settings) => {
            let mut problems = settings.err().map(|fault| fault.problems).unwrap_or_default();
            problems.extend(telemetry.err().map(|fault| fault.to_string()));
            Err(Failure::Configuration(problems))
        }
    }
}
