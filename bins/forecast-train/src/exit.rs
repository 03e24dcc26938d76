//! Exit codes are part of the interface: documented in `--help`, tested, never reused.

use std::fmt::Display;
use std::process::ExitCode;

use forecast_pipeline::{FailureKind, TrainingError};

use crate::say::say;

/// How the program can fail. Usage errors (2) are clap's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nobody foresaw this.
    Unexpected = 1,
    /// The settings are at fault.
    Configuration = 64,
    /// The data are at fault.
    Data = 65,
    /// MLflow is unreachable or refuses.
    Mlflow = 69,
    /// Somebody pressed Ctrl-C.
    Interrupted = 130,
}

/// A failure with its exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Display) -> Self {
        Self { exit, message: message.to_string() }
    }

    pub(crate) fn configuration(message: impl Display) -> Self {
        Self::new(Exit::Configuration, message)
    }

    /// MLflow's fault, mostly that of its address.
    pub(crate) fn mlflow(message: impl Display) -> Self {
        let remedy =
            "check that MLflow is up and that MLFLOW_TRACKING_URI (or --tracking-uri) is its address";
        Self::new(Exit::Mlflow, format_args!("MLflow: {message}\n{remedy}"))
    }

    /// Prints the message for people and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        say(format_args!("forecast-train: {}", self.message));
        ExitCode::from(self.exit as u8)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::new(Exit::Unexpected, format!("{error:#}"))
    }
}

impl From<TrainingError> for Failure {
    fn from(error: TrainingError) -> Self {
        let exit = match error.kind() {
            FailureKind::Configuration => Exit::Configuration,
            FailureKind::Data => Exit::Data,
            FailureKind::Mlflow => Exit::Mlflow,
            FailureKind::Interrupted => Exit::Interrupted,
            FailureKind::Unexpected => Exit::Unexpected,
        };
        match exit {
            Exit::Mlflow => Self::mlflow(error.full_message()),
            exit => Self::new(exit, error.full_message()),
        }
    }
}
