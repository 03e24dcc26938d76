//! Runs that do not end well: marked, with the reason, and without anything to promote.

use std::sync::{Arc, Mutex};

use forecast_pipeline::{Cancellation, FailureKind, NoObserver, REASON_TAG, TrainingError, run};
use mlflow_client::MlflowStore;
use mlflow_client::store::{all_model_versions, all_runs};
use mlflow_client::types::{RegistryQuery, Run, RunQuery, RunStatus};

use crate::shop::{Shop, Watcher};

pub(crate) async fn check(store: Arc<dyn MlflowStore>, experiment: &str) {
    let shop = Shop::new();
    bad_data(&store, &shop, experiment).await;
    history_too_short(&store, &shop, experiment).await;
    stopped(&store, &shop, experiment).await;
    unwritable(&store, &shop, experiment).await;
    let versions = all_model_versions(store.as_ref(), RegistryQuery::default()).await.unwrap();
    assert!(versions.iter().all(|version| version.name != format!("{experiment}-model")), "{versions:?}");
}

fn register(experiment: &str) -> String {
    format!("register = '{experiment}-model'\n")
}

async fn bad_data(store: &Arc<dyn MlflowStore>, shop: &Shop, experiment: &str) {
    let more = register(experiment) + "target = 'turnover'\nknown_future = ['prise']";
    let error = train(store, shop.request(experiment, &more)).await;
    assert_eq!(error.kind(), FailureKind::Data, "{error}");
    assert!(error.data_problems().len() >= 2, "all problems at once: {error}");
    let run = newest(store, experiment).await;
    assert_eq!(run.info.status, RunStatus::Failed);
    let reason = run.tag(REASON_TAG).unwrap_or_default();
    assert!(reason.contains("turnover") && reason.contains("prise"), "{reason}");

    let more = register(experiment) + "series = []\nstatic = []\nfuture = []\nknown_future = []";
    let error = train(store, shop.request(experiment, &more)).await.to_string();
    assert!(error.contains("name the columns that tell the series apart with series"), "{error}");
}

async fn history_too_short(store: &Arc<dyn MlflowStore>, shop: &Shop, experiment: &str) {
    let more = register(experiment) + "windows = 40\nfuture = []\nknown_future = []";
    let error = train(store, shop.request(experiment, &more)).await;
    assert_eq!(error.kind(), FailureKind::Data);
    let run = newest(store, experiment).await;
    assert!(run.tag(REASON_TAG).is_some_and(|reason| reason.contains("use fewer windows")), "{run:?}");
}

async fn stopped(store: &Arc<dyn MlflowStore>, shop: &Shop, experiment: &str) {
    let cancel = Cancellation::new();
    let wish = cancel.clone();
    let watcher = Arc::new(Watcher { run_id: Mutex::default(), when_modelling: move || wish.cancel() });
    let request = shop.request(experiment, &register(experiment));
    let error = run(request, Arc::clone(store), Arc::clone(&watcher) as _, cancel).await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Interrupted, "{error}");
    let run_id = watcher.run_id.lock().unwrap().clone();
    let run = store.get_run(&run_id).await.unwrap();
    assert_eq!(run.info.status, RunStatus::Killed);
    assert!(run.info.end_time_ms.is_some() && run.outputs.model_outputs.is_empty());
    assert!(run.tag(REASON_TAG).is_some_and(|reason| reason.contains("interrupted")));
}

/// The model is begun before its files are written; it is not to be taken for a finished one.
async fn unwritable(store: &Arc<dyn MlflowStore>, shop: &Shop, experiment: &str) {
    let out = shop.path("no/such/folder/f.csv");
    let more = register(experiment) + &format!("forecast_out = '{out}'");
    let error = train(store, shop.request(experiment, &more)).await;
    assert_eq!(error.kind(), FailureKind::Unexpected, "{error}");
    assert!(error.full_message().contains("no/such/folder"), "{}", error.full_message());
    let run = newest(store, experiment).await;
    assert_eq!(run.info.status, RunStatus::Failed);
    let [output] = run.outputs.model_outputs.as_slice() else { panic!("one model: {:?}", run.outputs) };
    let model = store.get_logged_model(&output.model_id).await.unwrap();
    assert_eq!(model.info.status, mlflow_client::types::LoggedModelStatus::UploadFailed);
}

async fn train(store: &Arc<dyn MlflowStore>, request: forecast_pipeline::TrainingRequest) -> TrainingError {
    run(request, Arc::clone(store), Arc::new(NoObserver), Cancellation::new()).await.unwrap_err()
}

async fn newest(store: &Arc<dyn MlflowStore>, experiment: &str) -> Run {
    let id = store.get_experiment_by_name(experiment).await.unwrap().experiment_id;
    let mut runs = all_runs(store.as_ref(), RunQuery::in_experiment(&id)).await.unwrap();
    runs.sort_by_key(|run| run.info.start_time_ms);
    runs.pop().unwrap()
}
