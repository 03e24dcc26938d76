//! Finding runs: filters, orders, pages.

use mlflow_client::MlflowStore;
use mlflow_client::store::all_runs;
use mlflow_client::types::{Batch, Metric, NewRun, Param, RunQuery, RunStatus, RunUpdate, Tag, ViewType};

use super::experiment;
use crate::support::refused;

/// Five runs `r0`–`r4`, started a minute apart, with `wape` falling and `kind` alternating; `r3`
/// has failed, `r4` is in the bin, `r0` has no metric.
async fn five_runs(store: &dyn MlflowStore) -> String {
    let experiment_id = experiment(store).await;
    for i in 0..5_i32 {
        let new = NewRun {
            run_name: Some(format!("r{i}")),
            start_time_ms: Some(1_700_000_000_000 + i64::from(i) * 60_000),
            tags: vec![Tag::new("forecast.kind", if i % 2 == 0 { "Even" } else { "Odd" })],
            ..NewRun::new(&experiment_id)
        };
        let run_id = store.create_run(&new).await.unwrap().info.run_id;
        let wape = Metric::new("val/wape", f64::from(10 - i) / 10.0);
        let batch = Batch {
            metrics: if i == 0 { vec![] } else { vec![wape] },
            params: vec![Param::new("horizon", i)],
            ..Batch::default()
        };
        store.log_batch(&run_id, &batch).await.unwrap();
        let status = if i == 3 { RunStatus::Failed } else { RunStatus::Finished };
        store.update_run(&RunUpdate::end(&run_id, status)).await.unwrap();
        if i == 4 {
            store.delete_run(&run_id).await.unwrap();
        }
    }
    experiment_id
}

pub(super) async fn check(store: &dyn MlflowStore) {
    let experiment_id = five_runs(store).await;
    let found = |filter: &str, order: &str, view| {
        let query = RunQuery {
            filter: Some(filter.to_owned()).filter(|text| !text.is_empty()),
            order_by: Some(order.to_owned()).filter(|text| !text.is_empty()).into_iter().collect(),
            view,
            ..RunQuery::in_experiment(&experiment_id)
        };
        async move {
            let runs = store.search_runs(&query).await?.items;
            Ok::<_, mlflow_client::Error>(
                runs.into_iter().map(|run| run.info.run_name).collect::<Vec<_>>().join(" "),
            )
        }
    };
    use ViewType::{ActiveOnly, All, DeletedOnly};
    for (filter, order, view, expected) in [
        ("", "", ActiveOnly, "r3 r2 r1 r0"),
        ("", "start_time ASC", All, "r0 r1 r2 r3 r4"),
        ("", "", DeletedOnly, "r4"),
        ("metrics.`val/wape` < 0.9", "", ActiveOnly, "r3 r2"),
        ("metrics.`val/wape` <= 0.9 and metrics.`val/wape` != 0.8", "", ActiveOnly, "r3 r1"),
        ("metrics.\"val/wape\" >= 0.8", "", ActiveOnly, "r2 r1"),
        ("params.horizon = '2'", "", ActiveOnly, "r2"),
        ("params.horizon != '2'", "", ActiveOnly, "r3 r1 r0"),
        ("tags.`forecast.kind` = 'Even'", "", ActiveOnly, "r2 r0"),
        ("tag.`forecast.kind` LIKE 'Ev%'", "", ActiveOnly, "r2 r0"),
        ("tags.`forecast.kind` LIKE 'ev%'", "", ActiveOnly, ""),
        ("tags.`forecast.kind` ILIKE 'ev%'", "", ActiveOnly, "r2 r0"),
        ("attributes.status = 'FAILED'", "", ActiveOnly, "r3"),
        ("status != 'FAILED'", "", ActiveOnly, "r2 r1 r0"),
        ("run_name = 'r1'", "", ActiveOnly, "r1"),
        ("attributes.run_name LIKE 'r%'", "attributes.run_name ASC", ActiveOnly, "r0 r1 r2 r3"),
        ("start_time > 1700000060000", "", ActiveOnly, "r3 r2"),
        ("", "metrics.`val/wape` ASC", ActiveOnly, "r3 r2 r1 r0"),
        ("", "metrics.`val/wape` DESC", ActiveOnly, "r1 r2 r3 r0"),
        ("", "params.horizon ASC", ActiveOnly, "r0 r1 r2 r3"),
        ("tags.nothing = 'x'", "", ActiveOnly, ""),
    ] {
        assert_eq!(found(filter, order, view).await.unwrap(), expected, "{filter:?} {order:?}");
    }
    let ids = all_runs(store, RunQuery::in_experiment(&experiment_id)).await.unwrap();
    let run_id = &ids[1].info.run_id;
    assert_eq!(found(&format!("run_id = '{run_id}'"), "", ActiveOnly).await.unwrap(), "r2");

    for filter in
        ["bogus = 'x'", "metrics.x ~ 1", "params.horizon = 2", "metrics.x = 'a'", "status = 'x", "a b c"]
    {
        refused!(found(filter, "", ActiveOnly).await, InvalidParameter);
    }
    refused!(found("", "bogus ASC", ActiveOnly).await, InvalidParameter);
    refused!(found("", "metrics.x SIDEWAYS", ActiveOnly).await, InvalidParameter);

    pages(store, &experiment_id).await;
}

async fn pages(store: &dyn MlflowStore, experiment_id: &str) {
    let query = RunQuery { max_results: Some(3), ..RunQuery::in_experiment(experiment_id) };
    let first = store.search_runs(&query).await.unwrap();
    assert_eq!((first.items.len(), first.next_page_token.is_some()), (3, true));
    let all = all_runs(store, query.clone()).await.unwrap();
    let names: Vec<_> = all.iter().map(|run| run.info.run_name.as_str()).collect();
    assert_eq!(names, ["r3", "r2", "r1", "r0"]);
    let nowhere = RunQuery { experiment_ids: vec![], ..query.clone() };
    assert_eq!(store.search_runs(&nowhere).await.unwrap().items, []);
    refused!(
        store.search_runs(&RunQuery { page_token: Some("%%".to_owned()), ..query.clone() }).await,
        InvalidParameter
    );
    refused!(store.search_runs(&RunQuery { max_results: Some(50_001), ..query }).await, InvalidParameter);
}
