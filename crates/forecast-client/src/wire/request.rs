//! What `POST /forecast` is asked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Row;

/// The values of a series' key columns, such as store and item.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SeriesKey(pub BTreeMap<String, String>);

impl<Column: Into<String>, Value: Into<String>, const N: usize> From<[(Column, Value); N]> for SeriesKey {
    fn from(columns: [(Column, Value); N]) -> Self {
        Self(columns.into_iter().map(|(column, value)| (column.into(), value.into())).collect())
    }
}

/// A request for forecasts. What is not set is left out, and the service's own default applies.
///
/// It is read from JSON as strictly as the service reads it: an unknown field is an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForecastRequest {
    series: Vec<SeriesKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    horizon: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantiles: Option<Vec<f64>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    future: Vec<Row>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    history: Vec<Row>,
}

impl ForecastRequest {
    /// A request for these series.
    #[must_use]
    pub fn for_series(series: impl IntoIterator<Item = SeriesKey>) -> Self {
        Self { series: series.into_iter().collect(), ..Self::default() }
    }

    /// The series that it asks for, in order; the answer has the same order.
    #[must_use]
    pub fn series(&self) -> &[SeriesKey] {
        &self.series
    }

    /// How many steps ahead.
    #[must_use]
    pub fn horizon(mut self, steps: usize) -> Self {
        self.horizon = Some(steps);
        self
    }

    /// Which quantiles, each between 0 and 1.
    #[must_use]
    pub fn quantiles(mut self, quantiles: impl IntoIterator<Item = f64>) -> Self {
        self.quantiles = Some(quantiles.into_iter().collect());
        self
    }

    /// What is known of the steps ahead: one row per series and step, for the model's known-future columns.
    #[must_use]
    pub fn future(mut self, rows: impl IntoIterator<Item = Row>) -> Self {
        self.future = rows.into_iter().collect();
        self
    }

    /// History that the model has not seen: rows of new series, or later rows of known ones.
    #[must_use]
    pub fn history(mut self, rows: impl IntoIterator<Item = Row>) -> Self {
        self.history = rows.into_iter().collect();
        self
    }

    /// Whether a number in the request is not finite, which JSON cannot say.
    pub(crate) fn has_unspeakable_number(&self) -> bool {
        let quantiles = self.quantiles.iter().flatten();
        quantiles.into_iter().any(|quantile| !quantile.is_finite())
            || self.future.iter().chain(&self.history).any(Row::has_unspeakable_number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_left_out() {
        let request = ForecastRequest::for_series([SeriesKey::from([("store", "1"), ("item", "7")])]);
        assert_eq!(serde_json::to_string(&request).unwrap(), r#"{"series":[{"item":"7","store":"1"}]}"#);
        let request = request.horizon(28).quantiles([0.1, 0.5]).history([Row::new().with("sales", 3)]);
        assert_eq!(
            serde_json::to_string(&request).unwrap(),
            r#"{"series":[{"item":"7","store":"1"}],"horizon":28,"quantiles":[0.1,0.5],"history":[{"sales":3}]}"#
        );
    }

    #[test]
    fn a_request_is_read_from_a_file_as_it_was_written() {
        let request = ForecastRequest::for_series([SeriesKey::from([("store", "1")])])
            .horizon(2)
            .future([Row::new().with("store", "1").with("price", 9.5)]);
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<ForecastRequest>(&text).unwrap(), request);
        let mistyped = serde_json::from_str::<ForecastRequest>(r#"{"series":[],"horizons":2}"#);
        assert!(mistyped.unwrap_err().to_string().contains("unknown field `horizons`"));
    }

    #[test]
    fn numbers_that_json_cannot_say_are_found() {
        let request = ForecastRequest::for_series([]);
        assert!(!request.clone().quantiles([0.5]).has_unspeakable_number());
        assert!(request.clone().quantiles([f64::NAN]).has_unspeakable_number());
        assert!(request.future([Row::new().with("price", f64::INFINITY)]).has_unspeakable_number());
    }
}
