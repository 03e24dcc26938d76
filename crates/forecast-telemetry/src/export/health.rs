//! One warning when telemetry does not arrive, and one line when it does again.
//!
//! The SDK reports every failed batch of every signal, which buries the program's own log for as
//! long as a collector is away. All signals share one [`ExportHealth`] instead.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use crate::config::Signal;
use crate::redact::scrub;

/// Which signals do not arrive at present, one bit each.
#[derive(Debug, Default)]
pub(crate) struct ExportHealth(AtomicU8);

impl ExportHealth {
    /// Notes how an export ended; speaks on the change from all well to not well, and back.
    fn note(&self, signal: Signal, result: &OTelSdkResult) {
        let bit = 1 << signal as u8;
        match result {
            Ok(()) => {
                if self.0.fetch_and(!bit, Ordering::Relaxed) == bit {
                    tracing::info!("telemetry arrives at the collector again");
                }
            }
            Err(error) => {
                if self.0.fetch_or(bit, Ordering::Relaxed) == 0 {
                    tracing::warn!(
                        signal = signal.name(),
                        error = %scrub(&error.to_string()),
                        "telemetry does not arrive at the collector; \
                         the program goes on without, and says when it arrives again"
                    );
                }
            }
        }
    }
}

/// An exporter whose successes and failures are noted.
#[derive(Debug)]
pub(crate) struct Watched<E> {
    pub(crate) exporter: E,
    pub(crate) signal: Signal,
    pub(crate) health: Arc<ExportHealth>,
}

impl<E: SpanExporter> SpanExporter for Watched<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let result = self.exporter.export(batch).await;
        self.health.note(self.signal, &result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: LogExporter> LogExporter for Watched<E> {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let result = self.exporter.export(batch).await;
        self.health.note(self.signal, &result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: PushMetricExporter> PushMetricExporter for Watched<E> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let result = self.exporter.export(metrics).await;
        self.health.note(self.signal, &result);
        result
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}
