//! Log lines on standard error: what is logged, and how it looks.

mod human;
mod json;

use std::error::Error;

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::FilterExt;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Filter, Layer};
use tracing_subscriber::registry::LookupSpan;

pub(crate) use human::{Colour, human_layer};
pub(crate) use json::JsonLogs;

use crate::error::ConfigProblem;

/// A filter behind a pointer, to be put on any layer.
pub(crate) type BoxedFilter<S> = Box<dyn Filter<S> + Send + Sync>;

/// A layer behind a pointer.
pub(crate) type BoxedLayer<S> = Box<dyn Layer<S> + Send + Sync>;

/// What becomes a log line or log record: events that fit `directives`.
///
/// Spans of level `INFO` pass whatever the directives say, because a line logged at `warn` still
/// has to name its request.
pub(crate) fn log_filter<S>(directives: &str) -> Result<BoxedFilter<S>, ConfigProblem>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let events = EnvFilter::builder().parse(quieten(directives)).map_err(|error| {
        let variable = "the log filter".to_owned();
        ConfigProblem::Filter { variable, reason: error.to_string() }
    })?;
    Ok(Box::new(events.or(main_spans())))
}

/// What becomes a span of a trace: spans of level `INFO` and above, and those of `directives`.
/// Events are exported as log records instead, which name their span.
pub(crate) fn span_filter<S>(directives: &str) -> Result<BoxedFilter<S>, ConfigProblem>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    Ok(Box::new(filter_fn(is_span).and(log_filter(directives)?)))
}

fn is_span(metadata: &Metadata<'_>) -> bool {
    metadata.is_span()
}

fn main_spans<S>() -> impl Filter<S> {
    filter_fn(|metadata| metadata.is_span() && *metadata.level() <= Level::INFO)
        .with_max_level_hint(LevelFilter::INFO)
}

/// Silences the telemetry libraries unless the directives ask for them: they report every failed
/// export, and this crate warns once instead.
fn quieten(directives: &str) -> String {
    if directives.contains("opentelemetry") {
        directives.to_owned()
    } else {
        format!("{directives},opentelemetry=off")
    }
}

/// An error with its causes, as `what: why: why`.
fn error_chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
