//! What a training run tells while it goes on.

use forecast_features::ingest::{IngestProgress, QualityReport};
use forecast_model::ProgressEvent;

/// Somebody who wants to know how far a run has come. Called often, from any thread: be quick.
pub trait TrainingObserver: Send + Sync {
    /// Something happened.
    fn event(&self, event: TrainingEvent<'_>);
}

/// What happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TrainingEvent<'a> {
    /// The run exists and is running.
    Started {
        /// Its id.
        run_id: &'a str,
        /// Where to look at it, if the store has a page.
        url: Option<&'a str>,
    },
    /// Tables are being read.
    Reading(IngestProgress),
    /// The table has become a panel.
    Read(&'a QualityReport),
    /// Models are being backtested or fitted.
    Modelling(&'a ProgressEvent),
    /// Results are being sent to MLflow.
    Recording(&'static str),
}

/// An observer that does not look.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl TrainingObserver for NoObserver {
    fn event(&self, _event: TrainingEvent<'_>) {}
}
