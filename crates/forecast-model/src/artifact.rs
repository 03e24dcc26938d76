//! The model as a folder that MLflow can store, and that says when it has been damaged.

use std::path::{Path, PathBuf};

use crate::ForecastModel;

/// What the folder says besides the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArtifactInfo {
    /// Name of the folder in its run, such as `model`.
    pub artifact_path: String,
    /// The run that made the model, if any.
    pub run_id: Option<String>,
    /// MLflow's id of the logged model, if any.
    pub model_id: Option<String>,
    /// Version of the MLflow whose conventions are followed, for instance `3.17.2`.
    pub mlflow_version: Option<String>,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactSummary {
    /// The files, relative to the folder, sorted.
    pub files: Vec<ArtifactFile>,
    /// SHA-256 of `model.bin`, in hexadecimal.
    pub model_sha256: String,
    /// MLflow's model signature: JSON with the keys `inputs`, `outputs` and `params`.
    pub signature: serde_json::Value,
}

/// A file of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactFile {
    /// Path relative to the folder.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, in hexadecimal.
    pub sha256: String,
}

/// Why a folder could not be written or is not a sound model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The file system said no.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file that is not there.
    #[error("{} is missing: fetch the whole folder again", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
}

/// Writes `model` into the folder `dir`, which is created when needed.
///
/// # Errors
/// [`ArtifactError::Io`] when the file system says no.
pub fn write(
    _model: &ForecastModel,
    dir: &Path,
    _about: &ArtifactInfo,
) -> Result<ArtifactSummary, ArtifactError> {
    Err(ArtifactError::Missing { path: dir.to_owned() })
}

/// Reads the model of the folder `dir`.
///
/// # Errors
/// [`ArtifactError`] for anything but a folder that [`write()`] wrote, byte for byte.
pub fn read(dir: &Path) -> Result<ForecastModel, ArtifactError> {
    Err(ArtifactError::Missing { path: dir.join("model.bin") })
}
