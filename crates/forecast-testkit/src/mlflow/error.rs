//! Why a server could not be started.

use std::path::PathBuf;
use std::time::Duration;

/// Why a server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// The Python environment with the servers is missing.
    #[error("{} is missing: run ci/setup-dev.sh, then the tests again", path.display())]
    NotSetUp {
        /// What was looked for.
        path: PathBuf,
    },
    /// A command could not be run.
    #[error("cannot run {command}: {source}")]
    Spawn {
        /// The program.
        command: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file or folder could not be used.
    #[error("{}: {source}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A command ended when it should have gone on, or failed.
    #[error("{what} ended by itself; the end of its log:\n{log}")]
    Ended {
        /// Which command.
        what: &'static str,
        /// The last lines of its log.
        log: String,
    },
    /// A server did not become ready.
    #[error("{what} was not ready after {waited:?}; the end of its log:\n{log}")]
    NotReady {
        /// Which server.
        what: &'static str,
        /// How long it was waited for.
        waited: Duration,
        /// The last lines of its log.
        log: String,
    },
}
