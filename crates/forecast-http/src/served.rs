//! A loaded model with where it came from, and an index to find its series by.

use std::collections::BTreeSet;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use forecast_core::SeriesKey;
use forecast_model::ForecastModel;
use forecast_telemetry::{ModelInfo, ModelLoadOutcome};

use crate::source::Identity;

/// Where a loaded model was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The version that the registry named.
    Registry,
    /// The copy on local disk, since the registry did not answer.
    Cache,
}

impl Origin {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Cache => "cache",
        }
    }

    pub(crate) fn outcome(self) -> ModelLoadOutcome {
        match self {
            Self::Registry => ModelLoadOutcome::Registry,
            Self::Cache => ModelLoadOutcome::Cache,
        }
    }
}

/// A model that answers requests.
pub(crate) struct ServedModel {
    /// The model.
    pub(crate) model: ForecastModel,
    /// Which version it is.
    pub(crate) identity: Identity,
    /// Where it was taken from.
    pub(crate) origin: Origin,
    /// Since when it answers.
    pub(crate) loaded_at: DateTime<Utc>,
    /// The keys in lower case, in the model's order.
    labels: Vec<String>,
    /// Length of the longest of them, in characters.
    longest_label: usize,
}

/// Below this, keys have little to do with each other: from 0 for nothing in common to 1 for the same.
const ALIKE: f64 = 0.6;

impl ServedModel {
    pub(crate) fn new(model: ForecastModel, identity: Identity, origin: Origin) -> Self {
        let labels: Vec<String> = model.keys().iter().map(|key| key.to_string().to_lowercase()).collect();
        let longest_label = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default();
        Self { model, identity, origin, loaded_at: Utc::now(), labels, longest_label }
    }

    /// What metrics say of it.
    pub(crate) fn telemetry(&self) -> ModelInfo {
        ModelInfo {
            name: self.identity.name.clone(),
            version: self.identity.version.to_string(),
            run_id: self.identity.run_id.clone(),
            alias: self.identity.alias.clone(),
            trained_at: SystemTime::from(self.model.card().trained_at),
        }
    }

    /// Positions of the series whose key holds every word of a query, in the model's order.
    pub(crate) fn search<'a>(&'a self, query: &str) -> impl Iterator<Item = usize> + use<'a> {
        // Each word once: a query of one word a thousand times costs no more than that word.
        let words: BTreeSet<String> = query.to_lowercase().split_whitespace().map(str::to_owned).collect();
        self.labels
            .iter()
            .enumerate()
            .filter(move |(_, label)| words.iter().all(|word| label.contains(word)))
            .map(|(position, _)| position)
    }

    /// The key that a mistyped one was probably meant to be. One that is much longer than every key is
    /// not compared: that would take time without bound, and cannot be alike.
    pub(crate) fn nearest(&self, key: &SeriesKey) -> Option<&SeriesKey> {
        let wanted = key.to_string().to_lowercase();
        if wanted.chars().count() as f64 * ALIKE > self.longest_label as f64 {
            return None;
        }
        let scored = self
            .labels
            .iter()
            .enumerate()
            .map(|(position, label)| (strsim::normalized_damerau_levenshtein(&wanted, label), position));
        let (_, position) = scored.filter(|(score, _)| *score >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0))?;
        self.model.keys().get(position)
    }
}
