//! The list of a model folder's files with their checksums.

use std::path::{Component, Path};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{ArtifactError, ArtifactFile, binary};

/// The content of `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    format: Format,
    files: Vec<Entry>,
}

/// Version of the folder's format. A reader knows all minor versions of its own major one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Format {
    major: u16,
    minor: u16,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) path: String,
    bytes: u64,
    sha256: String,
}

/// Only the part that every version has, to tell a newer one from a broken one.
#[derive(Deserialize)]
struct AnyManifest {
    format: Format,
}

impl Manifest {
    /// The manifest of a folder of format `major`.
    pub(super) fn of(major: u16, files: &[ArtifactFile]) -> Self {
        let entry = |file: &ArtifactFile| Entry {
            path: file.path.clone(),
            bytes: file.bytes,
            sha256: file.sha256.clone(),
        };
        Self { format: Format { major, minor: binary::MINOR }, files: files.iter().map(entry).collect() }
    }

    pub(super) fn to_json(&self) -> String {
        // Strings and whole numbers always have a JSON form.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    pub(super) fn parse(path: &Path, content: &[u8]) -> Result<Self, ArtifactError> {
        let damaged = |reason: String| ArtifactError::Damaged { path: path.to_owned(), reason };
        let any: AnyManifest = serde_json::from_slice(content).map_err(|error| damaged(error.to_string()))?;
        if any.format.major > binary::MAJOR {
            return Err(ArtifactError::NewerFormat {
                path: path.to_owned(),
                found: format!("{}.{}", any.format.major, any.format.minor),
                supported: format!("{}.{}", binary::MAJOR, binary::MINOR),
            });
        }
        let manifest: Self = serde_json::from_slice(content).map_err(|error| damaged(error.to_string()))?;
        match manifest.files.iter().find(|file| !is_plain(&file.path)) {
            Some(file) => Err(damaged(format!("`{}` is not the name of a file beside it", file.path))),
            None => Ok(manifest),
        }
    }

    pub(super) fn files(&self) -> &[Entry] {
        &self.files
    }
}

/// Whether a path stays in its folder.
fn is_plain(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

/// Compares a file with its entry.
pub(super) fn check(entry: &Entry, path: &Path, content: &[u8]) -> Result<(), ArtifactError> {
    let damaged = |reason: String| Err(ArtifactError::Damaged { path: path.to_owned(), reason });
    if content.len() as u64 != entry.bytes {
        return damaged(format!("it has {} bytes instead of {}", content.len(), entry.bytes));
    }
    if sha256(content) != entry.sha256 {
        return damaged("its SHA-256 is not that of the manifest".to_owned());
    }
    Ok(())
}

/// SHA-256 in hexadecimal.
pub(super) fn sha256(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}
