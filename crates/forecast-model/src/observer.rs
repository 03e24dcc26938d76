//! Who wants to know how far the work has come, and may stop it.

use serde::Serialize;

use crate::ModelError;

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Features are computed.
    Features,
    /// A family is fitted and tried in a backtest window.
    Backtest,
    /// The champion is fitted to all data.
    Refit,
    /// Quantiles are calibrated.
    Calibrate,
}

/// How far the work has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProgressEvent {
    /// What is being done.
    pub phase: Phase,
    /// Units of work done in this phase.
    pub done: u64,
    /// Units of work of this phase.
    pub total: u64,
    /// What the newest unit was, for people: `ridge, window 2 of 3`.
    pub label: String,
}

/// Somebody who watches. Called from the thread that runs the work.
pub trait Observer: Sync {
    /// Something was done.
    fn event(&self, event: ProgressEvent);

    /// Whether the work should stop as soon as it can; asked several times a second.
    fn cancelled(&self) -> bool {
        false
    }
}

/// An observer that does not look.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn event(&self, _event: ProgressEvent) {}
}

/// Counts the units of one phase, and asks whether to go on before each.
pub(crate) struct Progress<'a> {
    observer: &'a dyn Observer,
    phase: Phase,
    done: u64,
    total: u64,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(observer: &'a dyn Observer, phase: Phase, total: u64) -> Self {
        observer.event(ProgressEvent { phase, done: 0, total, label: String::new() });
        Self { observer, phase, done: 0, total }
    }

    /// The unit that comes next.
    pub(crate) fn unit(&self, label: String) -> Unit<'a> {
        let Self { observer, phase, done, total } = *self;
        Unit { observer, event: ProgressEvent { phase, done, total, label } }
    }

    /// Says that a unit is done.
    pub(crate) fn step(&mut self, label: String) {
        self.done += 1;
        let Self { observer, phase, done, total } = *self;
        observer.event(ProgressEvent { phase, done, total, label });
    }

    /// An error when the work should stop.
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        if self.observer.cancelled() { Err(ModelError::Cancelled) } else { Ok(()) }
    }
}

/// A unit of work under way. May be told of from any thread.
pub(crate) struct Unit<'a> {
    observer: &'a dyn Observer,
    event: ProgressEvent,
}

impl<'a> Unit<'a> {
    /// A unit that nobody watches.
    pub(crate) fn unwatched() -> Self {
        let event = ProgressEvent { phase: Phase::Refit, done: 0, total: 1, label: String::new() };
        Self { observer: &NoObserver, event }
    }

    /// Says how far the unit is; no unit is done by that.
    pub(crate) fn tell(&self, how_far: &str) {
        let label = format!("{}: {how_far}", self.event.label);
        self.observer.event(ProgressEvent { label, ..self.event.clone() });
    }

    /// Whether the work should stop as soon as it can.
    pub(crate) fn cancelled(&self) -> bool {
        self.observer.cancelled()
    }
}
