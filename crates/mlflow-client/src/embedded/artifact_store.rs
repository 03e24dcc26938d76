//! [`ArtifactStore`] on the files of this machine.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use uuid::Uuid;

use super::EmbeddedStore;
use super::artifact_files::{self, FileFault};
use super::artifact_place::Place;
use crate::store::READ_LIMIT_BYTES;
use crate::types::FileInfo;
use crate::{ArtifactStore, ArtifactUri, Error, Result};

#[async_trait]
impl ArtifactStore for EmbeddedStore {
    async fn list_artifacts(&self, folder: &ArtifactUri) -> Result<Vec<FileInfo>> {
        const OPERATION: &str = "list artifacts";
        let place = self.place(OPERATION, folder)?;
        on_blocking_thread(OPERATION, move || artifact_files::list(&place.path)).await
    }

    async fn upload_file(&self, local: &Path, target: &ArtifactUri) -> Result<u64> {
        const OPERATION: &str = "upload an artifact";
        let place = self.place(OPERATION, target)?;
        let local = local.to_owned();
        on_blocking_thread(OPERATION, move || {
            artifact_files::make_room(&place)?;
            artifact_files::copy_in(&local, &place)
        })
        .await
    }

    fn local_path(&self, uri: &ArtifactUri) -> Option<PathBuf> {
        self.place("locate an artifact", uri).ok().map(|place| place.path)
    }

    async fn upload_bytes(&self, bytes: Vec<u8>, target: &ArtifactUri) -> Result<()> {
        const OPERATION: &str = "upload an artifact";
        let place = self.place(OPERATION, target)?;
        on_blocking_thread(OPERATION, move || {
            artifact_files::make_room(&place)?;
            artifact_files::write_in(&bytes, &place)
        })
        .await
    }

    async fn download_file(&self, source: &ArtifactUri, local: &Path) -> Result<u64> {
        const OPERATION: &str = "download an artifact";
        let from = self.existing_file(OPERATION, source).await?.path;
        let to = beside(local);
        on_blocking_thread(OPERATION, move || artifact_files::copy_in(&from, &to)).await
    }

    async fn read_artifact(&self, source: &ArtifactUri) -> Result<Vec<u8>> {
        const OPERATION: &str = "read an artifact";
        let ExistingFile { path, size_bytes } = self.existing_file(OPERATION, source).await?;
        if size_bytes > READ_LIMIT_BYTES {
            return Err(Error::InvalidParameter {
                operation: OPERATION,
                detail: format!(
                    "{source} has {size_bytes} bytes, more than {READ_LIMIT_BYTES}; download it to a file"
                ),
            });
        }
        tokio::fs::read(&path).await.map_err(|source| Error::File { operation: OPERATION, path, source })
    }
}

/// A file that was there a moment ago.
struct ExistingFile {
    path: PathBuf,
    size_bytes: u64,
}

impl EmbeddedStore {
    fn place(&self, operation: &'static str, uri: &ArtifactUri) -> Result<Place> {
        self.places.place(uri).map_err(|fault| fault.during(operation))
    }

    async fn existing_file(&self, operation: &'static str, uri: &ArtifactUri) -> Result<ExistingFile> {
        let path = self.place(operation, uri)?.path;
        match tokio::fs::metadata(&path).await {
            Ok(found) if found.is_file() => Ok(ExistingFile { path, size_bytes: found.len() }),
            Ok(_) => {
                Err(Error::NotFound { operation, detail: format!("{uri} is a folder, not an artifact") })
            }
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Err(Error::NotFound { operation, detail: format!("there is no artifact {uri}") })
            }
            Err(source) => Err(Error::File { operation, path, source }),
        }
    }
}

/// A file of the caller, with a waiting place in the same folder.
fn beside(local: &Path) -> Place {
    let waiting = format!(".{}.part", Uuid::new_v4().simple());
    Place { path: local.to_owned(), incoming: local.with_file_name(waiting) }
}

async fn on_blocking_thread<T, F>(operation: &'static str, work: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, FileFault> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|FileFault { path, source }| Error::File { operation, path, source }),
        Err(stopped) if stopped.is_panic() => std::panic::resume_unwind(stopped.into_panic()),
        Err(stopped) => Err(Error::Storage {
            operation,
            detail: "the program is shutting down".to_owned(),
            source: Box::new(stopped),
        }),
    }
}
