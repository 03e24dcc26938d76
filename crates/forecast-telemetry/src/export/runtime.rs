//! The runtime on which all telemetry is sent.
//!
//! The SDK exports from threads of its own that block on the transport, and the transports need a
//! tokio runtime. Lending them the program's would deadlock a current-thread runtime on shutdown
//! and would not work in a program without one; a runtime of one thread here works everywhere.

use opentelemetry::Context;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::Error;

/// A runtime of one thread, on which nothing that happens is itself telemetry.
#[derive(Debug)]
pub(crate) struct ExportRuntime(Option<Runtime>);

impl ExportRuntime {
    pub(crate) fn start() -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("telemetry-export")
            .enable_all()
            .on_thread_start(|| {
                // For as long as the thread lives: sending a span must not make spans.
                std::mem::forget(Context::enter_telemetry_suppressed_scope());
            })
            .build()
            .map_err(Error::Runtime)?;
        Ok(Self(Some(runtime)))
    }

    /// The handle to build transports with.
    pub(crate) fn handle(&self) -> Option<&Handle> {
        self.0.as_ref().map(Runtime::handle)
    }
}

impl Drop for ExportRuntime {
    fn drop(&mut self) {
        // An ordinary drop waits for blocking work, and panics inside another runtime.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// An HTTP client whose requests run on the export runtime, whichever thread asks.
#[derive(Debug)]
pub(super) struct RuntimeClient {
    pub(super) client: reqwest::Client,
    pub(super) handle: Handle,
}

#[async_trait::async_trait]
impl HttpClient for RuntimeClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        self.handle.spawn(async move { client.send_bytes(request).await }).await?
    }
}
