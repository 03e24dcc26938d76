//! Metrics: one meter provider, read by OTLP (when on) and by the Prometheus page.

mod api;
mod model;
mod process;
mod service;

use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{MeterProviderBuilder, SdkMeterProvider};
use prometheus::{Registry, TextEncoder};

pub use api::{ApiMetrics, RequestInFlight};
pub use model::{ModelInfo, ModelLoadOutcome, RegistryPollOutcome};
pub use service::{QueueLoad, Readiness};

use crate::error::Error;

/// The content type of [`Metrics::render_prometheus`].
pub const PROMETHEUS_CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The metrics of this process. Clones share everything.
#[derive(Debug, Clone)]
pub struct Metrics {
    provider: SdkMeterProvider,
    registry: Registry,
}

impl Metrics {
    /// Metrics that stay in the process, for tests and for programs without [`init`](crate::init).
    ///
    /// # Errors
    ///
    /// [`Error::Metrics`] when the Prometheus reader cannot be registered.
    pub fn in_process() -> Result<Self, Error> {
        Self::with_readers(Resource::builder_empty().build(), |builder| builder)
    }

    /// Metrics with the Prometheus reader and whatever `add_readers` adds.
    pub(crate) fn with_readers(
        resource: Resource,
        add_readers: impl FnOnce(MeterProviderBuilder) -> MeterProviderBuilder,
    ) -> Result<Self, Error> {
        let registry = Registry::new();
        let reader = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            // The name of the library that counts is no label anybody asks for.
            .scope_info_enabled(false)
            .build()
            .map_err(|error| Error::Metrics { reason: error.to_string() })?;
        let builder = SdkMeterProvider::builder().with_resource(resource).with_reader(reader);
        Ok(Self { provider: add_readers(builder).build(), registry })
    }

    /// A meter for instruments beside those of [`ApiMetrics`].
    #[must_use]
    pub fn meter(&self, name: &'static str) -> Meter {
        self.provider.meter(name)
    }

    /// Every metric in the Prometheus text format, read now.
    ///
    /// # Errors
    ///
    /// [`Error::Metrics`] when the text cannot be written.
    pub fn render_prometheus(&self) -> Result<String, Error> {
        TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .map_err(|error| Error::Metrics { reason: error.to_string() })
    }

    pub(crate) fn provider(&self) -> &SdkMeterProvider {
        &self.provider
    }
}
