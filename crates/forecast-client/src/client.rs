//! The client: one method per endpoint.

use std::sync::Arc;

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use url::Url;

use crate::policy::Policy;
use crate::send::{Attempt, send};
use crate::{
    CircuitState, ClientConfig, ClientError, ConfigError, ForecastRequest, ForecastResponse, Health,
    ModelInfo, ModelMetrics, Readiness, SeriesList,
};

/// Adds headers to a request just before it leaves.
pub(crate) type AddHeaders = dyn Fn(&mut HeaderMap) + Send + Sync;

/// A client of one forecast service. Clones share connections and circuit; make one and clone it.
#[derive(Clone)]
pub struct ForecastClient {
    http: reqwest::Client,
    base_url: Url,
    policy: Arc<Policy>,
    add_headers: Option<Arc<AddHeaders>>,
}

impl ForecastClient {
    /// A client with these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ClientError::Config`] with everything that is wrong with the settings, or
    /// [`ClientError::Setup`] where TLS cannot be set up.
    pub fn new(config: &ClientConfig) -> Result<Self, ClientError> {
        let base_url = config.check()?;
        // The first in the process to choose wins, and any choice serves.
        let _already_chosen = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            // The API never redirects, and a redirected POST would arrive without its body.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .build()
            .map_err(ClientError::Setup)?;
        Ok(Self { http, base_url, policy: Arc::new(Policy::new(config)), add_headers: None })
    }

    /// The client with a function that adds headers to every attempt, such as `traceparent`. It is called
    /// inside the attempt's tracing span.
    #[must_use]
    pub fn with_headers(mut self, add: impl Fn(&mut HeaderMap) + Send + Sync + 'static) -> Self {
        self.add_headers = Some(Arc::new(add));
        self
    }

    /// `POST /forecast`.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the service's reason; any other variant where there is no answer.
    pub async fn forecast(&self, request: &ForecastRequest) -> Result<ForecastResponse, ClientError> {
        if request.has_unspeakable_number() {
            // Left to serde_json, NaN would silently become null.
            return Err(ClientError::Request(serde::ser::Error::custom("a number is not finite")));
        }
        let body = serde_json::to_vec(request).map_err(ClientError::Request)?;
        self.call(Method::POST, "forecast", Some(body)).await
    }

    /// `GET /health`: whether the service lives.
    ///
    /// # Errors
    /// Any [`ClientError`] where it does not say so.
    pub async fn health(&self) -> Result<Health, ClientError> {
        self.call(Method::GET, "health", None).await
    }

    /// `GET /health/ready`: whether it can forecast. Asked once, past retries and circuit, because "not
    /// ready" is an answer.
    ///
    /// # Errors
    /// Any [`ClientError`] where the service does not answer the question.
    pub async fn ready(&self) -> Result<Readiness, ClientError> {
        let attempt = self.attempt(Method::GET, "health/ready", None)?;
        match self.policy.once(send(&attempt, 1)).await {
            Ok(_) => Ok(Readiness::Ready),
            Err(ClientError::Refused(problem)) if problem.status == 503 => {
                let reason = if problem.detail.is_empty() { problem.title } else { problem.detail };
                Ok(Readiness::NotReady { reason })
            }
            Err(error) => Err(error),
        }
    }

    /// `GET /model/info`: the model that is served.
    ///
    /// # Errors
    /// Any [`ClientError`] where there is no model or no answer.
    pub async fn model_info(&self) -> Result<ModelInfo, ClientError> {
        self.call(Method::GET, "model/info", None).await
    }

    /// `GET /model/metrics`: how accurate it was in the backtest.
    ///
    /// # Errors
    /// Any [`ClientError`] where there is no model or no answer.
    pub async fn model_metrics(&self) -> Result<ModelMetrics, ClientError> {
        self.call(Method::GET, "model/metrics", None).await
    }

    /// `GET /series`: the first `limit` series that the model knows, 1 to 1000.
    ///
    /// # Errors
    /// Any [`ClientError`] where there is no model or no answer.
    pub async fn series(&self, limit: usize) -> Result<SeriesList, ClientError> {
        self.call(Method::GET, &format!("series?limit={limit}"), None).await
    }

    /// `GET /metrics`: the page that Prometheus scrapes, in its text format.
    ///
    /// # Errors
    /// Any [`ClientError`] where there is no answer.
    pub async fn metrics_page(&self) -> Result<String, ClientError> {
        let page = self.bytes(Method::GET, "metrics", None).await?;
        Ok(String::from_utf8_lossy(&page).into_owned())
    }

    /// Whether calls go out at the moment.
    #[must_use]
    pub fn circuit(&self) -> CircuitState {
        self.policy.circuit()
    }

    async fn call<Answer: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Answer, ClientError> {
        let answer = self.bytes(method, path, body).await?;
        serde_json::from_slice(&answer).map_err(ClientError::Shape)
    }

    /// Every endpoint is a pure read, the POST included, so that all of them may be asked again.
    async fn bytes(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Result<Vec<u8>, ClientError> {
        let attempt = self.attempt(method, path, body)?;
        let attempt = &attempt;
        self.policy.call(async |number| send(attempt, number).await).await
    }

    fn attempt(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Result<Attempt<'_>, ClientError> {
        let url = self.base_url.join(path).map_err(|reason| ConfigError {
            problems: vec![format!("base_url cannot be extended by {path} ({reason})")],
        })?;
        Ok(Attempt { http: &self.http, method, url, body, add_headers: self.add_headers.as_deref() })
    }
}

impl std::fmt::Debug for ForecastClient {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ForecastClient")
            .field("base_url", &self.base_url.as_str())
            .field("circuit", &self.circuit())
            .finish_non_exhaustive()
    }
}
