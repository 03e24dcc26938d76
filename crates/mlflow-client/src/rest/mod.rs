//! A store on an MLflow server, over its REST interface.
//!
//! # What is asked again
//! Each call says how safe it is to repeat:
//!
//! | after | reads and repeatable writes | creations and moves |
//! |---|---|---|
//! | connection never stood | again | again |
//! | 429, 503 (refused, without effect) | again | again |
//! | 408, 502, 504 | again | error |
//! | connection broke, no answer in time | again | error |
//! | any other answer | error | error |
//!
//! A creation that broke in the middle is thus reported, never doubled. Waits follow
//! [`RetryPolicy`](crate::config::RetryPolicy).
//!
//! # What is refused
//! Redirects are not followed, since they turn a POST into a GET and carry credentials elsewhere;
//! the error names the address to configure instead. Artifacts travel through the server's proxy
//! only (`mlflow-artifacts:`): this crate holds no credentials of object stores.

mod answer;
mod artifacts;
mod backoff;
mod batch;
mod call;
mod fault;
mod http;
mod logged_models;
mod registry;
mod tls;
mod tracking;

use async_trait::async_trait;
use reqwest::Method;
use serde::de::IgnoredAny;
use serde_json::json;
use url::Url;

use self::call::{Call, Repeat};
use self::http::Http;
use crate::config::ClientConfig;
use crate::{MlflowStore, Result};

/// A store on an MLflow server.
#[derive(Debug)]
pub struct RestStore {
    http: Http,
    shown_uri: String,
}

impl RestStore {
    /// Prepares to talk to the server at `address`; nothing is sent yet. `config` says how; its
    /// tracking URI plays no part.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) if certificates or credentials cannot be used.
    pub fn new(address: &Url, config: &ClientConfig) -> Result<Self> {
        let http = Http::new(address, config)?;
        Ok(Self { http, shown_uri: address.as_str().trim_end_matches('/').to_owned() })
    }
}

#[async_trait]
impl MlflowStore for RestStore {
    fn tracking_uri(&self) -> &str {
        &self.shown_uri
    }

    fn run_url(&self, experiment_id: &str, run_id: &str) -> Option<String> {
        Some(format!("{}/#/experiments/{experiment_id}/runs/{run_id}", self.shown_uri))
    }

    // `/health` would be cheaper still, but it skips authentication, the host check and the
    // database: a server that passes it may refuse everything else.
    async fn ping(&self) -> Result<()> {
        let call = Call::new("reach the MLflow server", Method::POST, "experiments/search", Repeat::Freely)
            .body(&json!({"max_results": 1}));
        self.http.json::<IgnoredAny>(&call).await.map(|_| ())
    }
}
