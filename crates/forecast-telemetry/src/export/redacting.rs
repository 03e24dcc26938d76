//! Exporters that cut secrets out of spans and log records before they leave the process.
//!
//! The same rules as for log lines, applied on the SDK's export threads, off the program's path.

use std::time::Duration;

use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider};
use opentelemetry::trace::Status;
use opentelemetry::{InstrumentationScope, Key, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogExporter, SdkLogRecord, SdkLogger, SdkLoggerProvider};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use crate::redact::{REDACTED, is_secret_name, scrub};

/// A span exporter that is given no secrets.
#[derive(Debug)]
pub(crate) struct RedactingSpans<E>(pub(crate) E);

impl<E: SpanExporter> SpanExporter for RedactingSpans<E> {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        batch.iter_mut().for_each(redact_span);
        self.0.export(batch).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

fn redact_span(span: &mut SpanData) {
    span.name = scrub(&span.name).into_owned().into();
    redact_attributes(&mut span.attributes);
    for event in &mut span.events.events {
        redact_attributes(&mut event.attributes);
    }
    if let Status::Error { description } = &span.status {
        span.status = Status::error(scrub(description).into_owned());
    }
}

fn redact_attributes(attributes: &mut [KeyValue]) {
    for attribute in attributes {
        if is_secret_name(attribute.key.as_str()) {
            attribute.value = REDACTED.into();
        } else if let Value::String(text) = &attribute.value {
            attribute.value = scrub(text.as_str()).into_owned().into();
        }
    }
}

/// A log exporter that is given no secrets.
#[derive(Debug)]
pub(crate) struct RedactingLogs<E> {
    exporter: E,
    /// Makes blank records: a record's attributes cannot be changed, only copied to a new one.
    blank: SdkLogger,
}

impl<E> RedactingLogs<E> {
    pub(crate) fn new(exporter: E) -> Self {
        let blank = SdkLoggerProvider::builder().build().logger("");
        Self { exporter, blank }
    }

    fn clean(&self, record: &SdkLogRecord) -> SdkLogRecord {
        let mut clean = self.blank.create_log_record();
        if let Some(name) = record.event_name() {
            clean.set_event_name(name);
        }
        if let Some(target) = record.target() {
            clean.set_target(target.clone());
        }
        if let Some(timestamp) = record.timestamp() {
            clean.set_timestamp(timestamp);
        }
        if let Some(timestamp) = record.observed_timestamp() {
            clean.set_observed_timestamp(timestamp);
        }
        if let Some(text) = record.severity_text() {
            clean.set_severity_text(text);
        }
        if let Some(number) = record.severity_number() {
            clean.set_severity_number(number);
        }
        if let Some(trace) = record.trace_context() {
            clean.set_trace_context(trace.trace_id, trace.span_id, trace.trace_flags);
        }
        if let Some(body) = record.body() {
            clean.set_body(clean_value(body));
        }
        for (key, value) in record.attributes_iter() {
            clean.add_attribute(key.clone(), clean_attribute(key, value));
        }
        clean
    }
}

impl<E: LogExporter> LogExporter for RedactingLogs<E> {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let records: Vec<(SdkLogRecord, &InstrumentationScope)> =
            batch.iter().map(|(record, scope)| (self.clean(record), scope)).collect();
        let borrowed: Vec<(&SdkLogRecord, &InstrumentationScope)> =
            records.iter().map(|(record, scope)| (record, *scope)).collect();
        self.exporter.export(LogBatch::new(&borrowed)).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

fn clean_attribute(key: &Key, value: &AnyValue) -> AnyValue {
    if is_secret_name(key.as_str()) { REDACTED.into() } else { clean_value(value) }
}

fn clean_value(value: &AnyValue) -> AnyValue {
    match value {
        AnyValue::String(text) => scrub(text.as_str()).into_owned().into(),
        AnyValue::ListAny(values) => AnyValue::ListAny(Box::new(values.iter().map(clean_value).collect())),
        AnyValue::Map(entries) => {
            let clean = |(key, value): (&Key, &AnyValue)| (key.clone(), clean_attribute(key, value));
            AnyValue::Map(Box::new(entries.iter().map(clean).collect()))
        }
        other => other.clone(),
    }
}
