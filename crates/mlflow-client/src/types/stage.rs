//! Stages of versions, which MLflow has deprecated and its page still shows.

use serde::{Deserialize, Deserializer, Serialize};

/// The stage of a version. MLflow has deprecated stages since 2.9 in favour of aliases; its page
/// still shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
pub enum Stage {
    /// No stage.
    #[default]
    None,
    /// Under trial.
    Staging,
    /// In use.
    Production,
    /// No longer in use.
    Archived,
}

impl Stage {
    /// The name MLflow writes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Staging => "Staging",
            Self::Production => "Production",
            Self::Archived => "Archived",
        }
    }

    /// The stage of that name, whatever the case; `None` where there is none of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::None, Self::Staging, Self::Production, Self::Archived]
            .into_iter()
            .find(|stage| stage.as_str().eq_ignore_ascii_case(name))
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Stage {
    // A store without stages sends nothing or an empty string: no stage.
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let name = String::deserialize(input)?;
        if name.is_empty() {
            return Ok(Self::None);
        }
        Self::parse(&name).ok_or_else(|| serde::de::Error::custom(format_args!("unknown stage {name:?}")))
    }
}

/// A change of stage. Where other versions are archived they go after the new one has come: a
/// reader may see two in between, never none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageTransition {
    /// The registered model.
    pub name: String,
    /// The version to move.
    pub version: u64,
    /// Where it goes.
    pub stage: Stage,
    /// What becomes of the versions that are there already.
    pub others: OthersInStage,
}

/// What becomes of other versions in the stage that a version moves to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OthersInStage {
    /// They stay.
    #[default]
    Keep,
    /// They move to [`Stage::Archived`]. Only for staging and production.
    Archive,
}
