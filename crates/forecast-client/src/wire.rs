//! The API's JSON, as this client sees it.
//!
//! Answers may grow fields: unknown ones are kept where a program may want them, and ignored elsewhere.

mod cell;
mod health;
mod model;
mod request;
mod response;
mod series;

pub use cell::{Cell, Row};
pub use health::{Health, Readiness};
pub use model::{ModelInfo, ModelMetrics};
pub use request::{ForecastRequest, SeriesKey};
pub use response::{ForecastResponse, ModelVersion, SeriesForecast};
pub use series::SeriesList;

use serde::{Deserialize, Deserializer};

/// A name that some answers write as a number, such as a model's version.
fn text_or_number<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Text(String),
        Number(u64),
    }
    Ok(match Either::deserialize(input)? {
        Either::Text(text) => text,
        Either::Number(number) => number.to_string(),
    })
}
