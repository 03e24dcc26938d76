//! What became of one attempt.

use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Response, StatusCode};

use super::backoff::parse_retry_after;
use super::call::Repeat;
use super::fault::{Refusal, lost_a_race};
use super::http::Http;
use super::tls::innermost;
use crate::Error;
use crate::types::now_ms;

/// Whether an attempt that failed may have changed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// It certainly has not.
    None,
    /// Nobody knows.
    Unknown,
}

/// An attempt that failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) effect: Effect,
}

impl Failure {
    /// Whether the call may be sent again.
    pub(super) fn may_repeat(&self, repeat: Repeat) -> bool {
        self.error.is_transient()
            // A conflict has to be read and decided again, by somebody who knows what it is about.
            && !matches!(self.error, Error::Conflict { .. })
            && (repeat == Repeat::Freely || self.effect == Effect::None)
    }
}

impl From<Error> for Failure {
    /// A failure on our own side, before anything was sent.
    fn from(error: Error) -> Self {
        Self { error, effect: Effect::None }
    }
}

/// Lets a success through and turns everything else into a failure.
pub(super) async fn check(
    http: &Http,
    operation: &'static str,
    response: Response,
) -> Result<Response, Failure> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let header = |headers: &HeaderMap, name| {
        headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let retry_after =
        header(response.headers(), RETRY_AFTER).and_then(|value| parse_retry_after(&value, now_ms()));
    let location = header(response.headers(), LOCATION);
    // The status says enough where the words are lost on the way.
    let body = response.text().await.unwrap_or_default();
    let refusal = Refusal { operation, status, retry_after, host: http.host(), location, body: &body };
    // Both say that the request was turned away at the door.
    let turned_away = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let error = refusal.into_error();
    let rolled_back = matches!(error, Error::Unavailable { .. }) && lost_a_race(&body);
    let effect = if turned_away || rolled_back { Effect::None } else { Effect::Unknown };
    Err(Failure { error, effect })
}

/// A failure to send a request or to read its answer.
pub(super) fn transport(http: &Http, operation: &'static str, error: reqwest::Error) -> Failure {
    let effect = if error.is_connect() || error.is_builder() { Effect::None } else { Effect::Unknown };
    let server = http.server();
    let error = error.without_url();
    let detail = innermost(&error);
    let error = if is_tls(&error) {
        Error::Tls { operation, server, detail, source: error.into() }
    } else if error.is_builder() {
        Error::InvalidParameter { operation, detail: format!("the request cannot be sent: {detail}") }
    } else if error.is_timeout() {
        let after = if error.is_connect() { http.timeouts.connect } else { http.timeouts.request };
        Error::Timeout { operation, after, source: error.into() }
    } else {
        Error::Transport { operation, server, detail, source: error.into() }
    };
    Failure { error, effect }
}

/// Whether TLS is what failed: trying again will not make a certificate valid.
fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    if error.is::<rustls::Error>() {
        return true;
    }
    // An I/O error gives the source of what it wraps as its own, and so hides what it wraps.
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(wrapped) => is_tls(wrapped),
        None => error.source().is_some_and(is_tls),
    }
}
