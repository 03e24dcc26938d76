//! What `POST /forecast` answers.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use serde::Deserialize;

use super::{SeriesKey, text_or_number};

/// Forecasts, and which model made them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ForecastResponse {
    /// The model that answered.
    pub model: ModelVersion,
    /// Distance between two steps, such as `daily`.
    pub frequency: String,
    /// How many steps ahead.
    pub horizon: usize,
    /// One forecast per series, in the order of the request.
    pub forecasts: Vec<SeriesForecast>,
    /// What to name when asking the service's owners.
    #[serde(default)]
    pub request_id: Option<String>,
}

/// A version of a registered model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ModelVersion {
    /// Name in the registry.
    pub name: String,
    /// Version in the registry.
    #[serde(deserialize_with = "text_or_number")]
    pub version: String,
    /// The training run it came from.
    #[serde(default)]
    pub run_id: Option<String>,
}

/// The forecast of one series, step by step.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SeriesForecast {
    /// Which series.
    pub series: SeriesKey,
    /// Start of the first step's period.
    pub start: NaiveDateTime,
    /// Start of each step's period.
    pub timestamps: Vec<NaiveDateTime>,
    /// Expected value of each step.
    pub mean: Vec<f64>,
    /// Values of each step, by quantile as the service writes it; see [`SeriesForecast::quantile`].
    #[serde(default)]
    pub quantiles: BTreeMap<String, Vec<f64>>,
}

impl SeriesForecast {
    /// The values at a quantile, if the answer has it.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<&[f64]> {
        // The service may write 0.1 as "0.1" or "0.10"; as numbers they are the same.
        self.quantiles
            .iter()
            .find(|(name, _)| name.parse::<f64>().is_ok_and(|named| (named - quantile).abs() < 1e-9))
            .map(|(_, values)| values.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_with_fields_it_may_grow() {
        let answer: ForecastResponse = serde_json::from_str(
            r#"{"model":{"name":"demand-forecast","version":3,"run_id":"abc"},"frequency":"daily","horizon":2,
                "forecasts":[{"series":{"store":"1"},"start":"2026-01-01T00:00:00",
                    "timestamps":["2026-01-01T00:00:00","2026-01-02T00:00:00"],"mean":[1.5,2.0],
                    "quantiles":{"0.10":[0.0,1.0],"0.9":[3.0,4.0]},"added_later":true}],
                "request_id":"r-1"}"#,
        )
        .unwrap();
        assert_eq!(answer.model.version, "3");
        let forecast = &answer.forecasts[0];
        assert_eq!(forecast.start, forecast.timestamps[0]);
        assert_eq!(forecast.quantile(0.1), Some([0.0, 1.0].as_slice()));
        assert_eq!(forecast.quantile(0.5), None);
    }
}
