//! The steps that a promotion is made of.

use std::fmt;

use mlflow_client::types::Stage;
use serde::Serialize;

/// One change to the registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Creates the registered model.
    CreateRegisteredModel {
        /// Its name.
        name: String,
    },
    /// Makes a version from the logged model of the run.
    CreateVersion {
        /// The run.
        run_id: String,
        /// The logged model, `m-…`.
        model_id: String,
    },
    /// Notes something on a version.
    SetTag {
        /// The version.
        version: VersionRef,
        /// Name of the note.
        key: &'static str,
        /// The note.
        value: String,
    },
    /// Points an alias at a version, away from the one it pointed at.
    SetAlias {
        /// The alias.
        alias: &'static str,
        /// The version.
        version: VersionRef,
    },
    /// Moves a version to the stage of the target.
    MoveStage {
        /// The version.
        version: VersionRef,
        /// The stage.
        stage: Stage,
    },
    /// Moves a former version out of the stage of the target.
    Archive {
        /// The version.
        version: u64,
    },
}

/// A version that exists, or the one that the plan makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VersionRef {
    /// A version by its number.
    Existing(u64),
    /// The version that [`Step::CreateVersion`] makes.
    New,
}

impl VersionRef {
    /// Its number, if it exists.
    #[must_use]
    pub fn number(self) -> Option<u64> {
        match self {
            Self::Existing(version) => Some(version),
            Self::New => None,
        }
    }
}

/// A number, or `null` for the version to be made.
impl Serialize for VersionRef {
    fn serialize<S: serde::Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        self.number().serialize(output)
    }
}

impl fmt::Display for VersionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Existing(version) => write!(f, "version {version}"),
            Self::New => f.write_str("the new version"),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateRegisteredModel { name } => write!(f, "create the registered model {name}"),
            Self::CreateVersion { run_id, model_id } => {
                write!(f, "make a version from model {model_id} of run {run_id}")
            }
            Self::SetTag { version, key, value } => write!(f, "tag {version} with {key}={value}"),
            Self::SetAlias { alias, version } => write!(f, "point alias {alias} at {version}"),
            Self::MoveStage { version, stage } => write!(f, "move {version} to stage {stage}"),
            Self::Archive { version } => write!(f, "archive version {version}"),
        }
    }
}
