//! The model as a folder that MLflow can store, and that says when it has been damaged.
//!
//! | File | What it is |
//! |---|---|
//! | `MLmodel` | MLflow's description: a custom flavor, the signature, the input example |
//! | `model.bin` | the model itself: a header with version and checksum, then the content |
//! | `card.json` | the [`crate::ModelCard`]: facts that people and services ask for |
//! | `feature_plan.json` | the features, to read |
//! | `metrics.json` | backtest accuracy of every family, to read |
//! | `input_example.json` | a request that the model answers |
//! | `manifest.json` | the format's version, and size and SHA-256 of every other file |
//!
//! [`read()`] refuses a folder of a newer format, one with a file missing and one with a byte changed.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::ForecastModel;

mod binary;
mod describe;
mod manifest;

use manifest::Manifest;

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
    #[error("{} is missing: fetch the whole model folder again", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A folder written by a newer release.
    #[error(
        "{} has model format {found}, but this release reads up to {supported}: upgrade it, or train the model again with this release", path.display()
    )]
    NewerFormat {
        /// The file that says so.
        path: PathBuf,
        /// Version of the folder.
        found: String,
        /// Newest version that can be read.
        supported: String,
    },
    /// A file that is not what was written.
    #[error("{} is damaged ({reason}): fetch the model folder again, or train the model again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// A model that cannot be put into a file.
    #[error("the model cannot be written to {}: {reason}", path.display())]
    Encode {
        /// The file.
        path: PathBuf,
        /// What the encoder says.
        reason: String,
    },
}

/// The files besides the manifest, in the order of writing.
const MODEL: &str = "model.bin";
const CARD: &str = "card.json";
const PLAN: &str = "feature_plan.json";
const METRICS: &str = "metrics.json";
const EXAMPLE: &str = "input_example.json";
const DESCRIPTION: &str = "MLmodel";
const MANIFEST: &str = "manifest.json";

/// Writes `model` into the folder `dir`, which is created when needed. The manifest comes last, so
/// that a folder that was not finished is refused by [`read()`].
///
/// # Errors
/// [`ArtifactError::Io`] when the file system says no; [`ArtifactError::Encode`] for a model with
/// numbers that JSON has no form for.
pub fn write(
    model: &ForecastModel,
    dir: &Path,
    about: &ArtifactInfo,
) -> Result<ArtifactSummary, ArtifactError> {
    let mut folder = Folder::create(dir)?;
    let signature = describe::signature(&model.card);
    let content = binary::encode(model).map_err(|error| folder.encode(MODEL, &error))?;
    let model_sha256 = manifest::sha256(&content);
    folder.put(MODEL, &content)?;
    folder.put_json(CARD, &model.card)?;
    if let Some(global) = model.fitted.global_part() {
        folder.put_json(PLAN, global.featurizer.plan())?;
    }
    folder.put_json(METRICS, &model.card.metrics)?;
    folder.put_json(EXAMPLE, &describe::input_example(model))?;
    let description = describe::mlmodel(&model.card, (about, &signature), content.len() as u64)
        .map_err(|error| folder.encode(DESCRIPTION, &error))?;
    folder.put(DESCRIPTION, description.as_bytes())?;
    let manifest = Manifest::of(binary::major_of(model.card.family), &folder.files).to_json();
    folder.put(MANIFEST, manifest.as_bytes())?;
    let mut files = folder.files;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(ArtifactSummary { files, model_sha256, signature })
}

/// A folder that is being written.
struct Folder<'a> {
    dir: &'a Path,
    files: Vec<ArtifactFile>,
}

impl<'a> Folder<'a> {
    fn create(dir: &'a Path) -> Result<Self, ArtifactError> {
        fs::create_dir_all(dir).map_err(|source| ArtifactError::Io {
            action: "create",
            path: dir.to_owned(),
            source,
        })?;
        Ok(Self { dir, files: Vec::new() })
    }

    fn put(&mut self, name: &str, content: &[u8]) -> Result<(), ArtifactError> {
        let path = self.dir.join(name);
        if let Err(source) = fs::write(&path, content) {
            return Err(ArtifactError::Io { action: "write", path, source });
        }
        self.files.push(ArtifactFile {
            path: name.to_owned(),
            bytes: content.len() as u64,
            sha256: manifest::sha256(content),
        });
        Ok(())
    }

    fn put_json(&mut self, name: &str, value: &impl Serialize) -> Result<(), ArtifactError> {
        let content = serde_json::to_vec_pretty(value).map_err(|error| self.encode(name, &error))?;
        self.put(name, &content)
    }

    fn encode(&self, name: &str, error: &dyn std::error::Error) -> ArtifactError {
        ArtifactError::Encode { path: self.dir.join(name), reason: error.to_string() }
    }
}

/// Reads the model of the folder `dir`.
///
/// # Errors
/// [`ArtifactError`] for anything but a folder that [`write()`] wrote, byte for byte.
pub fn read(dir: &Path) -> Result<ForecastModel, ArtifactError> {
    let path = dir.join(MANIFEST);
    let manifest = Manifest::parse(&path, &read_file(&path)?)?;
    let mut card = None;
    let mut content = None;
    for file in manifest.files() {
        let path = dir.join(&file.path);
        let bytes = read_file(&path)?;
        manifest::check(file, &path, &bytes)?;
        match file.path.as_str() {
            CARD => card = Some(bytes),
            MODEL => content = Some(bytes),
            _ => {}
        }
    }
    let listed = |name: &str, bytes: Option<Vec<u8>>| {
        let reason = format!("it does not list {name}");
        bytes.ok_or_else(|| ArtifactError::Damaged { path: path.clone(), reason })
    };
    let (card, content) = (listed(CARD, card)?, listed(MODEL, content)?);
    let card = serde_json::from_slice(&card)
        .map_err(|error| ArtifactError::Damaged { path: dir.join(CARD), reason: error.to_string() })?;
    binary::decode(&dir.join(MODEL), &content, card)
}

fn read_file(path: &Path) -> Result<Vec<u8>, ArtifactError> {
    fs::read(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => ArtifactError::Missing { path: path.to_owned() },
        _ => ArtifactError::Io { action: "read", path: path.to_owned(), source },
    })
}
