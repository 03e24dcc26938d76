//! How many requests may compute at once, and how many bytes of bodies may be held at once.
//!
//! Forecasting is bound by the processor: more computations than cores make all of them slow. A request
//! waits for its turn, and is turned away at once where too many wait already. Bodies are held from their
//! first byte to their answer: without a common limit, many long ones would take all memory.

use forecast_telemetry::QueueLoad;
use tokio::sync::{Semaphore, SemaphorePermit, TryAcquireError};

use crate::problem::{Code, Problem};

/// Waiting requests per core before further ones are turned away.
const WAITING_PER_CORE: usize = 64;

/// Bodies of the longest kind that may be held at once.
const LONGEST_BODIES: usize = 16;
/// What the bytes of bodies are counted in.
const UNIT: usize = 1_024;
/// Bytes of each body that are not counted: short requests go on being answered while long ones fill what
/// may be held.
const UNCOUNTED: usize = 64 * UNIT;

/// Lets as many computations in as there are cores, and as many bytes as memory is meant to hold.
#[derive(Debug)]
pub(crate) struct Gate {
    cores: usize,
    running: Semaphore,
    present: Semaphore,
    bodies: Semaphore,
}

/// The right to hold a body of so many units, until dropped.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    bodies: &'a Semaphore,
    permit: SemaphorePermit<'a>,
}

impl Held<'_> {
    /// Asks for the right to hold so many bytes in all.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> Result<(), Problem> {
        let counted = bytes.saturating_sub(UNCOUNTED).div_ceil(UNIT);
        let missing = counted.saturating_sub(self.permit.num_permits());
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        let more = self.bodies.try_acquire_many(missing).map_err(overloaded)?;
        self.permit.merge(more);
        Ok(())
    }
}

/// The right to compute, until dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    _running: SemaphorePermit<'a>,
    _present: SemaphorePermit<'a>,
}

impl Gate {
    pub(crate) fn new(cores: usize, max_body_bytes: usize) -> Self {
        Self {
            cores,
            running: Semaphore::new(cores),
            present: Semaphore::new(cores.saturating_mul(1 + WAITING_PER_CORE)),
            bodies: Semaphore::new(max_body_bytes.div_ceil(UNIT).saturating_mul(LONGEST_BODIES)),
        }
    }

    /// The right to hold a body that has not begun to arrive.
    pub(crate) fn hold(&self) -> Result<Held<'_>, Problem> {
        let permit = self.bodies.try_acquire_many(0).map_err(overloaded)?;
        Ok(Held { bodies: &self.bodies, permit })
    }

    /// How many compute and wait at this moment.
    pub(crate) fn load(&self) -> QueueLoad {
        let (most, waiting_limit) = (self.cores, self.cores.saturating_mul(WAITING_PER_CORE));
        let running = most.saturating_sub(self.running.available_permits());
        let present = (most + waiting_limit).saturating_sub(self.present.available_permits());
        QueueLoad {
            running: running as u64,
            running_limit: most as u64,
            // The two are not read at the same instant.
            waiting: present.saturating_sub(running) as u64,
            waiting_limit: waiting_limit as u64,
        }
    }

    /// Waits for a turn.
    pub(crate) async fn enter(&self) -> Result<Turn<'_>, Problem> {
        let present = self.present.try_acquire().map_err(overloaded)?;
        // Closed only with the server itself.
        let running = self.running.acquire().await.map_err(|_| {
            Problem::new(Code::Draining, "the server is shutting down; ask again, another one answers")
        })?;
        Ok(Turn { _running: running, _present: present })
    }
}

fn overloaded(_: TryAcquireError) -> Problem {
    Problem::new(Code::Overloaded, "too many requests wait for their turn; ask again in a moment")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_finds_the_queue_full_is_turned_away_at_once() {
        let gate = Gate { present: Semaphore::new(1), ..Gate::new(1, 1_024) };
        let turn = gate.enter().await.unwrap();
        assert_eq!(gate.enter().await.unwrap_err().code, Code::Overloaded);
        drop(turn);
        assert!(gate.enter().await.is_ok());
    }

    #[tokio::test]
    async fn who_computes_and_who_waits_is_counted() {
        let gate = Gate::new(1, 1_024);
        let turn = gate.enter().await.unwrap();
        let mut next = Box::pin(gate.enter());
        let nobody = std::task::Waker::noop();
        assert!(next.as_mut().poll(&mut std::task::Context::from_waker(nobody)).is_pending());
        let load = gate.load();
        assert_eq!((load.running, load.running_limit), (1, 1));
        assert_eq!((load.waiting, load.waiting_limit), (1, WAITING_PER_CORE as u64));
        drop(turn);
        drop(next.await.unwrap());
        assert_eq!((gate.load().running, gate.load().waiting), (0, 0));
    }

    #[test]
    fn long_bodies_share_what_may_be_held_and_give_it_back() {
        let gate = Gate::new(1, 2 * UNIT);
        let all = UNCOUNTED + 2 * LONGEST_BODIES * UNIT;
        let mut first = gate.hold().unwrap();
        first.grow_to(UNCOUNTED + 1).unwrap();
        first.grow_to(UNCOUNTED + UNIT).unwrap();
        let mut second = gate.hold().unwrap();
        second.grow_to(all - UNIT).unwrap();
        assert_eq!(first.grow_to(UNCOUNTED + UNIT + 1).unwrap_err().code, Code::Overloaded);
        gate.hold().unwrap().grow_to(UNCOUNTED).unwrap();
        drop(second);
        first.grow_to(all).unwrap();
    }
}
