//! Log lines for machines: one JSON object per event.
//!
//! ```json
//! {"timestamp":"…","level":"INFO","target":"forecast_http","message":"answered",
//!  "request_id":"…","trace_id":"…","span_id":"…","fields":{"series":3},
//!  "spans":[{"name":"http.request","http.route":"/forecast"}]}
//! ```
//!
//! `request_id` is taken from the innermost span that has one, `trace_id` and `span_id` from the
//! current trace; each is left out when there is none. `fields` are the event's own, `spans` go
//! from the outermost to the innermost.

use std::error::Error;
use std::fmt::Debug;
use std::io::Write;

use opentelemetry::Context as OtelContext;
use opentelemetry::trace::TraceContextExt;
use serde::Serialize;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::error_chain;
use crate::redact::{REDACTED, is_secret_name, scrub};

/// Writes each event as a line of JSON, without secrets.
pub(crate) struct JsonLogs<W, T> {
    writer: W,
    clock: T,
}

impl<W, T> JsonLogs<W, T> {
    pub(crate) fn new(writer: W, clock: T) -> Self {
        Self { writer, clock }
    }
}

impl<S, W, T> Layer<S> for JsonLogs<W, T>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
    T: FormatTime + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let line = self.line(event, &context);
        let mut writer = self.writer.make_writer_for(event.metadata());
        // Nothing sensible is left to do when standard error is gone.
        let _gone = writer.write_all(line.as_bytes());
    }
}

impl<W, T: FormatTime> JsonLogs<W, T> {
    fn line<S>(&self, event: &Event<'_>, context: &Context<'_, S>) -> String
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let message = fields.0.remove("message");
        let (spans, request_id) = spans_of(event, context);
        let otel = OtelContext::current();
        let trace = Some(otel.span().span_context()).filter(|span| span.is_valid()).cloned();
        let line = Line {
            timestamp: self.timestamp(),
            level: event.metadata().level().as_str(),
            target: event.metadata().target(),
            message,
            request_id,
            trace_id: trace.as_ref().map(|span| span.trace_id().to_string()),
            span_id: trace.as_ref().map(|span| span.span_id().to_string()),
            fields: fields.0,
            spans,
        };
        // Strings and JSON values always serialise; an empty line would be harmless.
        let mut text = serde_json::to_string(&line).unwrap_or_default();
        text.push('\n');
        text
    }

    fn timestamp(&self) -> String {
        let mut text = String::new();
        // A clock that cannot be written leaves the field empty; the line is still worth having.
        let _unwritten = self.clock.format_time(&mut Writer::new(&mut text));
        text
    }
}

/// The spans around an event, outermost first, and the innermost request id among them.
fn spans_of<S>(event: &Event<'_>, context: &Context<'_, S>) -> (Vec<Value>, Option<Value>)
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let mut spans = Vec::new();
    let mut request_id = None;
    for span in context.event_scope(event).into_iter().flat_map(Scope::from_root) {
        let mut shown = Map::new();
        shown.insert("name".to_owned(), span.name().into());
        if let Some(Fields(fields)) = span.extensions().get::<Fields>() {
            for (name, value) in fields {
                if name == "request_id" {
                    request_id = Some(value.clone());
                } else if !name.starts_with("otel.") {
                    // `otel.*` fields are instructions to the tracing bridge.
                    shown.insert(name.clone(), value.clone());
                }
            }
        }
        spans.push(shown.into());
    }
    (spans, request_id)
}

/// A line; its keys stand in this order.
#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'a str,
    target: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span_id: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    fields: Map<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    spans: Vec<Value>,
}

/// The fields of an event or span as JSON, without secrets.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn text(&mut self, field: &Field, text: &str) {
        self.put(field, scrub(text).into_owned());
    }

    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        let secret = is_secret_name(field.name());
        let value = if secret { REDACTED.into() } else { value.into() };
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.text(field, &error_chain(value));
    }
}
