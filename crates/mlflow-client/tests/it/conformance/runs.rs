//! Runs: status, batches, histories, tags, datasets, the bin.

use mlflow_client::MlflowStore;
use mlflow_client::store::whole_metric_history;
use mlflow_client::types::{
    Batch, Dataset, DatasetInput, LifecycleStage, Metric, MetricHistoryQuery, NewRun, Param, RunStatus,
    RunUpdate, Tag,
};

use super::{experiment, run};
use crate::support::refused;

pub(super) async fn check(store: &dyn MlflowStore) {
    status(store).await;
    batches(store).await;
    big_batches(store).await;
    histories(store).await;
    unusual_numbers(store).await;
    tags(store).await;
    datasets(store).await;
    the_bin(store).await;
}

async fn status(store: &dyn MlflowStore) {
    let new = NewRun {
        run_name: Some("first".to_owned()),
        user: Some("ada".to_owned()),
        start_time_ms: Some(1_700_000_000_000),
        tags: vec![Tag::new("mlflow.source.name", "forecast-train")],
        ..NewRun::new(experiment(store).await)
    };
    let created = store.create_run(&new).await.unwrap();
    let info = &created.info;
    assert_eq!(info.run_id.len(), 32);
    assert_eq!((info.experiment_id.as_str(), info.run_name.as_str()), (new.experiment_id.as_str(), "first"));
    assert_eq!(
        (info.status, info.start_time_ms, info.end_time_ms),
        (RunStatus::Running, 1_700_000_000_000, None)
    );
    info.artifact_root().unwrap();
    let read = store.get_run(&info.run_id).await.unwrap();
    assert_eq!(read.info, created.info);
    assert_eq!(read.tag("mlflow.source.name"), Some("forecast-train"));
    assert_eq!((read.tag("mlflow.user"), read.tag("mlflow.runName")), (Some("ada"), Some("first")));

    for status in [RunStatus::Scheduled, RunStatus::Failed, RunStatus::Killed, RunStatus::Finished] {
        let update = RunUpdate::end(&info.run_id, status);
        let updated = store.update_run(&update).await.unwrap();
        assert_eq!((updated.status, updated.end_time_ms), (status, update.end_time_ms));
    }
    let renamed = RunUpdate {
        run_id: info.run_id.clone(),
        run_name: Some("second".to_owned()),
        ..RunUpdate::default()
    };
    let updated = store.update_run(&renamed).await.unwrap();
    assert_eq!((updated.run_name.as_str(), updated.status), ("second", RunStatus::Finished));
    assert_eq!(store.get_run(&info.run_id).await.unwrap().tag("mlflow.runName"), Some("second"));

    let unnamed = run(store).await;
    assert!(!unnamed.info.run_name.is_empty(), "a run without a name is given one");
    assert!(unnamed.info.start_time_ms > 1_700_000_000_000, "a run starts now unless told otherwise");
    let missing = "deadbeefdeadbeefdeadbeefdeadbeef";
    refused!(store.get_run(missing).await, NotFound);
    refused!(store.update_run(&RunUpdate::end(missing, RunStatus::Killed)).await, NotFound);
}

async fn batches(store: &dyn MlflowStore) {
    let run_id = run(store).await.info.run_id;
    let batch = Batch {
        metrics: vec![Metric::new("wape", 0.25).at_step(3).at_ms(77), Metric::new("naïve/π rmse", 2.0)],
        params: vec![Param::new("horizon", 28), Param::new("empty", "")],
        tags: vec![Tag::new("git", "abc"), Tag::new("note", "line 1\nline 2 é")],
    };
    // The second time changes nothing: this is what makes a batch safe to repeat.
    for _ in 0..2 {
        store.log_batch(&run_id, &batch).await.unwrap();
    }
    let read = store.get_run(&run_id).await.unwrap();
    assert_eq!(read.data.metrics.iter().find(|metric| metric.key == "wape"), Some(&batch.metrics[0]));
    assert_eq!(read.metric("naïve/π rmse"), Some(2.0));
    assert_eq!((read.param("horizon"), read.param("empty")), (Some("28"), Some("")));
    assert_eq!(read.tag("note"), Some("line 1\nline 2 é"));
    assert_eq!(whole_metric_history(store, MetricHistoryQuery::new(&run_id, "wape")).await.unwrap().len(), 1);

    let other_value = Batch { params: vec![Param::new("horizon", 7)], ..Batch::default() };
    assert!(refused!(store.log_batch(&run_id, &other_value).await, InvalidParameter).contains("horizon"));
    assert_eq!(store.get_run(&run_id).await.unwrap().param("horizon"), Some("28"));
    let malformed = Batch { metrics: vec![Metric::new("a#b", 1.0)], ..Batch::default() };
    refused!(store.log_batch(&run_id, &malformed).await, InvalidParameter);
    let long = Batch { metrics: vec![Metric::new("k".repeat(251), 1.0)], ..Batch::default() };
    refused!(store.log_batch(&run_id, &long).await, InvalidParameter);
    store.log_batch(&run_id, &Batch::default()).await.unwrap();
    refused!(store.log_batch("deadbeefdeadbeefdeadbeefdeadbeef", &batch).await, NotFound);
}

async fn big_batches(store: &dyn MlflowStore) {
    let run_id = run(store).await.info.run_id;
    let batch = Batch {
        metrics: (0..2_500)
            .map(|i| Metric::new("loss", f64::from(i)).at_step(i.into()).at_ms(i.into()))
            .collect(),
        params: (0..150).map(|i| Param::new(format!("p{i}"), i)).collect(),
        tags: (0..130).map(|i| Tag::new(format!("t{i}"), i)).collect(),
    };
    store.log_batch(&run_id, &batch).await.unwrap();
    let read = store.get_run(&run_id).await.unwrap();
    assert_eq!((read.data.params.len(), read.metric("loss")), (150, Some(2_499.0)));
    assert!(read.data.tags.len() >= 130);

    // Pages of the history join without a gap or an overlap.
    let paged = MetricHistoryQuery { max_results: Some(999), ..MetricHistoryQuery::new(&run_id, "loss") };
    let first = store.metric_history(&paged).await.unwrap();
    assert_eq!((first.items.len(), first.next_page_token.is_some()), (999, true));
    assert_eq!(whole_metric_history(store, paged).await.unwrap(), batch.metrics);
    let whole = MetricHistoryQuery::new(&run_id, "loss");
    assert_eq!(store.metric_history(&whole).await.unwrap().items.len(), 2_500);
}

async fn histories(store: &dyn MlflowStore) {
    let run_id = run(store).await.info.run_id;
    // What a run shows is the highest step, whatever came last.
    let measured = [(5, 100, 0.5), (9, 50, 0.9), (9, 60, 0.7), (1, 900, 0.1)];
    for (step, timestamp, value) in measured {
        let metrics = vec![Metric::new("m", value).at_step(step).at_ms(timestamp)];
        store.log_batch(&run_id, &Batch { metrics, ..Batch::default() }).await.unwrap();
    }
    assert_eq!(store.get_run(&run_id).await.unwrap().metric("m"), Some(0.7));
    let history = whole_metric_history(store, MetricHistoryQuery::new(&run_id, "m")).await.unwrap();
    let times: Vec<_> = history.iter().map(|metric| metric.timestamp_ms).collect();
    assert_eq!(times, [50, 60, 100, 900]);
    let never = whole_metric_history(store, MetricHistoryQuery::new(&run_id, "never")).await.unwrap();
    assert_eq!(never, []);
}

async fn unusual_numbers(store: &dyn MlflowStore) {
    let run_id = run(store).await.info.run_id;
    let metrics = vec![
        Metric::new("nan", f64::NAN),
        Metric::new("up", f64::INFINITY),
        Metric::new("down", f64::NEG_INFINITY),
        Metric::new("tiny", -1.5e-300),
        Metric::new("third", 1.0 / 3.0).at_step(-4),
    ];
    store.log_batch(&run_id, &Batch { metrics, ..Batch::default() }).await.unwrap();
    let read = store.get_run(&run_id).await.unwrap();
    assert!(read.metric("nan").unwrap().is_nan());
    // MLflow stores infinities as the largest doubles.
    assert_eq!((read.metric("up"), read.metric("down")), (Some(f64::MAX), Some(f64::MIN)));
    assert_eq!((read.metric("tiny"), read.metric("third")), (Some(-1.5e-300), Some(1.0 / 3.0)));
}

async fn tags(store: &dyn MlflowStore) {
    let run_id = run(store).await.info.run_id;
    store.set_tag(&run_id, &Tag::new("stage", "one")).await.unwrap();
    store.set_tag(&run_id, &Tag::new("stage", "two")).await.unwrap();
    assert_eq!(store.get_run(&run_id).await.unwrap().tag("stage"), Some("two"));
    store.delete_tag(&run_id, "stage").await.unwrap();
    assert_eq!(store.get_run(&run_id).await.unwrap().tag("stage"), None);
    refused!(store.delete_tag(&run_id, "stage").await, NotFound);
    refused!(store.set_tag("deadbeefdeadbeefdeadbeefdeadbeef", &Tag::new("a", "b")).await, NotFound);
}

async fn datasets(store: &dyn MlflowStore) {
    let run_id = run(store).await.info.run_id;
    let dataset = |digest: &str| Dataset {
        name: "sales".to_owned(),
        digest: digest.to_owned(),
        source_type: "local".to_owned(),
        source: r#"{"uri":"sales.csv"}"#.to_owned(),
        schema: Some(r#"{"mlflow_colspec":[{"type":"double","name":"sales","required":true}]}"#.to_owned()),
        profile: Some(r#"{"num_rows":12800000,"num_elements":38400000}"#.to_owned()),
    };
    let inputs =
        [DatasetInput::new(dataset("aa11"), "training"), DatasetInput::new(dataset("bb22"), "validation")];
    for _ in 0..2 {
        store.log_inputs(&run_id, &inputs).await.unwrap();
    }
    let mut read = store.get_run(&run_id).await.unwrap().inputs.dataset_inputs;
    read.sort_by(|a, b| a.dataset.digest.cmp(&b.dataset.digest));
    assert_eq!(read, inputs);
    assert_eq!(read[0].context(), Some("training"));

    let metric = Metric::new("wape", 0.2).on_dataset("sales", "bb22");
    store.log_batch(&run_id, &Batch { metrics: vec![metric], ..Batch::default() }).await.unwrap();
    assert_eq!(store.get_run(&run_id).await.unwrap().metric("wape"), Some(0.2));
    refused!(store.log_inputs("deadbeefdeadbeefdeadbeefdeadbeef", &inputs).await, NotFound);
}

async fn the_bin(store: &dyn MlflowStore) {
    let run_id = run(store).await.info.run_id;
    for _ in 0..2 {
        store.delete_run(&run_id).await.unwrap();
    }
    assert_eq!(store.get_run(&run_id).await.unwrap().info.lifecycle_stage, LifecycleStage::Deleted);
    refused!(store.set_tag(&run_id, &Tag::new("a", "b")).await, InvalidParameter);
    refused!(store.update_run(&RunUpdate::end(&run_id, RunStatus::Finished)).await, InvalidParameter);
    let batch = Batch { tags: vec![Tag::new("a", "b")], ..Batch::default() };
    refused!(store.log_batch(&run_id, &batch).await, InvalidParameter);
    for _ in 0..2 {
        store.restore_run(&run_id).await.unwrap();
    }
    store.set_tag(&run_id, &Tag::new("a", "b")).await.unwrap();
    refused!(store.delete_run("deadbeefdeadbeefdeadbeefdeadbeef").await, NotFound);
}
