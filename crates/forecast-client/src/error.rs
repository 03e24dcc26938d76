//! Why a call has no answer.

use std::time::Duration;

use crate::{ConfigError, Problem};

/// Why a call has no answer. Where several attempts were made, this is the last one's reason.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The settings are wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The HTTP client could not be built.
    #[error("the http client cannot be set up; check the machine's certificates")]
    Setup(#[source] reqwest::Error),
    /// The request cannot be written as JSON.
    #[error("the request cannot be written as json; look for numbers that are not finite")]
    Request(#[source] serde_json::Error),
    /// Too many attempts failed in a row; nothing was sent.
    #[error("the service failed too often; not asking it again for {retry_in:?}")]
    CircuitOpen {
        /// When an attempt will be made again; zero while one is being made.
        retry_in: Duration,
    },
    /// The service was not reached, or closed the connection before it answered.
    #[error("the forecast service cannot be reached; check its address and that it runs")]
    Unreachable(#[source] reqwest::Error),
    /// An attempt took too long.
    #[error("no answer within {after:?}; ask for fewer series or allow more time")]
    TimedOut {
        /// How long the attempt was given.
        after: Duration,
    },
    /// The service refused the request and said why.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// The answer is not one of the forecast API: a proxy's page, or another service.
    #[error("status {status} is no answer of the forecast api; check the address. it begins: {beginning:?}")]
    NotTheApi {
        /// HTTP status.
        status: u16,
        /// The first characters of the body.
        beginning: String,
    },
    /// A successful answer does not have the shape of the contract.
    #[error("the answer does not have the expected shape; client and service may be of different versions")]
    Shape(#[source] serde_json::Error),
    /// The connection broke in the middle of an answer.
    #[error("the answer broke off")]
    BrokeOff(#[source] reqwest::Error),
}

impl ClientError {
    /// The service's own account, where it gave one.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            _ => None,
        }
    }

    /// The stable name of the cause, where the service gave one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.problem().map(|problem| problem.code.as_str())
    }

    /// What to name when asking the service's owners.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.problem()?.request_id.as_deref()
    }

    /// The HTTP status, where one arrived.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(problem) => Some(problem.status),
            Self::NotTheApi { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether the same request may succeed later without a change.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::CircuitOpen { .. } | Self::Unreachable(_) | Self::TimedOut { .. } | Self::BrokeOff(_) => {
                true
            }
            Self::Refused(_) | Self::NotTheApi { .. } => {
                self.status().is_some_and(|status| status == 429 || status >= 500)
            }
            Self::Config(_) | Self::Setup(_) | Self::Request(_) | Self::Shape(_) => false,
        }
    }
}
