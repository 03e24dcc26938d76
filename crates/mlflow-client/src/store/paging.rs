//! Reading all pages of a search.

use crate::types::{Metric, MetricHistoryQuery, ModelVersion, RegistryQuery, Run, RunQuery};
use crate::{RegistryStore, Result, TrackingStore};

/// Every run that a query finds. `query.page_token` says where to begin.
///
/// # Errors
/// As [`TrackingStore::search_runs`].
pub async fn all_runs<S: TrackingStore + ?Sized>(store: &S, mut query: RunQuery) -> Result<Vec<Run>> {
    let mut all = Vec::new();
    loop {
        let page = store.search_runs(&query).await?;
        all.extend(page.items);
        match page.next_page_token {
            Some(token) => query.page_token = Some(token),
            None => return Ok(all),
        }
    }
}

/// Every version that a query finds.
///
/// # Errors
/// As [`RegistryStore::search_model_versions`].
pub async fn all_model_versions<S: RegistryStore + ?Sized>(
    store: &S,
    mut query: RegistryQuery,
) -> Result<Vec<ModelVersion>> {
    let mut all = Vec::new();
    loop {
        let page = store.search_model_versions(&query).await?;
        all.extend(page.items);
        match page.next_page_token {
            Some(token) => query.page_token = Some(token),
            None => return Ok(all),
        }
    }
}

/// Every version of one registered model, none if there is no such model.
///
/// # Errors
/// As [`RegistryStore::search_model_versions`].
pub async fn versions_of<S: RegistryStore + ?Sized>(store: &S, name: &str) -> Result<Vec<ModelVersion>> {
    // The filter language has no escapes: a name with a quote is looked for among all versions.
    let query = if name.contains('\'') {
        RegistryQuery::default()
    } else {
        RegistryQuery::matching(format!("name = '{name}'"))
    };
    let mut versions = all_model_versions(store, query).await?;
    versions.retain(|version| version.name == name);
    Ok(versions)
}

/// Every measurement of one metric.
///
/// # Errors
/// As [`TrackingStore::metric_history`].
pub async fn whole_metric_history<S: TrackingStore + ?Sized>(
    store: &S,
    mut query: MetricHistoryQuery,
) -> Result<Vec<Metric>> {
    let mut all = Vec::new();
    loop {
        let page = store.metric_history(&query).await?;
        all.extend(page.items);
        match page.next_page_token {
            Some(token) => query.page_token = Some(token),
            None => return Ok(all),
        }
    }
}
