//! The file with a request that both example programs take.

use forecast_client::ForecastRequest;

/// The request in a JSON file, or why there is none in it.
pub(crate) fn read_request(path: &str) -> Result<ForecastRequest, String> {
    let text = std::fs::read_to_string(path).map_err(|reason| format!("cannot read {path}: {reason}"))?;
    serde_json::from_str(&text).map_err(|reason| format!("{path} is no request for forecasts: {reason}"))
}
