//! Log lines for people at a terminal.

use std::fmt::Write as _;

use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

use crate::logs::BoxedLayer;
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
    let fields = debug_fn(|out: &mut Writer<'_>, field, value| {
        let name = field.name();
        if name == "message" {
            return write!(out, "{}", scrub(&format!("{value:?}")));
        }
        if is_secret_name(name) {
            return write!(out, "{name}={REDACTED}");
        }
        let mut text = String::new();
        write!(text, "{value:?}")?;
        write!(out, "{name}={}", scrub(&text))
    })
    .delimited(" ");
    fmt::layer().fmt_fields(fields).with_ansi(colour == Colour::Ansi).with_writer(writer).boxed()
}
