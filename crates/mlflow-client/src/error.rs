//! What can go wrong, by meaning rather than by status code.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::ConfigError;

/// The result of a call to a store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whatever lies below an error.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a store did not do what it was asked.
///
/// `operation` names the call as a person would (`create run`); `detail` is what the server or
/// the database said, shortened, never with credentials in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The experiment, run, model, version, alias or artifact does not exist.
    #[error("{operation}: not found: {detail}")]
    NotFound {
        /// What was asked for.
        operation: &'static str,
        /// What is missing.
        detail: String,
    },
    /// Something of that name exists already.
    #[error("{operation}: exists already: {detail}")]
    AlreadyExists {
        /// What was asked for.
        operation: &'static str,
        /// What exists.
        detail: String,
    },
    /// The request breaks a rule of MLflow; asking again will not help.
    #[error("{operation}: invalid request: {detail}")]
    InvalidParameter {
        /// What was asked for.
        operation: &'static str,
        /// Which rule.
        detail: String,
    },
    /// The user is known but may not do this.
    #[error("{operation}: permission denied; ask the server's administrator for the right: {detail}")]
    PermissionDenied {
        /// What was asked for.
        operation: &'static str,
        /// What the server said.
        detail: String,
    },
    /// The server does not know who is asking.
    #[error(
        "{operation}: not authenticated; check MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, \
         or MLFLOW_TRACKING_TOKEN where a proxy accepts tokens: {detail}"
    )]
    Unauthenticated {
        /// What was asked for.
        operation: &'static str,
        /// What the server said.
        detail: String,
    },
    /// The server's protection against DNS rebinding does not know the name it is called by.
    #[error(
        "{operation}: the MLflow server refuses to be called by the name {host}; start it with \
         `--allowed-hosts \"{allowed}\"` or set MLFLOW_SERVER_ALLOWED_HOSTS=\"{allowed}\" \
         (the name is needed with and without its port)"
    )]
    InvalidHostHeader {
        /// What was asked for.
        operation: &'static str,
        /// The host as sent, with its port where it has one.
        host: String,
        /// What the server's setting must hold: the host with and without port.
        allowed: String,
    },
    /// Somebody else changed the same thing at the same time.
    #[error("{operation}: conflict with another change; read again and retry: {detail}")]
    Conflict {
        /// What was asked for.
        operation: &'static str,
        /// What the server said.
        detail: String,
    },
    /// Too many requests, also after the retries that the configuration allows.
    #[error("{operation}: too many requests: {detail}")]
    RateLimited {
        /// What was asked for.
        operation: &'static str,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
        /// What the server said.
        detail: String,
    },
    /// The server, the proxy before it or the database cannot answer now.
    #[error("{operation}: temporarily unavailable: {detail}")]
    Unavailable {
        /// What was asked for.
        operation: &'static str,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
        /// What the server said.
        detail: String,
    },
    /// No answer in time. Whether the call took effect is not known.
    #[error("{operation}: no answer within {after:?}; raise the timeout or look at the server's load")]
    Timeout {
        /// What was asked for.
        operation: &'static str,
        /// The time that was allowed.
        after: Duration,
        /// What the network layer said.
        source: Source,
    },
    /// The server could not be reached, or the connection broke.
    #[error("{operation}: cannot talk to {server}: {detail}")]
    Transport {
        /// What was asked for.
        operation: &'static str,
        /// Scheme, host and port.
        server: String,
        /// The innermost reason.
        detail: String,
        /// What the network layer said.
        source: Source,
    },
    /// The server's certificate is not trusted, or the server does not speak TLS.
    #[error(
        "{operation}: no secure connection to {server}: {detail}; for a certificate signed by a private \
         authority set MLFLOW_TRACKING_SERVER_CERT_PATH, for a server without TLS write http://"
    )]
    Tls {
        /// What was asked for.
        operation: &'static str,
        /// Scheme, host and port.
        server: String,
        /// The innermost reason.
        detail: String,
        /// What the TLS layer said.
        source: Source,
    },
    /// The answer is not one that MLflow gives: often another program listens at that address.
    #[error("{operation}: unexpected answer: {detail}")]
    Protocol {
        /// What was asked for.
        operation: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The server failed inside; its log says why.
    #[error("{operation}: the server failed with status {status}; its log says why: {detail}")]
    Server {
        /// What was asked for.
        operation: &'static str,
        /// HTTP status.
        status: u16,
        /// What the server said.
        detail: String,
    },
    /// This store cannot do that.
    #[error("{operation}: not supported: {detail}")]
    Unsupported {
        /// What was asked for.
        operation: &'static str,
        /// Why, and what works instead.
        detail: String,
    },
    /// A file of this machine cannot be read or written.
    #[error("{operation}: {}: {source}", path.display())]
    File {
        /// What was asked for.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The embedded database failed.
    #[error("{operation}: the database failed: {detail}")]
    Storage {
        /// What was asked for.
        operation: &'static str,
        /// What it was doing.
        detail: String,
        /// What the database said.
        source: Source,
    },
    /// The configuration is not usable; all problems are listed.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Error {
    /// Whether the same call may succeed later without anybody changing anything.
    ///
    /// For [`Error::Timeout`] and [`Error::Transport`] the call may have taken effect already:
    /// repeat it only if doing it twice does no harm.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::RateLimited { .. }
                | Self::Unavailable { .. }
                | Self::Timeout { .. }
                | Self::Transport { .. }
                | Self::Conflict { .. }
        )
    }

    /// Whether the thing asked for does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// Whether something of that name exists already.
    #[must_use]
    pub fn is_already_exists(&self) -> bool {
        matches!(self, Self::AlreadyExists { .. })
    }

    /// How long the server asks to wait before the next attempt.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } | Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
