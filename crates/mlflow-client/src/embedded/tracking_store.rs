//! [`TrackingStore`] on MLflow's tables.
//!
//! Each call is one transaction; what it does is in [`tables`](super::tables).

use async_trait::async_trait;

use super::EmbeddedStore;
use super::tables::{batch, experiments, inputs, metrics, runs};
use crate::types::{
    Batch, DatasetInput, Experiment, ExperimentQuery, Metric, MetricHistoryQuery, ModelOutput, NewExperiment,
    NewRun, Paged, Run, RunInfo, RunQuery, RunUpdate, Tag,
};
use crate::{Result, TrackingStore};

#[async_trait]
impl TrackingStore for EmbeddedStore {
    async fn create_experiment(&self, experiment: &NewExperiment) -> Result<String> {
        let experiment = experiment.clone();
        self.database
            .write("create an experiment", move |connection| experiments::create(connection, &experiment))
            .await
    }

    async fn get_experiment(&self, experiment_id: &str) -> Result<Experiment> {
        let experiment_id = experiment_id.to_owned();
        self.database
            .read("get an experiment", move |connection| experiments::get(connection, &experiment_id))
            .await
    }

    async fn get_experiment_by_name(&self, name: &str) -> Result<Experiment> {
        let name = name.to_owned();
        self.database
            .read("get an experiment by name", move |connection| experiments::get_by_name(connection, &name))
            .await
    }

    async fn search_experiments(&self, query: &ExperimentQuery) -> Result<Paged<Experiment>> {
        let query = query.clone();
        self.database
            .read("search experiments", move |connection| experiments::search(connection, &query))
            .await
    }

    async fn delete_experiment(&self, experiment_id: &str) -> Result<()> {
        let experiment_id = experiment_id.to_owned();
        self.database
            .write("delete an experiment", move |connection| experiments::delete(connection, &experiment_id))
            .await
    }

    async fn restore_experiment(&self, experiment_id: &str) -> Result<()> {
        let experiment_id = experiment_id.to_owned();
        self.database
            .write("restore an experiment", move |connection| {
                experiments::restore(connection, &experiment_id)
            })
            .await
    }

    async fn set_experiment_tag(&self, experiment_id: &str, tag: &Tag) -> Result<()> {
        let experiment_id = experiment_id.to_owned();
        let tag = tag.clone();
        self.database
            .write("tag an experiment", move |connection| {
                experiments::set_tag(connection, &experiment_id, &tag)
            })
            .await
    }

    async fn create_run(&self, run: &NewRun) -> Result<Run> {
        let run = run.clone();
        self.database.write("create a run", move |connection| runs::create(connection, &run)).await
    }

    async fn get_run(&self, run_id: &str) -> Result<Run> {
        let run_id = run_id.to_owned();
        self.database.read("get a run", move |connection| runs::get(connection, &run_id)).await
    }

    async fn update_run(&self, update: &RunUpdate) -> Result<RunInfo> {
        let update = update.clone();
        self.database.write("update a run", move |connection| runs::update(connection, &update)).await
    }

    async fn search_runs(&self, query: &RunQuery) -> Result<Paged<Run>> {
        let query = query.clone();
        self.database.read("search runs", move |connection| runs::search(connection, &query)).await
    }

    async fn delete_run(&self, run_id: &str) -> Result<()> {
        let run_id = run_id.to_owned();
        self.database.write("delete a run", move |connection| runs::delete(connection, &run_id)).await
    }

    async fn restore_run(&self, run_id: &str) -> Result<()> {
        let run_id = run_id.to_owned();
        self.database.write("restore a run", move |connection| runs::restore(connection, &run_id)).await
    }

    async fn log_batch(&self, run_id: &str, batch: &Batch) -> Result<()> {
        let run_id = run_id.to_owned();
        let batch = batch.clone();
        self.database.write("log a batch", move |connection| batch::log(connection, &run_id, &batch)).await
    }

    async fn metric_history(&self, query: &MetricHistoryQuery) -> Result<Paged<Metric>> {
        let query = query.clone();
        self.database
            .read("get a metric's history", move |connection| metrics::history(connection, &query))
            .await
    }

    async fn set_tag(&self, run_id: &str, tag: &Tag) -> Result<()> {
        let run_id = run_id.to_owned();
        let tag = tag.clone();
        self.database.write("tag a run", move |connection| runs::set_tag(connection, &run_id, &tag)).await
    }

    async fn delete_tag(&self, run_id: &str, key: &str) -> Result<()> {
        let run_id = run_id.to_owned();
        let key = key.to_owned();
        self.database
            .write("delete a run's tag", move |connection| runs::delete_tag(connection, &run_id, &key))
            .await
    }

    async fn log_inputs(&self, run_id: &str, datasets: &[DatasetInput]) -> Result<()> {
        let run_id = run_id.to_owned();
        let datasets = datasets.to_vec();
        self.database.write("log inputs", move |connection| inputs::log(connection, &run_id, &datasets)).await
    }

    async fn log_outputs(&self, run_id: &str, models: &[ModelOutput]) -> Result<()> {
        let run_id = run_id.to_owned();
        let models = models.to_vec();
        self.database
            .write("log outputs", move |connection| inputs::log_outputs(connection, &run_id, &models))
            .await
    }
}
