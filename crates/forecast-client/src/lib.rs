//! Typed client of the forecast API.
//!
//! One [`ForecastClient`] per process, cloned freely. Every call has a timeout per attempt and a deadline
//! over all attempts. An attempt that never reached the service, or that it turned away for the moment
//! (429, 502, 503, 504), is made up to three times in all, with exponential backoff and jitter, or after
//! what `Retry-After` says; asking for a forecast changes nothing, so asking again is safe. After five
//! failures in a row the circuit opens: for thirty seconds calls fail at once, then one attempt probes
//! whether the service is back. Refusals arrive as [`Problem`]s with a stable code and the request id.
//!
//! ```no_run
//! use forecast_client::{ClientConfig, ForecastClient, ForecastRequest, Row, SeriesKey};
//!
//! # async fn ask() -> Result<(), Box<dyn std::error::Error>> {
//! let client = ForecastClient::new(&ClientConfig::new("http://forecast-service.ml-forecast"))?;
//! let request = ForecastRequest::for_series([SeriesKey::from([("store", "1"), ("item", "7")])])
//!     .horizon(28)
//!     .quantiles([0.1, 0.5, 0.9])
//!     .future([Row::new().with("store", "1").with("item", "7").with("date", "2026-01-01").with("price", 9.5)]);
//! let answer = client.forecast(&request).await?;
//! for forecast in &answer.forecasts {
//!     println!("{:?}: {:?}", forecast.series, forecast.mean);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! It refuses to know the server's code: the wire types are its own, unknown fields of an answer are kept
//! or ignored, and nothing here depends on the crates that serve.

mod client;
mod config;
mod error;
mod policy;
mod problem;
mod send;
mod wire;

pub use client::ForecastClient;
pub use config::{BreakerConfig, ClientConfig, ConfigError, RetryConfig};
pub use error::ClientError;
pub use policy::CircuitState;
pub use problem::Problem;
pub use wire::{
    Cell, ForecastRequest, ForecastResponse, Health, ModelInfo, ModelMetrics, ModelVersion, Readiness, Row,
    SeriesForecast, SeriesKey, SeriesList,
};
