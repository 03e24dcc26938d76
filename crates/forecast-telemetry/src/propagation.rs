//! W3C trace context over HTTP: going on with a caller's trace, and handing ours on.
//!
//! Headers are passed as closures, so that no HTTP library is named here.
//! Source: <https://www.w3.org/TR/trace-context/>.

use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Makes `span` a child of the caller's span when the request carries a valid `traceparent`.
///
/// `header` returns the value of a header by its lower-case name. Call it before the span is
/// entered for the first time: a span that has started keeps its parent. A missing or malformed
/// header leaves the span the root of a new trace, as the specification asks.
pub fn continue_trace<'a>(span: &Span, header: impl Fn(&str) -> Option<&'a str>) {
    let headers = TraceHeaders { parent: header("traceparent"), state: header("tracestate") };
    let context = TraceContextPropagator::new().extract(&headers);
    if context.span().span_context().is_valid()
        && let Err(error) = span.set_parent(context)
    {
        tracing::debug!(%error, "the caller's trace is not continued");
    }
}

/// Gives `set(name, value)` the headers that carry the current span to another service.
///
/// Calls `set` with `traceparent`, and with `tracestate` when there is one; not at all outside a
/// trace. Outgoing requests should be made inside the span they belong to.
pub fn inject_headers(set: impl FnMut(&str, &str)) {
    let mut injector = ClosureInjector(set);
    TraceContextPropagator::new().inject_context(&Span::current().context(), &mut injector);
}

/// The id of the current trace as 32 lower-case hexadecimal digits; `None` outside a trace.
#[must_use]
pub fn current_trace_id() -> Option<String> {
    let context = Span::current().context();
    let span = context.span().span_context().clone();
    span.is_valid().then(|| span.trace_id().to_string())
}

struct TraceHeaders<'a> {
    parent: Option<&'a str>,
    state: Option<&'a str>,
}

impl Extractor for TraceHeaders<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => self.parent,
            "tracestate" => self.state,
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate"]
    }
}

struct ClosureInjector<F>(F);

impl<F: FnMut(&str, &str)> Injector for ClosureInjector<F> {
    fn set(&mut self, key: &str, value: String) {
        // An empty `tracestate` says nothing; the specification lets it be left out.
        if !value.is_empty() {
            (self.0)(key, &value);
        }
    }
}
