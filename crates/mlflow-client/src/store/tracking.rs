//! Experiments and runs.

use async_trait::async_trait;

use crate::Result;
use crate::types::{
    Batch, DatasetInput, Experiment, ExperimentQuery, Metric, MetricHistoryQuery, ModelOutput, NewExperiment,
    NewRun, Paged, Run, RunInfo, RunQuery, RunUpdate, Tag,
};

/// Experiments and runs of a store.
///
/// Deleted runs and experiments are kept, can be read by id and restored, but not written to
/// ([`Error::InvalidParameter`](crate::Error::InvalidParameter)).
#[async_trait]
pub trait TrackingStore: Send + Sync {
    /// Creates an experiment and returns its id.
    ///
    /// # Errors
    /// `AlreadyExists` if an active or deleted experiment has that name.
    async fn create_experiment(&self, experiment: &NewExperiment) -> Result<String>;

    /// Reads an experiment, active or deleted.
    ///
    /// # Errors
    /// `NotFound`.
    async fn get_experiment(&self, experiment_id: &str) -> Result<Experiment>;

    /// Reads an experiment by its name, active or deleted.
    ///
    /// # Errors
    /// `NotFound`.
    async fn get_experiment_by_name(&self, name: &str) -> Result<Experiment>;

    /// Finds experiments.
    ///
    /// # Errors
    /// `InvalidParameter` for a filter or order that is not understood.
    async fn search_experiments(&self, query: &ExperimentQuery) -> Result<Paged<Experiment>>;

    /// Puts an experiment and its runs in the bin.
    ///
    /// # Errors
    /// `NotFound`, also if it is there already.
    async fn delete_experiment(&self, experiment_id: &str) -> Result<()>;

    /// Takes an experiment out of the bin.
    ///
    /// # Errors
    /// `NotFound`, also if it is not in the bin.
    async fn restore_experiment(&self, experiment_id: &str) -> Result<()>;

    /// Sets a tag, replacing its earlier value.
    ///
    /// # Errors
    /// `NotFound`; `InvalidParameter` if the experiment is deleted.
    async fn set_experiment_tag(&self, experiment_id: &str, tag: &Tag) -> Result<()>;

    /// Starts a run.
    ///
    /// # Errors
    /// `NotFound` if there is no such experiment; `InvalidParameter` if it is deleted.
    async fn create_run(&self, run: &NewRun) -> Result<Run>;

    /// Reads a run, active or deleted.
    ///
    /// # Errors
    /// `NotFound`.
    async fn get_run(&self, run_id: &str) -> Result<Run>;

    /// Changes status, end or name.
    ///
    /// # Errors
    /// `NotFound`; `InvalidParameter` if the run is deleted.
    async fn update_run(&self, update: &RunUpdate) -> Result<RunInfo>;

    /// Finds runs.
    ///
    /// # Errors
    /// `InvalidParameter` for a filter or order that is not understood.
    async fn search_runs(&self, query: &RunQuery) -> Result<Paged<Run>>;

    /// Puts a run in the bin; does nothing if it is there already.
    ///
    /// # Errors
    /// `NotFound`.
    async fn delete_run(&self, run_id: &str) -> Result<()>;

    /// Takes a run out of the bin; does nothing if it is not there.
    ///
    /// # Errors
    /// `NotFound`.
    async fn restore_run(&self, run_id: &str) -> Result<()>;

    /// Logs metrics, params and tags, split as the store needs it. Each part is written as a
    /// whole or not at all; logging the same batch again changes nothing.
    ///
    /// # Errors
    /// `NotFound`; `InvalidParameter` if a param has another value already, a key is malformed or
    /// the run is deleted.
    async fn log_batch(&self, run_id: &str, batch: &Batch) -> Result<()>;

    /// Reads the measurements of one metric, ordered by timestamp, then step, then value.
    ///
    /// # Errors
    /// Those of the transport: a key never measured, and a run that does not exist, have an empty history.
    async fn metric_history(&self, query: &MetricHistoryQuery) -> Result<Paged<Metric>>;

    /// Sets a tag, replacing its earlier value.
    ///
    /// # Errors
    /// `NotFound`; `InvalidParameter` if the run is deleted.
    async fn set_tag(&self, run_id: &str, tag: &Tag) -> Result<()>;

    /// Removes a tag.
    ///
    /// # Errors
    /// `NotFound` if there is no such run or tag.
    async fn delete_tag(&self, run_id: &str, key: &str) -> Result<()>;

    /// Says which datasets a run read. The same dataset twice counts once.
    ///
    /// # Errors
    /// `NotFound`.
    async fn log_inputs(&self, run_id: &str, datasets: &[DatasetInput]) -> Result<()>;

    /// Says which models a run made.
    ///
    /// # Errors
    /// `NotFound` if there is no such run.
    async fn log_outputs(&self, run_id: &str, models: &[ModelOutput]) -> Result<()>;
}
