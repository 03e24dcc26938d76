//! The identity of one HTTP request in logs and traces.
//!
//! A request gets an id of its own beside its trace id: callers without tracing can quote it, and
//! error answers repeat it.

use std::fmt;

use tracing::Span;
use tracing::field::Empty;
use uuid::Uuid;

/// The header in which a caller may send its own id, and in which every answer carries it.
pub const REQUEST_ID_HEADER: &str = "x-request-id";

/// Longest id that is taken from a caller, in bytes.
const MAX_LENGTH: usize = 128;

/// The id of one request: the caller's when it sent a harmless one, a fresh UUID otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(String);

impl RequestId {
    /// A fresh id (UUID version 4).
    #[must_use]
    pub fn fresh() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    /// The caller's id when it is 1 to 128 letters, digits or `-_.:/+=@`; a fresh one otherwise.
    ///
    /// Anything else is replaced rather than refused: an id is a convenience, and a log line must
    /// not become a place for a caller to write what it likes.
    #[must_use]
    pub fn from_header(value: Option<&str>) -> Self {
        match value.map(str::trim) {
            Some(value) if is_harmless(value) => Self(value.to_owned()),
            _ => Self::fresh(),
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

fn is_harmless(value: &str) -> bool {
    (1..=MAX_LENGTH).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(&byte))
}

/// What is known of a request when it arrives.
#[derive(Debug, Clone, Copy)]
pub struct ServerRequest<'a> {
    /// Its id.
    pub id: &'a RequestId,
    /// The HTTP method.
    pub method: &'a str,
    /// The route's pattern (`/forecast`), not the path a caller typed; `None` when no route fits.
    pub route: Option<&'a str>,
}

impl ServerRequest<'_> {
    /// The span of this request, named `METHOD route`, with `request_id` and the fields of
    /// OpenTelemetry's conventions for HTTP servers. Not entered yet: see
    /// [`continue_trace`](crate::continue_trace).
    #[must_use]
    pub fn span(&self) -> Span {
        let name = match self.route {
            Some(route) => format!("{} {route}", self.method),
            None => self.method.to_owned(),
        };
        tracing::info_span!(
            "http.request",
            otel.name = name,
            otel.kind = "server",
            otel.status_code = Empty,
            request_id = self.id.as_str(),
            http.request.method = self.method,
            http.route = self.route,
            http.response.status_code = Empty,
        )
    }
}

/// Notes the answer's status on a request's span; 5xx marks the span as failed.
pub fn record_response(span: &Span, status: u16) {
    span.record("http.response.status_code", status);
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_harmless_id_is_kept_and_a_strange_one_replaced() {
        assert_eq!(RequestId::from_header(Some(" order-7/a ")).as_str(), "order-7/a");
        let too_long = "x".repeat(MAX_LENGTH + 1);
        for strange in [None, Some(""), Some("a\nb"), Some("{\"a\":1}"), Some("é"), Some(&*too_long)] {
            let id = RequestId::from_header(strange);
            assert!(Uuid::parse_str(id.as_str()).is_ok(), "{strange:?} became {id}");
        }
    }
}
