//! Whether the service lives, and whether it can forecast.

use serde::Deserialize;
use serde_json::{Map, Value};

/// `GET /health`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Health {
    /// The service's word for it, such as `ok`.
    pub status: String,
    /// Everything else the service says.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// `GET /health/ready`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// A model is loaded; forecasts are answered.
    Ready,
    /// The service lives but cannot forecast yet.
    NotReady {
        /// Why, in the service's words.
        reason: String,
    },
}
