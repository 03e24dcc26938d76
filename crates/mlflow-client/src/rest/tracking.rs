//! Experiments and runs on a server.

use async_trait::async_trait;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::RestStore;
use super::batch;
use super::call::{Call, Repeat};
use crate::types::{
    Batch, DatasetInput, Experiment, ExperimentQuery, Metric, MetricHistoryQuery, ModelOutput, NewExperiment,
    NewRun, Paged, Run, RunInfo, RunQuery, RunUpdate, Tag, now_ms,
};
use crate::{Result, TrackingStore};

#[derive(Deserialize)]
struct ExperimentId {
    experiment_id: String,
}

#[derive(Deserialize)]
struct OneExperiment {
    experiment: Experiment,
}

#[derive(Deserialize)]
struct Experiments {
    #[serde(default)]
    experiments: Vec<Experiment>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct OneRun {
    run: Run,
}

#[derive(Deserialize)]
struct OneRunInfo {
    run_info: RunInfo,
}

#[derive(Deserialize)]
struct Runs {
    #[serde(default)]
    runs: Vec<Run>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct History {
    #[serde(default)]
    metrics: Vec<Metric>,
    next_page_token: Option<String>,
}

fn post(operation: &'static str, path: &str, repeat: Repeat, body: &Value) -> Call {
    Call::new(operation, Method::POST, path, repeat).body(body)
}

/// The fields that all searches share; what is absent is left to the server.
pub(super) fn search_body(
    filter: Option<&String>,
    order_by: &[String],
    max_results: Option<u32>,
    page_token: Option<&String>,
) -> Map<String, Value> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    put("filter", filter.map(|text| json!(text)));
    put("order_by", Some(json!(order_by)).filter(|_| !order_by.is_empty()));
    put("max_results", max_results.map(|most| json!(most)));
    put("page_token", page_token.map(|token| json!(token)));
    body
}

#[async_trait]
impl TrackingStore for RestStore {
    async fn create_experiment(&self, experiment: &NewExperiment) -> Result<String> {
        let call = Call::new("create experiment", Method::POST, "experiments/create", Repeat::WithoutEffect)
            .body(experiment);
        Ok(self.http.json::<ExperimentId>(&call).await?.experiment_id)
    }

    async fn get_experiment(&self, experiment_id: &str) -> Result<Experiment> {
        let call = Call::get("read experiment", "experiments/get").query("experiment_id", experiment_id);
        Ok(self.http.json::<OneExperiment>(&call).await?.experiment)
    }

    async fn get_experiment_by_name(&self, name: &str) -> Result<Experiment> {
        let call = Call::get("read experiment", "experiments/get-by-name").query("experiment_name", name);
        Ok(self.http.json::<OneExperiment>(&call).await?.experiment)
    }

    async fn search_experiments(&self, query: &ExperimentQuery) -> Result<Paged<Experiment>> {
        let mut body =
            search_body(query.filter.as_ref(), &query.order_by, query.max_results, query.page_token.as_ref());
        // The server insists on a number here, unlike elsewhere.
        body.entry("max_results").or_insert(json!(1_000));
        body.insert("view_type".to_owned(), json!(query.view));
        let call = post("search experiments", "experiments/search", Repeat::Freely, &body.into());
        let page: Experiments = self.http.json(&call).await?;
        Ok(Paged::new(page.experiments, page.next_page_token))
    }

    async fn delete_experiment(&self, experiment_id: &str) -> Result<()> {
        let body = json!({"experiment_id": experiment_id});
        self.http.done(&post("delete experiment", "experiments/delete", Repeat::WithoutEffect, &body)).await
    }

    async fn restore_experiment(&self, experiment_id: &str) -> Result<()> {
        let body = json!({"experiment_id": experiment_id});
        self.http.done(&post("restore experiment", "experiments/restore", Repeat::WithoutEffect, &body)).await
    }

    async fn set_experiment_tag(&self, experiment_id: &str, tag: &Tag) -> Result<()> {
        let body = json!({"experiment_id": experiment_id, "key": tag.key, "value": tag.value});
        self.http.done(&post("tag experiment", "experiments/set-experiment-tag", Repeat::Freely, &body)).await
    }

    async fn create_run(&self, run: &NewRun) -> Result<Run> {
        let mut tags = run.tags.clone();
        if let Some(user) = &run.user
            && !tags.iter().any(|tag| tag.key == "mlflow.user")
        {
            tags.push(Tag::new("mlflow.user", user));
        }
        let body = json!({
            "experiment_id": run.experiment_id,
            "user_id": run.user.as_deref().unwrap_or_default(),
            "run_name": run.run_name.as_deref().unwrap_or_default(),
            "start_time": run.start_time_ms.unwrap_or_else(now_ms),
            "tags": tags,
        });
        let call = post("create run", "runs/create", Repeat::WithoutEffect, &body);
        Ok(self.http.json::<OneRun>(&call).await?.run)
    }

    async fn get_run(&self, run_id: &str) -> Result<Run> {
        let call = Call::get("read run", "runs/get").query("run_id", run_id);
        Ok(self.http.json::<OneRun>(&call).await?.run)
    }

    async fn update_run(&self, update: &RunUpdate) -> Result<RunInfo> {
        let call = Call::new("update run", Method::POST, "runs/update", Repeat::Freely).body(update);
        Ok(self.http.json::<OneRunInfo>(&call).await?.run_info)
    }

    async fn search_runs(&self, query: &RunQuery) -> Result<Paged<Run>> {
        let mut body =
            search_body(query.filter.as_ref(), &query.order_by, query.max_results, query.page_token.as_ref());
        body.insert("experiment_ids".to_owned(), json!(query.experiment_ids));
        body.insert("run_view_type".to_owned(), json!(query.view));
        let page: Runs =
            self.http.json(&post("search runs", "runs/search", Repeat::Freely, &body.into())).await?;
        Ok(Paged::new(page.runs, page.next_page_token))
    }

    async fn delete_run(&self, run_id: &str) -> Result<()> {
        self.http.done(&post("delete run", "runs/delete", Repeat::Freely, &json!({"run_id": run_id}))).await
    }

    async fn restore_run(&self, run_id: &str) -> Result<()> {
        self.http.done(&post("restore run", "runs/restore", Repeat::Freely, &json!({"run_id": run_id}))).await
    }

    async fn log_batch(&self, run_id: &str, batch: &Batch) -> Result<()> {
        for part in batch::split(batch) {
            let body = json!({
                "run_id": run_id, "params": part.params, "tags": part.tags, "metrics": part.metrics,
            });
            // The server keeps one of several equal measurements, so that a repetition adds none.
            self.http.done(&post("log to run", "runs/log-batch", Repeat::Freely, &body)).await?;
        }
        Ok(())
    }

    async fn metric_history(&self, query: &MetricHistoryQuery) -> Result<Paged<Metric>> {
        let call = Call::get("read metric history", "metrics/get-history")
            .query("run_id", &query.run_id)
            .query("metric_key", &query.key)
            // Without a number the server sends everything at once, whatever its size.
            .query("max_results", query.max_results.unwrap_or(25_000))
            .optional_query("page_token", query.page_token.as_ref());
        let page: History = self.http.json(&call).await?;
        Ok(Paged::new(page.metrics, page.next_page_token))
    }

    async fn set_tag(&self, run_id: &str, tag: &Tag) -> Result<()> {
        let body = json!({"run_id": run_id, "key": tag.key, "value": tag.value});
        self.http.done(&post("tag run", "runs/set-tag", Repeat::Freely, &body)).await
    }

    async fn delete_tag(&self, run_id: &str, key: &str) -> Result<()> {
        let body = json!({"run_id": run_id, "key": key});
        self.http.done(&post("remove tag of run", "runs/delete-tag", Repeat::WithoutEffect, &body)).await
    }

    async fn log_inputs(&self, run_id: &str, datasets: &[DatasetInput]) -> Result<()> {
        let body = json!({"run_id": run_id, "datasets": datasets});
        self.http.done(&post("log inputs of run", "runs/log-inputs", Repeat::Freely, &body)).await
    }

    async fn log_outputs(&self, run_id: &str, models: &[ModelOutput]) -> Result<()> {
        let body = json!({"run_id": run_id, "models": models});
        self.http.done(&post("log outputs of run", "runs/outputs", Repeat::Freely, &body)).await
    }
}
