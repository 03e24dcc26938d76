//! A wish to stop, shared between whoever wishes and whoever works.

use forecast_model::{Observer, ProgressEvent};
use tokio_util::sync::CancellationToken;

use crate::observe::{TrainingEvent, TrainingObserver};

/// A wish to stop; clones share it. Once wished it stays.
#[derive(Clone, Debug, Default)]
pub struct Cancellation(CancellationToken);

impl Cancellation {
    /// No wish yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the run to stop. It is marked as killed within moments.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Whether somebody asked.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits until somebody asks.
    pub(crate) async fn cancelled(&self) {
        self.0.cancelled().await;
    }
}

/// Passes on what models tell, and tells them when to stop.
pub(crate) struct Watch<'a> {
    pub(crate) observer: &'a dyn TrainingObserver,
    pub(crate) cancel: &'a Cancellation,
}

impl Observer for Watch<'_> {
    fn event(&self, event: ProgressEvent) {
        self.observer.event(TrainingEvent::Modelling(&event));
    }

    fn cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }
}
