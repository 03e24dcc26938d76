//! Sends calls, and sends them again where that is safe.

use std::future::Future;
use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use tracing::Instrument;
use url::Url;

use super::answer::{Failure, check, transport};
use super::backoff;
use super::call::{Call, Repeat};
use super::tls;
use crate::config::{Auth, ClientConfig, ConfigError, HeaderInjector, RetryPolicy, Timeouts, names};
use crate::{Error, Result};

/// A server, and how to talk to it.
#[derive(Debug)]
pub(super) struct Http {
    client: reqwest::Client,
    address: Url,
    /// `host:port` as requests name it.
    host: String,
    /// Marked sensitive: neither `Debug` nor HTTP/2 tables keep it.
    authorization: Option<HeaderValue>,
    injector: Option<HeaderInjector>,
    pub(super) timeouts: Timeouts,
    retry: RetryPolicy,
}

impl Http {
    pub(super) fn new(address: &Url, config: &ClientConfig) -> Result<Self> {
        let host = address.host_str().unwrap_or_default();
        Ok(Self {
            client: tls::client(address, &config.tls, config.timeouts.connect)?,
            address: address.clone(),
            host: address.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
            authorization: authorization(&config.auth)?,
            injector: config.headers.clone(),
            timeouts: config.timeouts,
            retry: config.retry,
        })
    }

    /// `scheme://host:port`, for people.
    pub(super) fn server(&self) -> String {
        format!("{}://{}", self.address.scheme(), self.host)
    }

    /// The host that the tracking URI names.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// The address of `segments` below the server's own, each percent-encoded as a whole.
    pub(super) fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.address.clone();
        // A base with a host, which every server's address has, can take segments.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// A request with everything that each attempt carries.
    pub(super) fn request(&self, method: Method, url: Url, timeout: Option<Duration>) -> RequestBuilder {
        let mut headers = HeaderMap::new();
        if let Some(injector) = &self.injector {
            for (name, value) in injector.headers() {
                if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                    headers.insert(name, value);
                }
            }
        }
        if let Some(value) = &self.authorization {
            headers.insert(AUTHORIZATION, value.clone());
        }
        let request = self.client.request(method, url).headers(headers);
        match timeout {
            Some(timeout) => request.timeout(timeout),
            None => request,
        }
    }

    /// Sends a request; what comes back is a success or a failure.
    pub(super) async fn send(
        &self,
        operation: &'static str,
        request: RequestBuilder,
    ) -> Result<Response, Failure> {
        match request.send().await {
            Ok(response) => check(self, operation, response).await,
            Err(error) => Err(transport(self, operation, error)),
        }
    }

    /// Makes a call and reads the JSON of its answer.
    pub(super) async fn json<T: DeserializeOwned>(&self, call: &Call) -> Result<T> {
        let segments = ["api", "2.0", "mlflow"].into_iter().chain(call.path.split('/'));
        let url = self.url(segments);
        let attempt = || async {
            let mut request = self
                .request(call.method.clone(), url.clone(), Some(self.timeouts.request))
                .query(&call.query);
            if let Some(body) = &call.body {
                request = request.json(body);
            }
            let response = self.send(call.operation, request).await?;
            response.bytes().await.map_err(|error| transport(self, call.operation, error))
        };
        let span = tracing::debug_span!("mlflow", operation = call.operation, path = %call.path);
        let body = self.repeating(call.operation, call.repeat, attempt).instrument(span).await?;
        serde_json::from_slice(&body).map_err(|fault| Error::Protocol {
            operation: call.operation,
            detail: format!("{} answers with something else than MLflow's JSON: {fault}", self.server()),
        })
    }

    /// Makes a call whose answer says nothing.
    pub(super) async fn done(&self, call: &Call) -> Result<()> {
        self.json::<serde::de::IgnoredAny>(call).await.map(|_| ())
    }

    /// Tries until it works, may not be tried again, or the patience of the policy ends.
    pub(super) async fn repeating<T, F>(
        &self,
        operation: &'static str,
        repeat: Repeat,
        attempt: impl Fn() -> F + Send,
    ) -> Result<T>
    where
        F: Future<Output = Result<T, Failure>> + Send,
    {
        let start = Instant::now();
        let mut count = 1;
        loop {
            let failure = match attempt().await {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            let wait = backoff::wait(&self.retry, count, failure.error.retry_after());
            let in_budget = start.elapsed().saturating_add(wait) <= self.retry.budget;
            if !failure.may_repeat(repeat) || count >= self.retry.max_attempts.get() || !in_budget {
                return Err(failure.error);
            }
            tracing::debug!(operation, attempt = count, ?wait, error = %failure.error, "trying again");
            tokio::time::sleep(wait).await;
            count += 1;
        }
    }
}

fn authorization(auth: &Auth) -> Result<Option<HeaderValue>, ConfigError> {
    let (setting, text) = match auth {
        Auth::None => return Ok(None),
        Auth::Basic { username, password } => {
            let pair = format!("{username}:{}", password.expose());
            (names::PASSWORD, format!("Basic {}", base64(pair.as_bytes())))
        }
        Auth::Bearer(token) => (names::TOKEN, format!("Bearer {}", token.expose())),
    };
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| ConfigError::one(setting, "holds characters that no HTTP header may hold"))?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// Standard base64 with padding (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0_usize, |group, i| group << 8 | chunk.get(i).map_or(0, |b| usize::from(*b)));
        for i in 0..4 {
            let sextet = group >> (18 - 6 * i) & 63;
            text.push(if i <= chunk.len() { char::from(ALPHABET[sextet]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    // The vectors of RFC 4648, section 10.
    #[test]
    fn base64_pads() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
        ] {
            assert_eq!(base64(plain.as_bytes()), text);
        }
    }
}
