//! What there is to promote, and what is in place.

use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use mlflow_client::MlflowStore;
use mlflow_client::types::{Run, Stage};
use serde::Serialize;

use super::gather::{found, registry};
use super::{GatherError, Target};

/// How many runs to read at the same time: a server with a login takes seconds for each.
const CONCURRENT_READS: usize = 8;

/// Run metric with the accuracy of the model.
const WAPE_METRIC: &str = "wape";

/// Run tag with the kind of model that won.
const CHAMPION_TAG: &str = "forecast.champion";

/// The versions of a registered model, newest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listing {
    /// The registered model.
    pub model: String,
    /// Its versions; none if there is no such model.
    pub versions: Vec<ListedVersion>,
}

/// One version and what is known of its run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListedVersion {
    /// The version.
    pub version: u64,
    /// Names that point at it, in alphabetical order.
    pub aliases: Vec<String>,
    /// Its stage.
    pub stage: Stage,
    /// The run that made it; empty if none did.
    pub run_id: String,
    /// When it was created, in milliseconds since the Unix epoch.
    pub created_ms: i64,
    /// The kind of model that won the run's backtest, if the run says so.
    pub champion: Option<String>,
    /// Weighted absolute percentage error of the run's backtest (0.21 is 21 %), if it has one.
    pub wape: Option<f64>,
    /// Whether it is the version in production.
    pub current: bool,
}

/// Lists the versions of the registered model `name`.
///
/// # Errors
/// [`GatherError`] where the store cannot be asked.
pub async fn list(store: &dyn MlflowStore, name: &str) -> Result<Listing, GatherError> {
    let registry = registry(store, name).await?;
    let mut run_ids: Vec<_> = registry.versions.iter().map(|entry| entry.run_id.clone()).collect();
    run_ids.retain(|run_id| !run_id.is_empty());
    run_ids.sort_unstable();
    run_ids.dedup();
    let runs: HashMap<String, Option<Run>> = stream::iter(run_ids)
        .map(|run_id| async move {
            let run = found(store.get_run(&run_id).await);
            let run = run.map_err(GatherError::reading(format!("run {run_id}")))?;
            Ok::<_, GatherError>((run_id, run))
        })
        .buffer_unordered(CONCURRENT_READS)
        .try_collect()
        .await?;

    let current = registry.current(Target::Production);
    let mut versions: Vec<_> = registry
        .versions
        .iter()
        .map(|entry| {
            let run = runs.get(&entry.run_id).and_then(Option::as_ref);
            ListedVersion {
                version: entry.version,
                aliases: registry.aliases_of(entry.version).into_iter().map(str::to_owned).collect(),
                stage: entry.current_stage,
                run_id: entry.run_id.clone(),
                created_ms: entry.creation_time_ms,
                champion: run.and_then(|run| run.tag(CHAMPION_TAG)).map(str::to_owned),
                wape: run.and_then(|run| run.metric(WAPE_METRIC)).filter(|wape| wape.is_finite()),
                current: current == Some(entry.version),
            }
        })
        .collect();
    versions.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.version));
    Ok(Listing { model: name.to_owned(), versions })
}
