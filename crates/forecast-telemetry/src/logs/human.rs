//! Log lines for people at a terminal.

use std::error::Error;
use std::fmt::{self, Debug};

use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing_subscriber::Layer;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FormatFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

use super::{BoxedLayer, error_chain};
use crate::redact::{REDACTED, is_secret_name, scrub};

/// Whether lines are coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Plain,
    Ansi,
}

/// A layer that writes one line per event, without secrets.
pub(crate) fn human_layer<S, W>(writer: W, colour: Colour) -> BoxedLayer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt::layer()
        .fmt_fields(HumanFields)
        .with_ansi(colour == Colour::Ansi)
        .with_writer(writer)
        // It would complain on standard error that standard error is gone.
        .log_internal_errors(false)
        .boxed()
}

/// Writes fields as `message name=value …`.
struct HumanFields;

impl<'writer> FormatFields<'writer> for HumanFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut visitor = HumanVisitor { writer, separator: "", result: Ok(()) };
        fields.record(&mut visitor);
        visitor.result
    }
}

struct HumanVisitor<'writer> {
    writer: Writer<'writer>,
    separator: &'static str,
    result: fmt::Result,
}

impl HumanVisitor<'_> {
    fn write(&mut self, field: &Field, value: &str) {
        let name = field.name();
        // `otel.*` fields are instructions to the tracing bridge.
        if self.result.is_err() || name.starts_with("otel.") {
            return;
        }
        let value = if is_secret_name(name) { REDACTED.into() } else { scrub(value) };
        let separator = self.separator;
        self.result = match name {
            "message" => write!(self.writer, "{separator}{value}"),
            _ => write!(self.writer, "{separator}{name}={value}"),
        };
        self.separator = " ";
    }
}

impl Visit for HumanVisitor<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.write(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.write(field, value);
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.write(field, &error_chain(value));
    }
}
