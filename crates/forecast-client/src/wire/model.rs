//! What the service says of the model it serves.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::text_or_number;

/// `GET /model/info`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ModelInfo {
    /// Name in the registry.
    pub name: String,
    /// Version in the registry.
    #[serde(deserialize_with = "text_or_number")]
    pub version: String,
    /// The training run it came from.
    #[serde(default)]
    pub run_id: Option<String>,
    /// The alias that the service follows.
    #[serde(default)]
    pub alias: Option<String>,
    /// Longest horizon it forecasts, in steps.
    #[serde(default)]
    pub horizon: Option<usize>,
    /// Quantiles it was calibrated for.
    #[serde(default)]
    pub quantiles: Vec<f64>,
    /// Everything else the service says: when it was trained, on what, its features.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// `GET /model/metrics`: accuracy in the backtest. Which metrics there are depends on the training run, so
/// they stay JSON.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct ModelMetrics(pub Map<String, Value>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_field_of_its_own_is_kept() {
        let info: ModelInfo =
            serde_json::from_str(r#"{"name":"m","version":"2","alias":"production","features":["lag_7"]}"#)
                .unwrap();
        assert_eq!((info.alias.as_deref(), info.horizon), (Some("production"), None));
        assert_eq!(info.other["features"][0], "lag_7");
    }
}
