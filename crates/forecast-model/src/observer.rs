//! Who wants to know how far the work has come, and may stop it.

use serde::Serialize;

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
