//! How to reach a store. Every field has a type that cannot hold a wrong value; texts become
//! such values in [`ClientConfig::from_lookup`], which reports all problems at once.

mod auth;
mod error;
mod headers;
mod lookup;
mod timing;
mod tracking_uri;
mod variables;

use std::path::PathBuf;

pub use auth::{Auth, Secret};
pub use error::{ConfigError, ConfigProblem};
pub use headers::HeaderInjector;
pub use lookup::names;
pub use timing::{RetryPolicy, Timeouts};
pub use tracking_uri::TrackingUri;
pub use variables::{VARIABLES, Variable};

/// How to reach a store.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Which store. `sqlite:///mlflow.db` by default.
    pub tracking_uri: TrackingUri,
    /// Folder for the artifacts of an embedded store; `mlartifacts` beside the database when
    /// absent. A server has an artifact store of its own.
    pub artifact_root: Option<PathBuf>,
    /// Who asks.
    pub auth: Auth,
    /// Which certificates to trust.
    pub tls: Tls,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// When to ask again.
    pub retry: RetryPolicy,
    /// Headers to add to each request, for instance the W3C `traceparent` of the current span.
    pub headers: Option<HeaderInjector>,
}

/// Which server certificates to trust.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Tls {
    /// Those that the machine trusts.
    #[default]
    System,
    /// Those signed by the certificates in this PEM file, besides those the machine trusts.
    CaFile(PathBuf),
    /// All of them: anybody between here and the server can read and change everything.
    Insecure,
}

impl ClientConfig {
    /// A store without credentials, with the system's certificates and default patience.
    #[must_use]
    pub fn new(tracking_uri: TrackingUri) -> Self {
        Self {
            tracking_uri,
            artifact_root: None,
            auth: Auth::None,
            tls: Tls::default(),
            timeouts: Timeouts::default(),
            retry: RetryPolicy::default(),
            headers: None,
        }
    }
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self::new(TrackingUri::default())
    }
}
