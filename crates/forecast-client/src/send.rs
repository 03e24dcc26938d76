//! One attempt over HTTP, and what its outcome means for the policy.

use std::time::{Duration, SystemTime};

use chrono::DateTime;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use tracing::Instrument;
use url::Url;

use crate::client::AddHeaders;
use crate::policy::{Failure, Retry, Service};
use crate::{ClientError, Problem};

/// How much of a foreign answer an error quotes.
const QUOTED_CHARS: usize = 200;

/// What every attempt of a call sends.
pub(crate) struct Attempt<'a> {
    pub(crate) http: &'a reqwest::Client,
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) add_headers: Option<&'a AddHeaders>,
}

/// Sends once, in a span of its own, and gives the body of a successful answer.
pub(crate) async fn send(attempt: &Attempt<'_>, number: u32) -> Result<Vec<u8>, Failure> {
    let span = tracing::info_span!(
        "forecast request",
        otel.kind = "client",
        http.request.method = %attempt.method,
        http.request.resend_count = number - 1,
        url.path = attempt.url.path(),
        http.response.status_code = tracing::field::Empty,
    );
    exchange(attempt, &span).instrument(span.clone()).await
}

async fn exchange(attempt: &Attempt<'_>, span: &tracing::Span) -> Result<Vec<u8>, Failure> {
    let mut headers = HeaderMap::new();
    if let Some(add_headers) = attempt.add_headers {
        add_headers(&mut headers);
    }
    let mut request = attempt.http.request(attempt.method.clone(), attempt.url.clone());
    if let Some(body) = &attempt.body {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request = request.body(body.clone());
    }
    // Before the first byte of an answer nothing was read: asking again is as good as asking once.
    let answer = request.headers(headers).send().await.map_err(|reason| Failure {
        error: ClientError::Unreachable(reason.without_url()),
        retry: Retry::Soon,
        service: Service::Failing,
    })?;

    let status = answer.status();
    span.record("http.response.status_code", status.as_u16());
    let retry_after = retry_after(answer.headers(), SystemTime::now());
    let body = answer.bytes().await.map_err(|reason| Failure {
        error: ClientError::BrokeOff(reason.without_url()),
        retry: Retry::No,
        service: Service::Failing,
    })?;
    if status.is_success() { Ok(body.into()) } else { Err(refusal(status, retry_after, &body)) }
}

/// What an answer other than 2xx means.
fn refusal(status: StatusCode, retry_after: Option<Duration>, body: &[u8]) -> Failure {
    let retry = match status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => retry_after.map_or(Retry::Soon, Retry::After),
        _ => Retry::No,
    };
    let service = if status.is_server_error() { Service::Failing } else { Service::Healthy };
    let error = match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => ClientError::Refused(Box::new(problem)),
        Err(_) => ClientError::NotTheApi {
            status: status.as_u16(),
            beginning: String::from_utf8_lossy(body).chars().take(QUOTED_CHARS).collect(),
        },
    };
    Failure { error, retry, service }
}

/// `Retry-After` as a wait from `now`: a number of seconds or an HTTP date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date: SystemTime = DateTime::parse_from_rfc2822(value).ok()?.into();
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(value: &'static str, now: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static(value));
        retry_after(&headers, DateTime::parse_from_rfc3339(now).unwrap().into())
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "2026-01-01T00:00:00Z";
        assert_eq!(wait("7", now), Some(Duration::from_secs(7)));
        assert_eq!(wait("Thu, 01 Jan 2026 00:01:00 GMT", now), Some(Duration::from_secs(60)));
        assert_eq!(wait("Wed, 31 Dec 2025 00:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(wait("soon", now), None);
    }

    #[test]
    fn each_status_means_one_thing() {
        let meaning = |status: u16| {
            let failure = refusal(StatusCode::from_u16(status).unwrap(), None, b"");
            (failure.retry, failure.service)
        };
        assert_eq!(meaning(400), (Retry::No, Service::Healthy));
        assert_eq!(meaning(429), (Retry::Soon, Service::Healthy));
        assert_eq!(meaning(500), (Retry::No, Service::Failing));
        for status in [502, 503, 504] {
            assert_eq!(meaning(status), (Retry::Soon, Service::Failing), "{status}");
        }
    }
}
