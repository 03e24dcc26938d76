//! How many requests may compute at once.
//!
//! Forecasting is bound by the processor: more computations than cores make all of them slow. A request
//! waits for its turn, and is turned away at once where too many wait already.

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::problem::{Code, Problem};

/// Waiting requests per core before further ones are turned away.
const WAITING_PER_CORE: usize = 64;

/// Lets as many computations in as there are cores.
#[derive(Debug)]
pub(crate) struct Gate {
    running: Semaphore,
    present: Semaphore,
}

/// The right to compute, until dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    _running: SemaphorePermit<'a>,
    _present: SemaphorePermit<'a>,
}

impl Gate {
    pub(crate) fn new(cores: usize) -> Self {
        Self {
            running: Semaphore::new(cores),
            present: Semaphore::new(cores.saturating_mul(1 + WAITING_PER_CORE)),
        }
    }

    /// Waits for a turn.
    pub(crate) async fn enter(&self) -> Result<Turn<'_>, Problem> {
        let overloaded = |_| {
            Problem::new(Code::Overloaded, "too many requests wait for their turn; ask again in a moment")
        };
        let present = self.present.try_acquire().map_err(overloaded)?;
        // Closed only with the server itself.
        let running = self.running.acquire().await.map_err(|_| {
            Problem::new(Code::Draining, "the server is shutting down; ask again, another one answers")
        })?;
        Ok(Turn { _running: running, _present: present })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_finds_the_queue_full_is_turned_away_at_once() {
        let gate = Gate { running: Semaphore::new(1), present: Semaphore::new(1) };
        let turn = gate.enter().await.unwrap();
        assert_eq!(gate.enter().await.unwrap_err().code, Code::Overloaded);
        drop(turn);
        assert!(gate.enter().await.is_ok());
    }
}
