//! Datasets that a run read: identity, not contents.

use serde::{Deserialize, Serialize};

use super::Tag;
use super::tag::tag_value;

/// The tag that says what a dataset was used for: `training`, `validation`, …
pub(crate) const CONTEXT_TAG: &str = "mlflow.data.context";

/// What a dataset is and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// At most 500 characters.
    pub name: String,
    /// Fingerprint of the contents, at most 36 characters.
    pub digest: String,
    /// Kind of source, for instance `local`, `http`, `s3`.
    #[serde(default)]
    pub source_type: String,
    /// Where it came from: JSON, as MLflow's page expects, for instance `{"uri":"sales.csv"}`.
    #[serde(default)]
    pub source: String,
    /// Columns: the JSON `{"mlflow_colspec":[{"type":…,"name":…,"required":…}]}`, up to 1 MB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Size: the JSON `{"num_rows":…,"num_elements":…}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

/// A dataset as an input of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetInput {
    /// The dataset.
    pub dataset: Dataset,
    /// Notes, `mlflow.data.context` above all.
    #[serde(default)]
    pub tags: Vec<Tag>,
}

impl DatasetInput {
    /// A dataset used for `context`: `training`, `validation`, …
    pub fn new(dataset: Dataset, context: impl ToString) -> Self {
        Self { dataset, tags: vec![Tag::new(CONTEXT_TAG, context)] }
    }

    /// What the dataset was used for.
    #[must_use]
    pub fn context(&self) -> Option<&str> {
        tag_value(&self.tags, CONTEXT_TAG)
    }
}
