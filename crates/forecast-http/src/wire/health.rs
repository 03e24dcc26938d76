//! Whether the service lives, and whether it can forecast.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// `GET /health`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Health {
    /// `ready`, `starting` (lives without a model) or `draining` (about to end).
    #[schema(example = "ready")]
    pub status: String,
    /// Why the service is not ready, or does not follow the registry although it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The model that answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<HealthModel>,
}

/// The model that answers, in short.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct HealthModel {
    /// Name in the registry.
    pub name: String,
    /// Version in the registry.
    pub version: String,
    /// `registry`, or `cache` where the registry did not answer at the start.
    pub origin: String,
    /// Since when it answers.
    #[schema(value_type = String)]
    pub loaded_at: DateTime<Utc>,
}
