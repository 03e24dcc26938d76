//! What `POST /forecast` answers.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Fault;

/// Forecasts, and which model made them.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ForecastResponse)]
pub struct ForecastAnswer {
    /// The model that answered.
    pub model: ModelVersion,
    /// Distance between two steps.
    #[schema(example = "daily")]
    pub frequency: String,
    /// How many steps ahead.
    #[schema(example = 28)]
    pub horizon: usize,
    /// One forecast per series, in the order of the request.
    pub forecasts: Vec<SeriesAnswer>,
    /// What is worth knowing, such as categories that the model has never seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub warnings: Vec<Fault>,
    /// What to name when asking the service's owners.
    pub request_id: String,
}

/// A version of a registered model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ModelVersion {
    /// Name in the registry.
    #[schema(example = "demand-forecast")]
    pub name: String,
    /// Version in the registry.
    #[schema(example = "3")]
    pub version: String,
    /// The training run it came from.
    pub run_id: String,
}

/// The forecast of one series, step by step.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = SeriesForecast)]
pub struct SeriesAnswer {
    /// The series, as an object of its key columns.
    pub series: BTreeMap<String, String>,
    /// Start of the first step.
    #[schema(value_type = String, example = "2025-12-01T00:00:00")]
    pub start: NaiveDateTime,
    /// Start of each step.
    #[schema(value_type = Vec<String>)]
    pub timestamps: Vec<NaiveDateTime>,
    /// Expected value of each step, in units of the target.
    pub mean: Vec<f64>,
    /// Values of each step by quantile (`"0.1"`); they never cross.
    pub quantiles: BTreeMap<String, Vec<f64>>,
}
