//! What happens around every request: its id, its trace, its metrics, one line in the log, the security
//! headers, and the id in every error.

use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use forecast_telemetry::{
    ApiMetrics, REQUEST_ID_HEADER, RequestId, ServerRequest, continue_trace, record_response,
};
use tracing::Instrument;

use crate::ServiceState;
use crate::problem::{Code, Problem};

/// Nothing but our own files may be loaded, and nobody may frame the page.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const SECURITY_HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Frames one request.
pub(crate) async fn frame<B: MessageBody + 'static>(
    state: Data<ServiceState>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = RequestId::from_header(header_text(&request, REQUEST_ID_HEADER));
    let method = request.method().as_str().to_owned();
    let route = request.match_pattern();
    let in_flight = state.metrics().begin_request(&method, route.as_deref());
    let span = ServerRequest { id: &id, method: &method, route: route.as_deref() }.span();
    continue_trace(&span, |name| header_text(&request, name));
    request.extensions_mut().insert(id.clone());

    let started = Instant::now();
    let response = next.call(request).instrument(span.clone()).await?;
    let mut response = explained(response, id.as_str(), state.metrics());
    let status = response.status();
    finish_headers(&mut response, &id, state.is_draining());
    record_response(&span, status.as_u16());
    span.in_scope(|| log(status, route.as_deref(), started));
    in_flight.finish(status.as_u16());
    Ok(response)
}

fn header_text<'a>(request: &'a ServiceRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

/// Errors as problem details with the request's id, whoever made them; counted by their code.
fn explained<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
    id: &str,
    metrics: &ApiMetrics,
) -> ServiceResponse<BoxBody> {
    let (request, inner) = response.into_parts();
    let status = inner.status();
    let problem = match inner.error() {
        Some(error) => match error.as_error::<Problem>() {
            Some(problem) => Some(problem.clone()),
            None => Some(foreign(status, error.to_string())),
        },
        None => None,
    };
    match problem {
        Some(problem) => {
            metrics.refused(problem.code.name());
            if problem.code == Code::Internal {
                tracing::error!(
                    request_id = id,
                    detail = problem.detail,
                    "a request failed inside the server"
                );
            }
            ServiceResponse::new(request, problem.respond(id))
        }
        None => ServiceResponse::new(request, inner.map_into_boxed_body()),
    }
}

/// An error of the framework. What failed inside is for the log, not for the caller.
fn foreign(status: StatusCode, says: String) -> Problem {
    match status {
        StatusCode::NOT_FOUND => Problem::new(Code::NotFound, says),
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(Code::MethodNotAllowed, says),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Code::BodyTooLarge, says),
        status if status.is_client_error() => Problem::new(Code::BadParameter, says),
        _ => {
            tracing::error!(error = says, "the framework failed");
            Problem::new(Code::Internal, "the server failed; tell its owners the request id")
        }
    }
}

fn finish_headers(response: &mut ServiceResponse<BoxBody>, id: &RequestId, draining: bool) {
    let headers = response.headers_mut();
    for (name, value) in SECURITY_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(HeaderName::from_static(REQUEST_ID_HEADER), value);
    }
    if draining {
        // Not as a header: the framework writes that one itself, and drops any other.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
}

/// Probes and scrapes come every few seconds: they are not worth a line as long as all is well.
fn log(status: StatusCode, route: Option<&str>, started: Instant) {
    let duration_ms = started.elapsed().as_secs_f64() * 1e3;
    let status = status.as_u16();
    let routine = route.is_some_and(|route| route.starts_with("/health") || route == "/metrics");
    if routine && status < 500 {
        tracing::debug!(status, duration_ms, "answered");
    } else {
        tracing::info!(status, duration_ms, "answered");
    }
}

#[cfg(test)]
mod tests {
    use actix_web::HttpResponse;
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn callers_of_a_draining_server_are_told_to_connect_elsewhere() {
        let id = RequestId::from_header(None);
        let closes = |draining| {
            let mut response = TestRequest::default().to_srv_response(HttpResponse::Ok().finish());
            finish_headers(&mut response, &id, draining);
            response.response().head().connection_type() == ConnectionType::Close
        };
        assert_eq!([false, true].map(closes), [false, true]);
    }
}
