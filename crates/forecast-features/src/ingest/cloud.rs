//! Tables in cloud stores: copied to a temporary folder, then read like any file.
//!
//! The object store takes its credentials and settings from the environment variables that the
//! cloud's own tools use (`AWS_…`, `AZURE_…`, `GOOGLE_…`). The copy is deleted when ingestion ends.
//!
//! What this module refuses: writing to a store, and patterns in addresses; an address that ends in
//! `/` stands for all tables below it.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, path::Path as ObjectPath};
use tempfile::TempDir;

use super::error::IngestError;
use super::source::{io_error, is_table_name};

/// A local copy of an object.
pub(crate) struct Download {
    pub(crate) path: PathBuf,
    /// The address of the object.
    pub(crate) url: String,
    /// Deletes the copy when the last holder is gone.
    pub(crate) folder: Arc<TempDir>,
}

/// Copies what `url` stands for: one object, or every table below an address that ends in `/`.
pub(crate) fn download(url: &str) -> Result<Vec<Download>, IngestError> {
    // Installing fails only when a provider is there already, which serves as well.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    let fail = |message: String| IngestError::Cloud { url: url.to_owned(), message };
    let address = url::Url::parse(url).map_err(|error| fail(error.to_string()))?;
    let plain = (address.scheme() == "http").then(|| ("allow_http".to_owned(), "true".to_owned()));
    let settings = std::env::vars().map(|(name, value)| (name.to_lowercase(), value)).chain(plain);
    let (store, path) =
        object_store::parse_url_opts(&address, settings).map_err(|error| fail(error.to_string()))?;
    let folder = Arc::new(TempDir::new().map_err(|error| io_error(&std::env::temp_dir(), error))?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| fail(error.to_string()))?;
    let objects = if address.path().ends_with('/') {
        runtime.block_on(list_tables(store.as_ref(), &path)).map_err(|error| fail(error.to_string()))?
    } else {
        vec![path.clone()]
    };
    if objects.is_empty() {
        let reason = "has no table below it (.csv, .tsv, .txt, plain or .gz, or .parquet)".to_owned();
        return Err(IngestError::NoFiles { source_name: url.to_owned(), reason });
    }
    let mut copies = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        let local = folder.path().join(format!("{number}-{}", object.filename().unwrap_or("table")));
        runtime.block_on(copy(store.as_ref(), object, &local)).map_err(|error| match error {
            CopyError::Store(error) => fail(error.to_string()),
            CopyError::Local(error) => io_error(&local, error),
        })?;
        let below = object.as_ref().strip_prefix(path.as_ref()).unwrap_or_default();
        let url = if objects.len() == 1 && below.is_empty() {
            url.to_owned()
        } else {
            format!("{url}{}", below.trim_start_matches('/'))
        };
        copies.push(Download { path: local, url, folder: Arc::clone(&folder) });
    }
    Ok(copies)
}

enum CopyError {
    Store(object_store::Error),
    Local(std::io::Error),
}

async fn list_tables(store: &dyn ObjectStore, below: &ObjectPath) -> object_store::Result<Vec<ObjectPath>> {
    let objects: Vec<_> = store.list(Some(below)).try_collect().await?;
    let mut paths: Vec<ObjectPath> = objects.into_iter().map(|object| object.location).collect();
    paths.retain(|path| path.filename().is_some_and(is_table_name));
    paths.sort();
    Ok(paths)
}

/// Streams an object to a file: only one block of it is in memory at a time.
async fn copy(store: &dyn ObjectStore, object: &ObjectPath, local: &Path) -> Result<(), CopyError> {
    let mut file = File::create(local).map_err(CopyError::Local)?;
    let mut blocks = store.get(object).await.map_err(CopyError::Store)?.into_stream();
    while let Some(block) = blocks.try_next().await.map_err(CopyError::Store)? {
        file.write_all(&block).map_err(CopyError::Local)?;
    }
    Ok(())
}
