//! From a configuration to a running server, and from a signal to its orderly end.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::{Compress, from_fn};
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use forecast_telemetry::{ApiMetrics, inject_headers};
use mlflow_client::ClientConfig;
use mlflow_client::config::{HeaderInjector, RetryPolicy};
use socket2::SockRef;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::middleware::frame;
use crate::routes::configure;
use crate::source::Follower;
use crate::{ServerConfig, ServiceState};

/// How long an idle connection stays open: longer than callers and proxies keep theirs (60 to 90 s), so
/// that it is they who close it. A server that closes first loses the request just then on its way.
const KEEP_ALIVE: Duration = Duration::from_secs(120);

/// Connections that may wait to be accepted; the system may allow fewer.
const BACKLOG: i32 = 2_048;

/// Why the server cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken, or not ours.
    #[error("cannot listen on {address}; choose another with FORECAST_BIND")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Signals cannot be listened for.
    #[error("cannot listen for signals: {0}")]
    Signals(std::io::Error),
    /// The server broke down.
    #[error("the server broke down")]
    Run(#[from] std::io::Error),
}

/// Which signal ended the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// SIGTERM: the orchestrator's wish, an orderly end.
    Terminated,
    /// SIGINT: somebody pressed Ctrl-C.
    Interrupted,
}

/// A server that listens and does not answer yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    state: Arc<ServiceState>,
    mlflow: ClientConfig,
}

impl Server {
    /// Begins to listen.
    ///
    /// # Errors
    /// [`ServeError::Bind`].
    pub fn bind(config: ServerConfig, mlflow: ClientConfig, metrics: ApiMetrics) -> Result<Self, ServeError> {
        let bind = config.bind;
        let listen = || -> std::io::Result<(TcpListener, SocketAddr)> {
            let listener = TcpListener::bind(bind)?;
            // The standard library's 128 lets a burst of callers wait a second for their connection.
            SockRef::from(&listener).listen(BACKLOG)?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let (listener, address) = listen().map_err(|source| ServeError::Bind { address: bind, source })?;
        let state = Arc::new(ServiceState::new(config, metrics));
        Ok(Self { listener, address, state, mlflow: asking_once(mlflow) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is done, then drains: says at once that it is not ready, goes on answering
    /// for [`Drain::delay`](crate::Drain::delay) and lets what has begun finish within
    /// [`Drain::timeout`](crate::Drain::timeout). Needs an actix system around it.
    ///
    /// # Errors
    /// [`ServeError::Run`].
    pub async fn run(self, stop: impl Future<Output = Stop>) -> Result<(), ServeError> {
        let Self { listener, address, state, mlflow } = self;
        let drain = state.config().drain;
        let data = Data::from(Arc::clone(&state));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .wrap(Compress::default())
                .wrap(from_fn(frame))
                .configure(configure)
        })
        .keep_alive(KEEP_ALIVE)
        .disable_signals()
        .shutdown_timeout(drain.timeout.as_secs())
        .listen(listener)?
        .run();
        let handle = server.handle();
        let follower = actix_web::rt::spawn(Follower::new(Arc::clone(&state), mlflow).run());
        tracing::info!(%address, "listening");

        let stopping = async {
            let stop = stop.await;
            tracing::info!("draining");
            state.begin_draining();
            if stop == Stop::AfterDelay {
                tokio::time::sleep(drain.delay).await;
            }
            handle.stop(true).await;
        };
        // The server ends by itself only where it breaks down.
        let (outcome, ()) = tokio::join!(server, stopping);
        follower.abort();
        Ok(outcome?)
    }
}

/// How soon a server that was told to stop stops accepting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// After the configured delay, in which routers notice that it is not ready.
    AfterDelay,
    /// At once: nobody routes to it.
    AtOnce,
}

/// Serves until SIGTERM or SIGINT, and drains; blocks the calling thread.
///
/// # Errors
/// [`ServeError`].
pub fn serve_until_signal(
    config: ServerConfig,
    mlflow: ClientConfig,
    metrics: ApiMetrics,
) -> Result<Ended, ServeError> {
    let server = Server::bind(config, mlflow, metrics)?;
    actix_web::rt::System::new().block_on(async {
        let (mut terminate, mut interrupt) = signals().map_err(ServeError::Signals)?;
        let mut ended = Ended::Terminated;
        let stop = async {
            tokio::select! {
                _ = terminate.recv() => Stop::AfterDelay,
                _ = interrupt.recv() => {
                    ended = Ended::Interrupted;
                    Stop::AtOnce
                }
            }
        };
        server.run(stop).await?;
        Ok(ended)
    })
}

fn signals() -> std::io::Result<(Signal, Signal)> {
    Ok((signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?))
}

/// The follower asks again by itself, every few seconds: one attempt each time is enough. Requests to
/// MLflow carry the trace they belong to.
fn asking_once(mut mlflow: ClientConfig) -> ClientConfig {
    mlflow.retry = RetryPolicy::never();
    mlflow.headers = Some(HeaderInjector::new(|| {
        let mut headers = Vec::new();
        inject_headers(|name, value| headers.push((name.to_owned(), value.to_owned())));
        headers
    }));
    mlflow
}
