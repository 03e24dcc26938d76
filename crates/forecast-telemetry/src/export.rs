//! Sending over OTLP: the runtime it happens on, the transports, and the exporters around them.

mod health;
mod redacting;
mod runtime;
mod transport;

pub(crate) use health::{ExportHealth, Watched};
pub(crate) use redacting::{RedactingLogs, RedactingSpans};
pub(crate) use runtime::ExportRuntime;
pub(crate) use transport::{log_exporter, metric_exporter, span_exporter};
