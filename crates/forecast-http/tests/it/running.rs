//! A running server, and how to ask it.

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use forecast_http::{Drain, Limits, Server, ServerConfig, Stop};
use forecast_telemetry::{ApiMetrics, Metrics};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::fixture::{MODEL, Registry};

/// How long something that should happen by itself may take on a busy machine.
const WITHIN: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// A server in a thread of its own. Dropping it stops it.
pub(crate) struct Running {
    pub(crate) url: String,
    http: reqwest::Client,
    stop: Option<oneshot::Sender<Stop>>,
    thread: Option<JoinHandle<()>>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Settings for a registry, with limits that tests can reach.
pub(crate) fn config(registry: &Registry) -> ServerConfig {
    ServerConfig {
        bind: "127.0.0.1:0".parse().unwrap(),
        model: MODEL.to_owned(),
        alias: "production".to_owned(),
        cache_dir: cache_dir(registry.path()),
        poll_interval: POLL,
        limits: Limits { max_body_bytes: 256 << 10, max_series: 20, max_history_rows: 1_000 },
        drain: Drain { delay: Duration::ZERO, timeout: Duration::from_secs(20) },
    }
}

pub(crate) fn cache_dir(registry: &Path) -> PathBuf {
    registry.join("cache")
}

impl Running {
    /// A server of a registry that has a model, once it answers.
    pub(crate) async fn ready(registry: &Registry) -> Self {
        let server = Self::start(registry);
        server.until("/health/ready", |reply| reply.status == 200).await;
        server
    }

    /// A server that may not be ready.
    pub(crate) fn start(registry: &Registry) -> Self {
        forecast_telemetry::install_tls_provider();
        let metrics = ApiMetrics::new(&Metrics::in_process().unwrap());
        let server = Server::bind(config(registry), registry.config(), metrics).unwrap();
        let url = format!("http://{}", server.address());
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let stopped = async { stopped.await.unwrap_or(Stop::AtOnce) };
            actix_web::rt::System::new().block_on(server.run(stopped)).unwrap();
        });
        Self { url, http: reqwest::Client::new(), stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(self.http.get(format!("{}{path}", self.url))).await
    }

    /// `POST /forecast` with a JSON value.
    pub(crate) async fn ask(&self, body: &Value) -> Reply {
        self.ask_text(body.to_string()).await
    }

    /// `POST /forecast` with any text.
    pub(crate) async fn ask_text(&self, body: impl Into<reqwest::Body>) -> Reply {
        self.send(self.request("POST", "/forecast").header(CONTENT_TYPE, "application/json").body(body)).await
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method.parse().unwrap(), format!("{}{path}", self.url))
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Reply { status, headers, text: response.text().await.unwrap() }
    }

    /// Asks again and again until the answer is as it should be.
    pub(crate) async fn until(&self, path: &str, is_fine: impl Fn(&Reply) -> bool) -> Reply {
        let began = Instant::now();
        loop {
            let reply = self.get(path).await;
            if is_fine(&reply) {
                return reply;
            }
            assert!(began.elapsed() < WITHIN, "{path} still answers {reply:?}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Tells it to stop, as SIGTERM does.
    pub(crate) fn begin_to_stop(&mut self) {
        self.stop.take().unwrap().send(Stop::AfterDelay).unwrap();
    }

    /// Waits until it has stopped.
    pub(crate) fn wait(mut self) {
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended already.
            let _ended = stop.send(Stop::AtOnce);
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the server broke down");
        }
    }
}
