//! What `POST /forecast` is asked: the schema of it. Requests are read by hand, to find all faults.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A question for forecasts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = ForecastRequest, example = json!({
    "series": [{"boutique": "Paris", "product": "scarf-12"}], "horizon": 28, "quantiles": [0.1, 0.5, 0.9]
}))]
pub struct ForecastQuestion {
    /// The series, as objects of the model's key columns; values are text or numbers.
    pub series: Vec<BTreeMap<String, Value>>,
    /// Steps ahead: 1 to the model's horizon, which is also the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub horizon: Option<u32>,
    /// Quantiles strictly between 0 and 1, at most 99; the model's own by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantiles: Option<Vec<f64>>,
    /// What is known of the steps ahead: one row per series and step with the key columns, the time
    /// column and every known-future column. Without it, what was given at the training holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub future: Vec<BTreeMap<String, Value>>,
    /// Rows as in the training table. A series with rows here is forecast from them alone, whether the
    /// model knows it or not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub history: Vec<BTreeMap<String, Value>>,
}
