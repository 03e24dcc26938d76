//! Whether the files of a logged model are all there.
//!
//! A model says itself that it is ready, but its files may be gone since, or a copy of them broken off. Names
//! and sizes are compared, which costs a listing; contents are for whoever loads the model to check, as that
//! means to read all of it.

use std::collections::BTreeMap;

use mlflow_client::types::{FileInfo, LoggedModel};
use mlflow_client::{ArtifactUri, Error, MlflowStore, Result};
use serde::Deserialize;

/// The file that makes a folder a model, in MLflow's terms.
const MODEL_FILE: &str = "MLmodel";

/// The file that names the others, where the maker of a model has written one.
const MANIFEST_FILE: &str = "manifest.json";

/// The part of a manifest that matters here.
#[derive(Debug, Deserialize)]
struct Manifest {
    files: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    /// Relative to the folder of the model.
    path: String,
    bytes: i64,
}

/// The files of the model that are missing or of the wrong size, none where its place cannot be looked into
/// from here.
pub(super) async fn missing(store: &dyn MlflowStore, model: &LoggedModel) -> Result<Vec<String>> {
    let root = model.info.artifact_root()?;
    let listing = match store.list_artifacts(&root).await {
        Err(Error::Unsupported { .. }) => return Ok(Vec::new()),
        listing => listing?,
    };
    if !holds(&listing, MODEL_FILE, |size| size > 0) {
        return Ok(vec![MODEL_FILE.to_owned()]);
    }
    if !holds(&listing, MANIFEST_FILE, |_| true) {
        return Ok(Vec::new());
    }
    let text = store.read_artifact(&root.join(MANIFEST_FILE)?).await?;
    match serde_json::from_slice::<Manifest>(&text) {
        Ok(manifest) => missing_of(store, &root, listing, manifest).await,
        Err(fault) => {
            tracing::debug!(%fault, "the manifest is not one");
            Ok(vec![MANIFEST_FILE.to_owned()])
        }
    }
}

async fn missing_of(
    store: &dyn MlflowStore,
    root: &ArtifactUri,
    listing: Vec<FileInfo>,
    manifest: Manifest,
) -> Result<Vec<String>> {
    let mut listings = BTreeMap::from([(String::new(), listing)]);
    let mut missing = Vec::new();
    for Entry { path, bytes } in manifest.files {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        if !listings.contains_key(folder) {
            let listing = store.list_artifacts(&root.join(folder)?).await?;
            listings.insert(folder.to_owned(), listing);
        }
        if !listings.get(folder).is_some_and(|listing| holds(listing, name, |size| size == bytes)) {
            missing.push(path);
        }
    }
    Ok(missing)
}

/// Whether a listing has a file of a size that suits. Some stores do not tell sizes.
fn holds(listing: &[FileInfo], name: &str, suits: impl Fn(i64) -> bool) -> bool {
    listing.iter().any(|file| !file.is_dir && file.path == name && file.size_bytes.is_none_or(&suits))
}
