//! Exit codes. They are part of the program's interface: documented, tested, never reused.

use std::process::ExitCode;

use forecast_http::{Ended, ServeError};

use crate::settings::SettingsError;

/// How the program ends. Usage errors end with 2, before any of this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Told to stop, and drained.
    Done = 0,
    /// Something unexpected.
    Unexpected = 1,
    /// The configuration is not usable.
    Configuration = 64,
    /// Ctrl-C.
    Interrupted = 130,
}

/// Every code with its meaning, for the manual. 2 is clap's.
#[cfg(test)]
pub(crate) const CODES: &[(Exit, &str)] = &[
    (Exit::Done, "Told to stop by SIGTERM; what had begun was finished."),
    (Exit::Unexpected, "Something nobody thought of; please report it."),
    (Exit::Configuration, "Settings are not usable, all of them are named; or the address is taken."),
    (Exit::Interrupted, "Ctrl-C; what had begun was finished."),
];

impl Exit {
    /// How an outcome ends the program.
    pub(crate) fn of(outcome: &anyhow::Result<Ended>) -> Self {
        match outcome {
            Ok(Ended::Terminated) => Self::Done,
            Ok(Ended::Interrupted) => Self::Interrupted,
            Err(error) if error.is::<SettingsError>() => Self::Configuration,
            Err(error) if matches!(error.downcast_ref(), Some(ServeError::Bind { .. })) => {
                Self::Configuration
            }
            Err(_) => Self::Unexpected,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
