//! The guard that keeps telemetry running, and sends the last of it.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;

use crate::export::{ExportHealth, ExportRuntime};
use crate::metrics::Metrics;

/// Keeps telemetry running; keep it until the program ends.
///
/// Dropping it sends what is still queued, within the configured limit (five seconds unless
/// [`with_shutdown_timeout`](crate::TelemetryConfig::with_shutdown_timeout) says otherwise).
/// Dropping blocks the calling thread for that long at most; log lines are written immediately
/// and need no flush.
#[derive(Debug)]
#[must_use = "telemetry stops when the guard is dropped"]
pub struct TelemetryGuard {
    pub(crate) metrics: Metrics,
    /// Absent when nothing is sent, and once shut down.
    pub(crate) sending: Option<Sending>,
    pub(crate) shutdown_timeout: Duration,
}

/// What has to be flushed, and the runtime it needs to leave the process.
#[derive(Debug)]
pub(crate) struct Sending {
    pub(crate) traces: SdkTracerProvider,
    pub(crate) logs: SdkLoggerProvider,
    pub(crate) health: Arc<ExportHealth>,
    pub(crate) runtime: ExportRuntime,
}

/// How the shutdown ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShutdownOutcome {
    /// Everything was sent, or there was nothing to send.
    Complete,
    /// The collector did not take everything within the limit; the rest is lost.
    Incomplete,
}

impl TelemetryGuard {
    /// The metrics of this process.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Sends what is queued and stops, within the configured limit.
    pub fn shutdown(mut self) -> ShutdownOutcome {
        self.stop()
    }

    fn stop(&mut self) -> ShutdownOutcome {
        let Some(sending) = self.sending.take() else { return ShutdownOutcome::Complete };
        let timeout = self.shutdown_timeout;
        let (traces, logs) = (sending.traces, sending.logs);
        let metrics = self.metrics.provider().clone();
        let tasks: [Box<dyn FnOnce() -> bool + Send>; 3] = [
            Box::new(move || traces.shutdown_with_timeout(timeout).is_ok()),
            Box::new(move || logs.shutdown_with_timeout(timeout).is_ok()),
            Box::new(move || metrics.shutdown_with_timeout(timeout).is_ok()),
        ];
        // The SDK calls a shutdown good that lost what it had; the exporters know better.
        let complete = run_all_within(timeout, tasks) && sending.health.is_well();
        // Only now: the exports above run on it.
        drop(sending.runtime);
        if complete { ShutdownOutcome::Complete } else { ShutdownOutcome::Incomplete }
    }
}

impl Drop for TelemetryGuard {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Runs the tasks side by side; true when all say so before the time is up.
///
/// The SDK does not hold to its own limit while a transport is retrying, hence the threads, which
/// are left to themselves when time is up.
fn run_all_within<const N: usize>(timeout: Duration, tasks: [Box<dyn FnOnce() -> bool + Send>; N]) -> bool {
    let deadline = Instant::now() + timeout;
    let (sender, receiver) = mpsc::channel();
    for task in tasks {
        let sender = sender.clone();
        let started = thread::Builder::new().name("telemetry-shutdown".to_owned()).spawn(move || {
            // The receiver is gone when time was up.
            let _too_late = sender.send(task());
        });
        if started.is_err() {
            return false;
        }
    }
    drop(sender);
    let mut complete = true;
    for _ in 0..N {
        let left = deadline.saturating_duration_since(Instant::now());
        match receiver.recv_timeout(left) {
            Ok(sent) => complete &= sent,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return false,
        }
    }
    complete
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_that_never_ends_does_not_hold_up_the_rest() {
        let (never, wait) = mpsc::channel::<()>();
        let stuck = Box::new(move || wait.recv().is_ok());
        let started = Instant::now();
        assert!(!run_all_within(Duration::from_millis(50), [stuck, Box::new(|| true)]));
        assert!(started.elapsed() < Duration::from_secs(5));
        drop(never);
    }

    #[test]
    fn all_tasks_have_to_succeed() {
        let limit = Duration::from_secs(60);
        assert!(run_all_within(limit, [Box::new(|| true), Box::new(|| true)]));
        assert!(!run_all_within(limit, [Box::new(|| true), Box::new(|| false)]));
    }
}
