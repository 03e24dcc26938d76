//! Patience: how long to wait for an answer, and when to ask again.

use std::num::NonZeroU32;
use std::time::Duration;

/// How long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until a connection stands.
    pub connect: Duration,
    /// Until a call is answered in full. Generous by default: a server with basic authentication
    /// takes seconds per call.
    pub request: Duration,
    /// Between two pieces of a download.
    pub idle: Duration,
    /// Slowest upload that is still waited for, in bytes per second; an upload may take
    /// `request` plus its size divided by this.
    pub slowest_upload_bytes_per_s: NonZeroU32,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            request: Duration::from_secs(120),
            idle: Duration::from_secs(60),
            slowest_upload_bytes_per_s: NonZeroU32::MIN.saturating_add(99_999),
        }
    }
}

/// When to ask again after a transient failure.
///
/// Between attempts the client waits a random time between zero and
/// `min(max_delay, base_delay * 2^attempt)` ("full jitter"), or as long as the server's
/// `Retry-After` says if that is longer. What is asked again at all depends on the call: see the
/// `rest` module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all; one means none is repeated.
    pub max_attempts: NonZeroU32,
    /// Upper bound of the first wait.
    pub base_delay: Duration,
    /// Upper bound of every wait that the server does not ask for.
    pub max_delay: Duration,
    /// No attempt starts later than this after the first one.
    pub budget: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: NonZeroU32::MIN.saturating_add(4),
            base_delay: Duration::from_millis(250),
            max_delay: Duration::from_secs(15),
            budget: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// Every call is tried once.
    #[must_use]
    pub fn never() -> Self {
        Self { max_attempts: NonZeroU32::MIN, ..Self::default() }
    }
}
