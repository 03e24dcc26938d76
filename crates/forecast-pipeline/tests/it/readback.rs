//! Everything that a run has recorded is there to be read again, whatever the store.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use forecast_core::QuantileLevels;
use forecast_model::{ForecastRequest, artifact};
use forecast_pipeline::{CHAMPION_TAG, Cancellation, NoObserver, TrainingOutcome, run};
use mlflow_client::MlflowStore;
use mlflow_client::store::{versions_of, whole_metric_history};
use mlflow_client::types::{LoggedModelStatus, MetricHistoryQuery, Run, RunStatus};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::shop::Shop;

/// Series × steps × windows × models of the shop.
const BACKTEST_ROWS: i64 = 6 * 7 * 2 * 4;

/// Trains in `store` and reads everything back.
pub(crate) async fn check(store: Arc<dyn MlflowStore>, experiment: &str) {
    let shop = Shop::new();
    let forecasts = shop.path("forecasts.parquet");
    let more = format!("register = '{experiment}-model'\nforecast_out = '{forecasts}'\nrun_name = 'spring'");
    let request = shop.request(experiment, &more);
    let outcome = run(request, Arc::clone(&store), Arc::new(NoObserver), Cancellation::new()).await.unwrap();
    let found = store.get_run(&outcome.run_id).await.unwrap();
    described(&found, &outcome);
    measured(store.as_ref(), &found, &outcome).await;
    dataset(&found);
    files(store.as_ref(), &found, shop.folder.path()).await;
    model(store.as_ref(), &outcome, shop.folder.path()).await;
    assert_eq!(rows(Path::new(&forecasts)), 6 * 7);
}

fn described(run: &Run, outcome: &TrainingOutcome) {
    assert_eq!((run.info.status, run.info.run_name.as_str()), (RunStatus::Finished, "spring"));
    for (key, value) in [("horizon", "7"), ("windows", "2"), ("frequency", "daily"), ("seed", "7")] {
        assert_eq!(run.param(key), Some(value), "{key}");
    }
    assert_eq!(run.param("champion"), Some(outcome.champion.as_str()));
    assert_eq!(run.param("known_future"), Some("price,promotion"));
    assert_eq!(run.param("boosted_loss"), Some("tweedie 1.5"));
    for (key, value) in [
        ("team", "planning"),
        ("mlflow.user", "ada"),
        ("mlflow.source.name", "tests"),
        ("mlflow.source.git.commit", "0123456789abcdef0123456789abcdef01234567"),
        (CHAMPION_TAG, outcome.champion.as_str()),
    ] {
        assert_eq!(run.tag(key), Some(value), "{key}");
    }
    assert!(run.tag("mlflow.note.content").is_some_and(|note| note.starts_with(&outcome.headline)));
}

async fn measured(store: &dyn MlflowStore, run: &Run, outcome: &TrainingOutcome) {
    for (name, value) in &outcome.metrics {
        assert_eq!(run.metric(name), Some(*value), "{name}");
    }
    assert_eq!(outcome.leaderboard.len(), 4);
    assert!(run.metric("champion/coverage/0.9").is_some() && run.metric("skill/wape").is_some());
    for (key, steps) in [("champion/window/wape", 2), ("ridge/window/mae", 2), ("champion/horizon/wape", 7)] {
        let query = MetricHistoryQuery::new(&outcome.run_id, key);
        let history = whole_metric_history(store, query).await.unwrap();
        let mut found: Vec<i64> = history.iter().map(|metric| metric.step).collect();
        found.sort_unstable();
        assert_eq!(found, (1..=steps).collect::<Vec<i64>>(), "{key}");
    }
}

fn dataset(run: &Run) {
    let [input] = run.inputs.dataset_inputs.as_slice() else { panic!("one dataset: {:?}", run.inputs) };
    assert_eq!((input.dataset.name.as_str(), input.tags[0].value.as_str()), ("sales.csv", "training"));
    assert!((1..=36).contains(&input.dataset.digest.len()));
    let json = |text: &Option<String>| -> serde_json::Value {
        serde_json::from_str(text.as_deref().unwrap_or_default()).unwrap()
    };
    let schema = json(&input.dataset.schema);
    let columns = schema["mlflow_colspec"].as_array().unwrap();
    assert!(columns.iter().any(|column| column["name"] == "price" && column["type"] == "double"), "{schema}");
    assert_eq!(json(&input.dataset.profile)["num_rows"], 6 * 180);
}

async fn files(store: &dyn MlflowStore, run: &Run, folder: &Path) {
    let root = run.info.artifact_root().unwrap();
    let listed = store.list_artifacts(&root).await.unwrap();
    let names: Vec<&str> = listed.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        names,
        ["backtest.parquet", "data_quality.json", "data_quality.md", "leaderboard.json", "report.html"]
    );
    let to = folder.join("reports");
    store.download_dir(&root, &to).await.unwrap();
    let backtest = to.join("backtest.parquet");
    assert_eq!(rows(&backtest), BACKTEST_ROWS);
    let champion = run.param("champion").unwrap();
    let (recomputed, logged) = (wape(&backtest, champion), run.metric("wape").unwrap());
    assert!((recomputed - logged).abs() < 1e-9, "{recomputed} from the table, {logged} as logged");
    let quality: serde_json::Value =
        serde_json::from_reader(File::open(to.join("data_quality.json")).unwrap()).unwrap();
    assert_eq!(quality["series"], 6);
    let page = std::fs::read_to_string(to.join("report.html")).unwrap();
    assert!(page.contains(&run.info.run_id) && page.matches("<svg").count() >= 4);
    for foreign in ["<script", "<link", "src=", "url(", "@import"] {
        assert!(!page.contains(foreign), "the page needs nothing from elsewhere, but has {foreign}");
    }
}

async fn model(store: &dyn MlflowStore, outcome: &TrainingOutcome, folder: &Path) {
    let logged = store.get_logged_model(&outcome.model_id).await.unwrap();
    assert_eq!(logged.info.status, LoggedModelStatus::Ready);
    let name = outcome.registered_model.as_deref().unwrap();
    let versions = versions_of(store, name).await.unwrap();
    assert_eq!(versions.iter().map(|version| version.version).collect::<Vec<_>>(), [1]);
    assert_eq!(
        (versions[0].source.as_str(), &versions[0].run_id),
        (outcome.model_uri.as_str(), &outcome.run_id)
    );

    let to = folder.join("model");
    let from = store.get_download_uri(name, 1).await.unwrap();
    store.download_dir(&from, &to).await.unwrap();
    let model = artifact::read(&to).unwrap();
    assert_eq!(model.card().family.name(), outcome.champion);
    let levels = QuantileLevels::new(vec![0.5]).unwrap();
    // The week after, whose prices came with the training.
    let request =
        ForecastRequest { series: &[0, 5], horizon: model.card().horizon, levels: &levels, future: None };
    let forecast = model.forecast(&request).unwrap();
    assert_eq!(forecast.series.len(), 2);
    assert!(forecast.series[0].mean.iter().all(|value| value.is_finite() && *value >= 0.0));
}

/// The WAPE of a model, from the table of its forecasts.
fn wape(path: &Path, model: &str) -> f64 {
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().build().unwrap();
    let (mut errors, mut sold) = (0.0, 0.0);
    for batch in reader.map(Result::unwrap) {
        let models = batch.column_by_name("model").unwrap().as_string::<i32>();
        let number = |name: &str| batch.column_by_name(name).unwrap().as_primitive::<Float64Type>().clone();
        let (actual, mean) = (number("actual"), number("mean"));
        for row in (0..batch.num_rows()).filter(|&row| models.value(row) == model && actual.is_valid(row)) {
            errors += (mean.value(row) - actual.value(row)).abs();
            sold += actual.value(row).abs();
        }
    }
    errors / sold
}

fn rows(path: &Path) -> i64 {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    reader.metadata().file_metadata().num_rows()
}
