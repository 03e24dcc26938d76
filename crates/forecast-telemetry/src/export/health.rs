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
    /// Whether the last export of every signal arrived.
    pub(crate) fn is_well(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

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

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Seek};

    use opentelemetry_sdk::error::OTelSdkError;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::logs::JsonLogs;

    /// What is logged while `body` runs, as `LEVEL message` lines.
    fn logged(body: impl FnOnce()) -> Vec<String> {
        let mut file = tempfile::tempfile().unwrap();
        let writer: Arc<File> = Arc::new(file.try_clone().unwrap());
        let lines = JsonLogs::new(writer, ());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), body);
        let mut text = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        let line = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let message = line["message"].as_str().unwrap();
            let (start, _) = message.split_once(';').unwrap_or((message, ""));
            format!("{} {start}", line["level"].as_str().unwrap())
        };
        text.lines().map(line).collect()
    }

    #[test]
    fn only_changes_are_reported() {
        let health = ExportHealth::default();
        let failed = Err(OTelSdkError::InternalFailure("refused".to_owned()));
        let lines = logged(|| {
            health.note(Signal::Logs, &Ok(()));
            health.note(Signal::Traces, &failed);
            health.note(Signal::Metrics, &failed);
            health.note(Signal::Traces, &failed);
            assert!(!health.is_well());
            health.note(Signal::Traces, &Ok(()));
            health.note(Signal::Metrics, &Ok(()));
            health.note(Signal::Metrics, &Ok(()));
            assert!(health.is_well());
        });
        assert_eq!(
            lines,
            [
                "WARN telemetry does not arrive at the collector",
                "INFO telemetry arrives at the collector again",
            ]
        );
    }
}
