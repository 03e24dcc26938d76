//! The circuit breaker: closed → open after failures in a row → half-open, one probe → closed or open.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::{BreakerConfig, ClientError};

/// Whether calls go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CircuitState {
    /// Calls go out.
    Closed,
    /// Calls fail at once.
    Open {
        /// How long until one attempt may probe the service; zero once it may.
        retry_in: Duration,
    },
    /// One attempt is out to probe the service; others fail at once.
    HalfOpen,
}

#[derive(Debug)]
pub(super) struct Breaker {
    config: BreakerConfig,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Closed { failures_in_a_row: u32 },
    Open { until: Instant },
    HalfOpen,
}

/// Leave to make one attempt; its outcome moves the circuit. Dropped without an outcome, as when the
/// caller went away, a probe leaves the circuit open for the next one to try.
#[must_use]
#[derive(Debug)]
pub(super) struct Permit<'a> {
    breaker: &'a Breaker,
    kind: PermitKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PermitKind {
    Ordinary,
    Probe,
    Settled,
}

impl Breaker {
    pub(super) fn new(config: BreakerConfig) -> Self {
        Self { config, state: Mutex::new(State::Closed { failures_in_a_row: 0 }) }
    }

    /// Leave to make an attempt, or [`ClientError::CircuitOpen`].
    pub(super) fn permit(&self) -> Result<Permit<'_>, ClientError> {
        let mut state = self.lock();
        match *state {
            State::Closed { .. } => Ok(Permit { breaker: self, kind: PermitKind::Ordinary }),
            State::Open { until } => {
                let retry_in = until.saturating_duration_since(Instant::now());
                if retry_in.is_zero() {
                    *state = State::HalfOpen;
                    Ok(Permit { breaker: self, kind: PermitKind::Probe })
                } else {
                    Err(ClientError::CircuitOpen { retry_in })
                }
            }
            State::HalfOpen => Err(ClientError::CircuitOpen { retry_in: Duration::ZERO }),
        }
    }

    pub(super) fn state(&self) -> CircuitState {
        match *self.lock() {
            State::Closed { .. } => CircuitState::Closed,
            State::Open { until } => {
                CircuitState::Open { retry_in: until.saturating_duration_since(Instant::now()) }
            }
            State::HalfOpen => CircuitState::HalfOpen,
        }
    }

    /// The state is a plain value, whole after every write, so a panic elsewhere cannot spoil it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> State {
        State::Open { until: Instant::now() + self.config.open_for }
    }
}

impl Permit<'_> {
    pub(super) fn succeeded(mut self) {
        let kind = std::mem::replace(&mut self.kind, PermitKind::Settled);
        let mut state = self.breaker.lock();
        // An answer to an attempt made before the circuit opened does not close it.
        if kind == PermitKind::Probe || matches!(*state, State::Closed { .. }) {
            if kind == PermitKind::Probe {
                tracing::info!("the forecast service is back, the circuit is closed");
            }
            *state = State::Closed { failures_in_a_row: 0 };
        }
    }

    pub(super) fn failed(mut self) {
        let kind = std::mem::replace(&mut self.kind, PermitKind::Settled);
        let mut state = self.breaker.lock();
        match &mut *state {
            State::Closed { failures_in_a_row } => {
                *failures_in_a_row += 1;
                if *failures_in_a_row >= self.breaker.config.failures_to_open {
                    tracing::warn!(
                        open_for = ?self.breaker.config.open_for,
                        "the forecast service failed too often, the circuit is open"
                    );
                    *state = self.breaker.open();
                }
            }
            State::HalfOpen if kind == PermitKind::Probe => *state = self.breaker.open(),
            State::Open { .. } | State::HalfOpen => {}
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.kind == PermitKind::Probe {
            *self.breaker.lock() = State::Open { until: Instant::now() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN_FOR: Duration = Duration::from_secs(30);

    fn breaker() -> Breaker {
        Breaker::new(BreakerConfig { failures_to_open: 5, open_for: OPEN_FOR })
    }

    fn fail(breaker: &Breaker, times: u32) {
        for _ in 0..times {
            breaker.permit().unwrap().failed();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn five_failures_in_a_row_open_it_and_a_success_between_does_not() {
        let breaker = breaker();
        fail(&breaker, 4);
        breaker.permit().unwrap().succeeded();
        fail(&breaker, 4);
        assert_eq!(breaker.state(), CircuitState::Closed);
        fail(&breaker, 1);
        assert_eq!(breaker.state(), CircuitState::Open { retry_in: OPEN_FOR });
        assert!(
            matches!(breaker.permit(), Err(ClientError::CircuitOpen { retry_in }) if retry_in == OPEN_FOR)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn after_its_time_one_probe_goes_out_and_decides() {
        let breaker = breaker();
        fail(&breaker, 5);
        tokio::time::advance(OPEN_FOR).await;
        let probe = breaker.permit().unwrap();
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
        assert!(breaker.permit().is_err(), "a second probe went out");
        probe.failed();
        assert_eq!(breaker.state(), CircuitState::Open { retry_in: OPEN_FOR });

        tokio::time::advance(OPEN_FOR).await;
        breaker.permit().unwrap().succeeded();
        assert_eq!(breaker.state(), CircuitState::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_whose_caller_went_away_leaves_room_for_the_next() {
        let breaker = breaker();
        fail(&breaker, 5);
        tokio::time::advance(OPEN_FOR).await;
        drop(breaker.permit().unwrap());
        assert!(breaker.permit().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn late_outcomes_of_earlier_attempts_do_not_move_an_open_circuit() {
        let breaker = breaker();
        let (early, other) = (breaker.permit().unwrap(), breaker.permit().unwrap());
        fail(&breaker, 5);
        tokio::time::advance(Duration::from_secs(10)).await;
        early.succeeded();
        other.failed();
        assert_eq!(breaker.state(), CircuitState::Open { retry_in: Duration::from_secs(20) });
    }
}
