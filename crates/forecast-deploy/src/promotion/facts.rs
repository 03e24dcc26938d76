//! What a promotion is decided on.

use std::collections::BTreeMap;

use mlflow_client::types::{LoggedModel, ModelVersion, RegisteredModel, Run};

use super::Target;

/// What MLflow knows of a run and of the registered model that it is promoted to.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The run that was asked for.
    pub run_id: String,
    /// That run, if there is one.
    pub run: Option<Run>,
    /// The logged models that the run made, in whatever state.
    pub models: Vec<LoggedModel>,
    /// Files that are missing or cut short in the artifact store, by the id of a model that says it is ready.
    pub missing_files: BTreeMap<String, Vec<String>>,
    /// The registered model and its versions.
    pub registry: Registry,
}

/// What MLflow knows of one registered model.
#[derive(Debug, Clone, PartialEq)]
pub struct Registry {
    /// The name that was asked for.
    pub name: String,
    /// The registered model, if there is one.
    pub model: Option<RegisteredModel>,
    /// All its versions.
    pub versions: Vec<ModelVersion>,
    /// Whether the store has stages.
    pub stages: Stages,
}

/// Whether a store has stages, which MLflow has deprecated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stages {
    /// It has.
    Kept,
    /// It has dropped them.
    Gone,
}

impl Registry {
    /// The version that an alias points at.
    #[must_use]
    pub fn alias(&self, alias: &str) -> Option<u64> {
        self.model.as_ref().and_then(|model| model.alias(alias))
    }

    /// All aliases of a version, in alphabetical order.
    #[must_use]
    pub fn aliases_of(&self, version: u64) -> Vec<&str> {
        let aliases = self.model.iter().flat_map(|model| &model.aliases);
        let mut names: Vec<_> =
            aliases.filter(|entry| entry.version == version).map(|entry| entry.alias.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// One of the versions.
    #[must_use]
    pub fn version(&self, version: u64) -> Option<&ModelVersion> {
        self.versions.iter().find(|entry| entry.version == version)
    }

    /// The version that a service follows: the one with the alias; where no version has it, the
    /// newest in the stage, as somebody may have moved it in MLflow's page.
    #[must_use]
    pub fn current(&self, target: Target) -> Option<u64> {
        self.alias(target.alias()).or_else(|| {
            let in_stage = self.versions.iter().filter(|entry| entry.current_stage == target.stage());
            in_stage.map(|entry| entry.version).max()
        })
    }
}
