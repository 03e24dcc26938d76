//! Measurements of a run, each with the moment and the step they were taken at.

use serde::{Deserialize, Serialize};

use super::{now_ms, wire};

/// One measurement. A key may be measured many times: all of them form its history, and the one
/// with the highest `(step, timestamp, value)` is what a run shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// At most 250 characters: letters, digits, `_ - . / :` and spaces.
    pub key: String,
    /// `NaN` and infinities are kept (a server stores infinities as the largest double).
    #[serde(with = "wire::double")]
    pub value: f64,
    /// When it was measured.
    #[serde(rename = "timestamp", with = "wire::int64", default)]
    pub timestamp_ms: i64,
    /// Which step it belongs to: an epoch, a backtest window, a horizon step.
    #[serde(with = "wire::int64", default)]
    pub step: i64,
    /// The logged model that was measured, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
    /// Name of the dataset it was measured on. Goes together with `dataset_digest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_name: Option<String>,
    /// Digest of the dataset it was measured on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_digest: Option<String>,
}

impl Metric {
    /// A measurement of now, at step 0.
    pub fn new(key: impl Into<String>, value: f64) -> Self {
        Self {
            key: key.into(),
            value,
            timestamp_ms: now_ms(),
            step: 0,
            model_id: None,
            dataset_name: None,
            dataset_digest: None,
        }
    }

    /// The same measurement at another step.
    #[must_use]
    pub fn at_step(self, step: i64) -> Self {
        Self { step, ..self }
    }

    /// The same measurement at another moment.
    #[must_use]
    pub fn at_ms(self, timestamp_ms: i64) -> Self {
        Self { timestamp_ms, ..self }
    }

    /// The same measurement, said of a logged model.
    #[must_use]
    pub fn of_model(self, model_id: impl Into<String>) -> Self {
        Self { model_id: Some(model_id.into()), ..self }
    }

    /// The same measurement, taken on a dataset that the run has as an input.
    #[must_use]
    pub fn on_dataset(self, name: impl Into<String>, digest: impl Into<String>) -> Self {
        Self { dataset_name: Some(name.into()), dataset_digest: Some(digest.into()), ..self }
    }
}

/// Which part of a metric's history to read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MetricHistoryQuery {
    /// The run that measured.
    pub run_id: String,
    /// The metric's key.
    pub key: String,
    /// Most measurements in one page; the store's default (25,000) when absent.
    pub max_results: Option<u32>,
    /// Where the page before ended.
    pub page_token: Option<String>,
}

impl MetricHistoryQuery {
    /// The whole history of one metric.
    pub fn new(run_id: impl Into<String>, key: impl Into<String>) -> Self {
        Self { run_id: run_id.into(), key: key.into(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::Metric;

    #[test]
    fn values_without_a_json_number_travel_as_text() {
        for (value, text) in [
            (f64::NAN, "\"NaN\""),
            (f64::INFINITY, "\"Infinity\""),
            (f64::NEG_INFINITY, "\"-Infinity\""),
            (1.5, "1.5"),
        ] {
            let json = serde_json::to_string(&Metric::new("m", value).at_ms(7).at_step(3)).unwrap();
            assert_eq!(json, format!(r#"{{"key":"m","value":{text},"timestamp":7,"step":3}}"#));
            let back: Metric = serde_json::from_str(&json).unwrap();
            assert_eq!(back.value.total_cmp(&value), std::cmp::Ordering::Equal);
        }
    }

    #[test]
    fn integers_may_come_as_text() {
        let metric: Metric =
            serde_json::from_str(r#"{"key":"m","value":1,"timestamp":"1700000000000","step":"2"}"#).unwrap();
        assert_eq!((metric.timestamp_ms, metric.step), (1_700_000_000_000, 2));
    }
}
