//! Traces, metrics and logs for every program of this workspace: one [`init`], one guard.
//!
//! Code elsewhere logs with `tracing` and knows nothing of where it goes. Here it is decided:
//! log lines on standard error (standard output belongs to results), spans, log records and
//! metrics over OTLP when an endpoint is configured, and metrics in the Prometheus text format.
//!
//! ```no_run
//! use forecast_telemetry::{ApiMetrics, ServiceIdentity, TelemetryConfig, init};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let service = ServiceIdentity::new("forecast-api", env!("CARGO_PKG_VERSION"));
//! let config = TelemetryConfig::from_lookup(service, |name| std::env::var(name).ok())?;
//! let telemetry = init(&config)?;
//! let metrics = ApiMetrics::new(telemetry.metrics());
//! tracing::info!("serving");
//! println!("{}", metrics.render_prometheus()?);
//! telemetry.shutdown();
//! # Ok(())
//! # }
//! ```
//!
//! **Runtimes.** With OTLP on, the crate owns a runtime of one thread and does all its network
//! work there. [`init`] and the guard therefore behave the same outside any tokio runtime, in a
//! multi-threaded one and in a current-thread one.
//!
//! **Refuses:** to read the environment (callers pass a lookup), to block or fail the program
//! because a collector is away, to log a secret, and to know anything about forecasting models.

mod config;
mod error;
mod export;
mod guard;
mod init;
mod logs;
mod metrics;
mod propagation;
mod redact;
mod request;
mod tls;

pub use config::{
    Compression, ExportConfig, LogFormat, OtlpConfig, Protocol, Sampler, ServiceIdentity, Signal,
    TelemetryConfig, VARIABLES, Variable,
};
pub use error::{ConfigError, ConfigProblem, Error};
pub use guard::{ShutdownOutcome, TelemetryGuard};
pub use init::{LogWriter, build, init, init_with_writer};
pub use metrics::{
    ApiMetrics, Metrics, ModelInfo, ModelLoadOutcome, PROMETHEUS_CONTENT_TYPE, QueueLoad, Readiness,
    RegistryPollOutcome, RequestInFlight,
};
pub use propagation::{continue_trace, current_trace_id, inject_headers};
pub use redact::{REDACTED, Redacted, is_secret_name, scrub};
pub use request::{REQUEST_ID_HEADER, RequestId, ServerRequest, record_response};
pub use tls::install_tls_provider;
