//! How a call is made of attempts: timeout, deadline, retries and circuit breaker.
//!
//! Knows nothing of HTTP: an attempt is any future that says, when it fails, whether another one may help
//! and what the failure says of the service. All time is tokio's, so that tests run it by hand.

use std::time::Duration;

use tokio::time::Instant;

use crate::{ClientConfig, ClientError, RetryConfig};

mod backoff;
mod breaker;

use backoff::delay_before;
use breaker::Breaker;
pub use breaker::CircuitState;

/// An attempt that brought no answer.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: ClientError,
    pub(crate) retry: Retry,
    pub(crate) service: Service,
}

/// Whether another attempt may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// The same request would fail again, or may already be costing the service its time.
    No,
    /// After a backoff.
    Soon,
    /// The service said when.
    After(Duration),
}

/// What a failure says of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// It answers as it should: the request was wrong, or too early.
    Healthy,
    /// It does not answer, or not as it should.
    Failing,
}

/// The policy of one client; the state of its circuit is shared by all calls.
#[derive(Debug)]
pub(crate) struct Policy {
    attempt_timeout: Duration,
    deadline: Duration,
    retry: RetryConfig,
    breaker: Breaker,
}

impl Policy {
    pub(crate) fn new(config: &ClientConfig) -> Self {
        Self {
            attempt_timeout: config.attempt_timeout,
            deadline: config.deadline,
            retry: config.retry.clone(),
            breaker: Breaker::new(config.breaker.clone()),
        }
    }

    pub(crate) fn circuit(&self) -> CircuitState {
        self.breaker.state()
    }

    /// Makes one attempt, within its timeout, whatever the circuit says; its outcome moves no circuit.
    pub(crate) async fn once<T>(
        &self,
        attempt: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, ClientError> {
        match tokio::time::timeout(self.attempt_timeout, attempt).await {
            Ok(outcome) => outcome.map_err(|failure| failure.error),
            Err(_) => Err(ClientError::TimedOut { after: self.attempt_timeout }),
        }
    }

    /// Makes attempts, numbered from 1, until one succeeds or none may help any more.
    pub(crate) async fn call<T, Attempt>(
        &self,
        mut attempt: impl FnMut(u32) -> Attempt,
    ) -> Result<T, ClientError>
    where
        Attempt: Future<Output = Result<T, Failure>>,
    {
        let give_up_at = Instant::now() + self.deadline;
        let mut number = 1;
        let mut last_error = None;
        loop {
            let permit = match self.breaker.permit() {
                Ok(permit) => permit,
                // A circuit that this very call opened says less than what opened it.
                Err(open) => return Err(last_error.unwrap_or(open)),
            };
            let limit = self.attempt_timeout.min(give_up_at - Instant::now());
            let failure = match tokio::time::timeout(limit, attempt(number)).await {
                Ok(Ok(answer)) => {
                    permit.succeeded();
                    return Ok(answer);
                }
                Ok(Err(failure)) => failure,
                Err(_) => Failure::timed_out(limit),
            };
            match failure.service {
                Service::Healthy => permit.succeeded(),
                Service::Failing => permit.failed(),
            }

            let Some(delay) = delay_before(number + 1, failure.retry, &self.retry) else {
                return Err(failure.error);
            };
            if Instant::now() + delay >= give_up_at {
                return Err(failure.error);
            }
            tracing::debug!(attempt = number, ?delay, error = %failure.error, "trying again");
            tokio::time::sleep(delay).await;
            last_error = Some(failure.error);
            number += 1;
        }
    }
}

impl Failure {
    /// A slow service is not asked again at once: it may still be busy with the first request.
    fn timed_out(after: Duration) -> Self {
        Self { error: ClientError::TimedOut { after }, retry: Retry::No, service: Service::Failing }
    }
}

#[cfg(test)]
mod tests;
