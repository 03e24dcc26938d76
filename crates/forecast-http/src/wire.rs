//! The API's JSON. Answers may grow fields; none is ever renamed.

mod answer;
mod health;
mod model;
mod request;
mod series;

pub use answer::{ForecastAnswer, ModelVersion, SeriesAnswer};
pub use health::{Health, HealthModel};
pub use model::{DataRange, FamilyMetrics, FeatureWeight, ModelInfo, ModelMetrics, QuantileMetrics};
pub use request::ForecastQuestion;
pub use series::{SeriesHistory, SeriesList};

use std::collections::BTreeMap;

use forecast_core::SeriesKey;

/// A series as an object of its key columns.
pub(crate) fn key_object(key_names: &[String], key: &SeriesKey) -> BTreeMap<String, String> {
    key_names.iter().cloned().zip(key.values().map(str::to_owned)).collect()
}
