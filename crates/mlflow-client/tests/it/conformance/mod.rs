//! What every store must do alike. Runs on a real MLflow server over PostgreSQL and on the
//! embedded store; a store that passes may replace any other.
//!
//! Each check makes its own experiments and models under unique names, so that the suite can run
//! on a store that is in use, and all checks at once.

mod artifacts;
mod experiments;
mod logged_models;
mod model_versions;
mod registered_models;
mod run_search;
mod runs;
mod stages;
mod workflow;

use std::collections::HashMap;
use std::sync::Arc;

use mlflow_client::MlflowStore;
use mlflow_client::types::{NewExperiment, NewRun, Run};

use tokio::task::JoinSet;

use crate::support::unique;

/// Holds a store to the whole suite. Every check runs, whatever became of the others.
///
/// # Panics
/// Where the store behaves otherwise, with the names of the checks that failed.
pub(crate) async fn check(store: Arc<dyn MlflowStore>) {
    store.ping().await.unwrap();
    let mut checks = JoinSet::new();
    let mut names = HashMap::new();
    macro_rules! start {
        ($($name:ident),*) => {$(
            let shared = Arc::clone(&store);
            let task = checks.spawn(async move { $name::check(shared.as_ref()).await });
            names.insert(task.id(), stringify!($name));
        )*};
    }
    start!(
        artifacts,
        experiments,
        logged_models,
        model_versions,
        registered_models,
        run_search,
        runs,
        stages,
        workflow
    );
    let mut failed = Vec::new();
    while let Some(ended) = checks.join_next().await {
        if let Err(fault) = ended {
            failed.push(names[&fault.id()]);
        }
    }
    assert_eq!(failed, [""; 0], "these checks failed; their messages are above");
}

/// A new experiment.
async fn experiment(store: &dyn MlflowStore) -> String {
    store.create_experiment(&NewExperiment::new(unique("exp"))).await.unwrap()
}

/// A new run in a new experiment.
async fn run(store: &dyn MlflowStore) -> Run {
    store.create_run(&NewRun::new(experiment(store).await)).await.unwrap()
}
