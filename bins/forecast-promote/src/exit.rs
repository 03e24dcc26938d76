//! Exit codes, which scripts rely on: documented, tested, never given another meaning.

use forecast_deploy::promotion::{ApplyError, GatherError, Refusal};
use mlflow_client::Error;

use crate::settings::SettingsError;

/// Something that no other code stands for.
const UNEXPECTED: u8 = 1;
/// Wrong usage, which clap notices and ends the program for.
const USAGE: u8 = 2;
/// The run may not be promoted; nothing was changed.
const REFUSED: u8 = 10;
/// A setting is not usable.
const CONFIGURATION: u8 = 64;
/// MLflow cannot be reached, or does not do what it is asked.
const MLFLOW: u8 = 69;
/// Ctrl-C.
const INTERRUPTED: u8 = 130;

/// All codes: in a word for `--help`, and in a sentence for the documentation.
pub(crate) const CODES: [(u8, &str, &str); 7] = [
    (
        0,
        "done",
        "It is as it was asked to be, also where nothing had to be changed. Where somebody else promoted another \
         run at the same moment and came last, the answer says so (`superseded`).",
    ),
    (UNEXPECTED, "unexpected", "Something nobody thought of; please report it."),
    (USAGE, "usage", "The command line is wrong. Nothing was read or changed."),
    (REFUSED, "promotion refused", "The run may not be promoted, and why. Nothing was changed."),
    (CONFIGURATION, "configuration", "Settings are not usable; all of them are named. Nothing was changed."),
    (
        MLFLOW,
        "MLflow unreachable or refusing",
        "The store did not do what it was asked. The message says which steps are done; giving the same command \
         again does the rest.",
    ),
    (INTERRUPTED, "interrupted", "Ctrl-C. The message says which steps are done."),
];

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
    Mlflow { tracking_uri: String, fault: anyhow::Error, remedy: Remedy },
    /// Ctrl-C, after these many steps of a promotion.
    Interrupted { done: usize, planned: usize },
}

/// What helps where MLflow does not do what it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// To look at its address, and whether it is up.
    Reach,
    /// What its answer, or our word about it, says.
    Said,
}

impl Remedy {
    fn of(tracking_uri: &str, fault: &Error) -> Self {
        match fault {
            // A file is where it was found; what is wrong with it is in the message.
            _ if tracking_uri.starts_with("sqlite:") => Self::Said,
            Error::Transport { .. }
            | Error::Timeout { .. }
            | Error::Protocol { .. }
            | Error::Unavailable { .. } => Self::Reach,
            _ => Self::Said,
        }
    }
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
            Self::Mlflow { tracking_uri, fault, remedy: Remedy::Said } => {
                format!("MLflow at {tracking_uri}: {fault}")
            }
            Self::Mlflow { tracking_uri, fault, remedy: Remedy::Reach } => format!(
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
            fault => Self::Mlflow {
                tracking_uri: tracking_uri.to_owned(),
                remedy: Remedy::of(tracking_uri, &fault),
                fault: fault.into(),
            },
        }
    }

    /// A failure to read.
    pub(crate) fn reading(tracking_uri: &str, fault: GatherError) -> Self {
        let remedy = Remedy::of(tracking_uri, &fault.source);
        Self::Mlflow { tracking_uri: tracking_uri.to_owned(), fault: fault.into(), remedy }
    }

    /// A failure to write.
    pub(crate) fn writing(tracking_uri: &str, fault: ApplyError) -> Self {
        let remedy = match &fault {
            ApplyError::Step { source, .. } | ApplyError::Check(GatherError { source, .. }) => {
                Remedy::of(tracking_uri, source)
            }
            ApplyError::Unsettled { .. } => Remedy::Said,
        };
        Self::Mlflow { tracking_uri: tracking_uri.to_owned(), fault: fault.into(), remedy }
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
