//! Where the files of a model version are, and which sources may become one.
//!
//! The rules are those of MLflow's server: a source inside the store must belong to the logged
//! model or run that the request names.

use rusqlite::Connection;

use super::{logged_models, model_versions, runs};
use crate::ArtifactUri;
use crate::embedded::fault::{Fault, Outcome};
use crate::types::NewModelVersion;

/// A checked source.
#[derive(Debug)]
pub(super) struct Source {
    /// Where the files are.
    pub(super) storage_location: String,
    /// The run that made them, as the request or the logged model says.
    pub(super) run_id: Option<String>,
}

/// Checks the source of a version that is to be created.
pub(super) fn resolve(connection: &Connection, new: &NewModelVersion) -> Outcome<Source> {
    let source = new.source.as_str();
    let run_id = given(new.run_id.as_deref());
    if source.split('/').any(|part| part == "..")
        || source.contains('%') && source.to_ascii_lowercase().contains("%2e")
    {
        return Err(refused(source, "leaves its folder; give a path without `..`"));
    }
    if let Some(rest) = source.strip_prefix("models:/") {
        return if rest.starts_with("m-") && !rest.contains('/') {
            of_logged_model(connection, new, rest)
        } else {
            of_version(connection, new, rest)
        };
    }
    if let Some(rest) = source.strip_prefix("runs:/") {
        let named = rest.split('/').next().unwrap_or_default();
        if run_id != Some(named) {
            return Err(refused(source, "names a run that is not the run_id of the request"));
        }
        return Ok(Source { storage_location: source.to_owned(), run_id: run_id.map(str::to_owned) });
    }
    let within_store = matches!(ArtifactUri::new(source)?.scheme(), None | Some("file" | "mlflow-artifacts"));
    if within_store {
        let root = match (given(new.model_id.as_deref()), run_id) {
            (Some(model_id), _) => logged_models::get(connection, model_id)?.info.artifact_uri,
            (None, Some(run_id)) => runs::info(connection, run_id)?.artifact_uri,
            (None, None) => {
                return Err(refused(
                    source,
                    "belongs to no run or model of the request; write models:/<model_id>",
                ));
            }
        };
        if source != root && !source.starts_with(&format!("{root}/")) {
            return Err(refused(source, &format!("is not below {root}; write models:/<model_id>")));
        }
    }
    Ok(Source { storage_location: source.to_owned(), run_id: run_id.map(str::to_owned) })
}

/// The address of the files of a version, from what its row says.
pub(super) fn download_uri(connection: &Connection, stored: &str) -> Outcome<ArtifactUri> {
    let Some(rest) = stored.strip_prefix("runs:/") else {
        return Ok(ArtifactUri::new(stored)?);
    };
    let (run_id, path) = rest.split_once('/').unwrap_or((rest, ""));
    let root = runs::info(connection, run_id)?.artifact_root()?;
    Ok(if path.is_empty() { root } else { root.join(path)? })
}

/// The logged model that a source names.
pub(super) fn model_id(source: &str) -> Option<&str> {
    source.strip_prefix("models:/").filter(|rest| rest.starts_with("m-") && !rest.contains('/'))
}

fn of_logged_model(connection: &Connection, new: &NewModelVersion, model_id: &str) -> Outcome<Source> {
    if given(new.model_id.as_deref()) != Some(model_id) {
        return Err(refused(&new.source, "names a logged model that is not the model_id of the request"));
    }
    let model = logged_models::get(connection, model_id)?;
    let run_id = given(new.run_id.as_deref()).or_else(|| given(Some(&model.info.source_run_id)));
    Ok(Source { run_id: run_id.map(str::to_owned), storage_location: model.info.artifact_uri.clone() })
}

fn of_version(connection: &Connection, new: &NewModelVersion, rest: &str) -> Outcome<Source> {
    let parts = rest.split_once('/').and_then(|(name, version)| Some((name, version.parse::<u64>().ok()?)));
    let Some((name, version)) = parts else {
        return Err(refused(&new.source, "is neither models:/<model_id> nor models:/<name>/<version>"));
    };
    let earlier = model_versions::get(connection, name, version)?;
    let run_id = given(new.run_id.as_deref()).or_else(|| given(Some(&earlier.run_id))).map(str::to_owned);
    let storage_location = model_versions::storage_location(connection, name, version)?;
    Ok(Source { storage_location, run_id })
}

fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

fn refused(source: &str, why: &str) -> Fault {
    Fault::Invalid(format!("source {source:?} {why}"))
}
