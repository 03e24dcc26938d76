//! Searches beyond what the conformance suite asks of every store.

use mlflow_client::TrackingStore;
use mlflow_client::types::{
    Batch, ExperimentQuery, LoggedModelOrder, LoggedModelQuery, Metric, NewExperiment, NewLoggedModel,
    NewRun, Param, RunQuery, Tag,
};
use mlflow_client::{EmbeddedStore, LoggedModelStore};

use super::Home;
use crate::support::refused;

async fn names(store: &EmbeddedStore, filter: &str) -> Vec<String> {
    let query = RunQuery {
        filter: Some(filter.to_owned()),
        order_by: vec!["run_name".to_owned()],
        ..RunQuery::in_experiment("0")
    };
    let found = store.search_runs(&query).await.unwrap();
    found.items.into_iter().map(|run| run.info.run_name).collect()
}

#[tokio::test]
async fn every_operator_finds_what_it_says() {
    let home = Home::new();
    let store = home.open().await;
    for (name, wape, team) in [("a", 0.1, "Paris"), ("b", f64::NAN, "Rome"), ("c", 0.3, "it's")] {
        let new = NewRun { run_name: Some(name.to_owned()), ..NewRun::new("0") };
        let run_id = store.create_run(&new).await.unwrap().info.run_id;
        let batch = Batch {
            metrics: vec![Metric::new("wape", wape), Metric::new("win 1/wape", 2.0)],
            params: vec![Param::new("model", name.repeat(2))],
            tags: vec![Tag::new("team", team)],
        };
        store.log_batch(&run_id, &batch).await.unwrap();
        if name == "c" {
            store.set_tag(&run_id, &Tag::new("note", "100%")).await.unwrap();
        }
    }
    for (filter, expected) in [
        ("metrics.wape >= 0.1", vec!["a", "c"]),
        ("metrics.wape != 0.1", vec!["b", "c"]),
        ("metrics.wape = 0", vec![]),
        ("metrics.`win 1/wape` = 2 AND tags.team LIKE '%o%'", vec!["b"]),
        ("tags.team LIKE 'paris'", vec![]),
        ("tags.team ILIKE 'paris'", vec!["a"]),
        ("tags.team = \"it's\"", vec!["c"]),
        ("params.model != 'aa'", vec!["b", "c"]),
        ("tags.note IS NULL", vec!["a", "b"]),
        ("tags.note IS NOT NULL and attributes.status = 'RUNNING'", vec!["c"]),
        ("run_name = 'b'", vec!["b"]),
        ("run_id IN ('x', 'y')", vec![]),
        ("start_time > 0", vec!["a", "b", "c"]),
        ("params.nothing = 'x'", vec![]),
        ("tags.team = \"'; DROP TABLE runs; --\"", vec![]),
    ] {
        assert_eq!(names(&store, filter).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn a_filter_outside_the_grammar_is_answered_with_the_grammar() {
    let home = Home::new();
    let store = home.open().await;
    for filter in [
        "metrics.x > 1 OR metrics.y > 1",
        "(metrics.x > 1)",
        "metrics.x > '1'",
        "params.x > 'a'",
        "params.x = 3",
        "dataset.name = 'x'",
        "flavour = 'x'",
        "status IS NULL",
        "start_time > 'yesterday'",
    ] {
        let query = RunQuery { filter: Some(filter.to_owned()), ..RunQuery::in_experiment("0") };
        let error = refused!(store.search_runs(&query).await, InvalidParameter);
        assert!(error.contains(filter) || error.contains(&format!("{filter:?}")), "{error}");
        assert!(error.contains("metrics.x > 1, params.a = 'b', tags.`x` = 'y'"), "{error}");
    }
    let twice = vec!["start_time".to_owned(), "start_time DESC".to_owned()];
    let query = RunQuery { order_by: twice, ..RunQuery::in_experiment("0") };
    refused!(store.search_runs(&query).await, InvalidParameter);
    let query = RunQuery { page_token: Some("made up".to_owned()), ..RunQuery::in_experiment("0") };
    refused!(store.search_runs(&query).await, InvalidParameter);
}

#[tokio::test]
async fn runs_without_a_number_come_last_in_either_direction() {
    let home = Home::new();
    let store = home.open().await;
    for (name, value) in [("low", Some(1.0)), ("nan", Some(f64::NAN)), ("none", None), ("high", Some(2.0))] {
        let new = NewRun { run_name: Some(name.to_owned()), ..NewRun::new("0") };
        let run_id = store.create_run(&new).await.unwrap().info.run_id;
        let metrics = value.map(|value| Metric::new("m", value)).into_iter().collect();
        store.log_batch(&run_id, &Batch { metrics, ..Batch::default() }).await.unwrap();
    }
    for (direction, expected) in
        [("ASC", ["low", "high", "nan", "none"]), ("DESC", ["high", "low", "nan", "none"])]
    {
        let query =
            RunQuery { order_by: vec![format!("metrics.m {direction}")], ..RunQuery::in_experiment("0") };
        let found = store.search_runs(&query).await.unwrap().items;
        assert_eq!(found.iter().map(|run| run.info.run_name.as_str()).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn experiments_are_found_by_id_and_deleted_names_stay_taken() {
    let home = Home::new();
    let store = home.open().await;
    let id = store.create_experiment(&NewExperiment::new("demand")).await.unwrap();
    store.delete_experiment(&id).await.unwrap();
    let error = refused!(store.create_experiment(&NewExperiment::new("demand")).await, AlreadyExists);
    assert!(error.contains("deleted"), "{error}");
    let query =
        ExperimentQuery { filter: Some("experiment_id IN ('0', '7')".to_owned()), ..Default::default() };
    assert_eq!(store.search_experiments(&query).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn logged_models_are_sorted_by_their_latest_measurement() {
    let home = Home::new();
    let store = home.open().await;
    let run_id = store.create_run(&NewRun::new("0")).await.unwrap().info.run_id;
    for (name, first, last) in [("a", 0.1, 0.9), ("b", 0.8, 0.2)] {
        let new = NewLoggedModel {
            experiment_id: "0".to_owned(),
            name: Some(name.to_owned()),
            ..NewLoggedModel::default()
        };
        let id = store.create_logged_model(&new).await.unwrap().info.model_id;
        let metrics = [(1, first), (2, last)]
            .map(|(ms, value)| Metric::new("val wape", value).at_ms(ms).of_model(&id))
            .to_vec();
        store.log_batch(&run_id, &Batch { metrics, ..Batch::default() }).await.unwrap();
    }
    let query = LoggedModelQuery {
        experiment_ids: vec!["0".to_owned()],
        filter: Some("metrics.`val wape` > 0.85".to_owned()),
        ..LoggedModelQuery::default()
    };
    assert_eq!(store.search_logged_models(&query).await.unwrap().items.len(), 1);
    let order = LoggedModelOrder { field_name: "metrics.val wape".to_owned(), ascending: true };
    let query = LoggedModelQuery { filter: None, order_by: vec![order], ..query };
    let found = store.search_logged_models(&query).await.unwrap().items;
    assert_eq!(found.iter().map(|model| model.info.name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
}
