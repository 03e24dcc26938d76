//! Files of runs and models.

use std::path::{Path, PathBuf};

use async_trait::async_trait;

use crate::artifact_uri::check_relative;
use crate::local_tree::{create_dir, files_below};
use crate::types::{FileInfo, Transfer};
use crate::{ArtifactUri, Error, Result};

/// Largest artifact that [`ArtifactStore::read_artifact`] reads into memory.
pub const READ_LIMIT_BYTES: u64 = 64 << 20;

/// The artifact store. Files are streamed: memory does not grow with their size.
#[async_trait]
pub trait ArtifactStore: Send + Sync {
    /// Lists a folder, sorted by path. A folder that does not exist is empty, since artifact
    /// stores keep no empty folders.
    ///
    /// # Errors
    /// Those of the transport.
    async fn list_artifacts(&self, folder: &ArtifactUri) -> Result<Vec<FileInfo>>;

    /// Writes a file of this machine to `target`, replacing what was there. Returns its size.
    ///
    /// # Errors
    /// `File` if it cannot be read.
    async fn upload_file(&self, local: &Path, target: &ArtifactUri) -> Result<u64>;

    /// Writes bytes to `target`, replacing what was there.
    ///
    /// # Errors
    /// Those of the transport.
    async fn upload_bytes(&self, bytes: Vec<u8>, target: &ArtifactUri) -> Result<()>;

    /// Writes an artifact to a file of this machine, whose folder must exist. The file appears
    /// under its name only when it is complete. Returns its size.
    ///
    /// # Errors
    /// `NotFound`; `File` if it cannot be written.
    async fn download_file(&self, source: &ArtifactUri, local: &Path) -> Result<u64>;

    /// Reads a small artifact into memory.
    ///
    /// # Errors
    /// `NotFound`; `InvalidParameter` beyond [`READ_LIMIT_BYTES`].
    async fn read_artifact(&self, source: &ArtifactUri) -> Result<Vec<u8>>;

    /// Where an artifact is on this machine, for people to open; `None` where the store is elsewhere.
    fn local_path(&self, _uri: &ArtifactUri) -> Option<PathBuf> {
        None
    }

    /// Writes every file below a folder of this machine to the same place below `target`, in the
    /// order of their paths.
    ///
    /// # Errors
    /// `File` if something cannot be read, is neither file nor folder, or has a name that is not
    /// valid Unicode.
    async fn upload_dir(&self, local: &Path, target: &ArtifactUri) -> Result<Transfer> {
        let mut moved = Transfer::default();
        for file in files_below(local).await? {
            let bytes = self.upload_file(&local.join(&file), &target.join(&file)?).await?;
            moved += Transfer { files: 1, bytes };
        }
        Ok(moved)
    }

    /// Writes every artifact below a folder to the same place below a folder of this machine,
    /// which is created where needed.
    ///
    /// # Errors
    /// `NotFound` if there is nothing; `Protocol` if the store names a path outside the folder.
    async fn download_dir(&self, source: &ArtifactUri, local: &Path) -> Result<Transfer> {
        let mut moved = Transfer::default();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let uri = if folder.is_empty() { source.clone() } else { source.join(&folder)? };
            create_dir(&local.join(&folder)).await?;
            for entry in self.list_artifacts(&uri).await? {
                check_relative(&entry.path).map_err(|_| Error::Protocol {
                    operation: "download artifacts",
                    detail: format!("the store lists a path outside the folder: {:?}", entry.path),
                })?;
                let path =
                    if folder.is_empty() { entry.path.clone() } else { format!("{folder}/{}", entry.path) };
                if entry.is_dir {
                    folders.push(path);
                } else {
                    let bytes = self.download_file(&source.join(&path)?, &local.join(&path)).await?;
                    moved += Transfer { files: 1, bytes };
                }
            }
        }
        if moved.files == 0 {
            return Err(Error::NotFound {
                operation: "download artifacts",
                detail: format!("there are no files below {source}"),
            });
        }
        Ok(moved)
    }
}
