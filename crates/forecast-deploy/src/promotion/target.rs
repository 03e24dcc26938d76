//! Where a promotion goes.

use std::fmt;

use mlflow_client::types::Stage;
use serde::Serialize;

/// Where a promotion goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// On trial: alias `staging`, stage `Staging`.
    Staging,
    /// In use: alias `production`, stage `Production`.
    Production,
}

impl Target {
    /// The alias that services follow.
    #[must_use]
    pub fn alias(self) -> &'static str {
        match self {
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }

    /// The stage that MLflow's page shows.
    #[must_use]
    pub fn stage(self) -> Stage {
        match self {
            Self::Staging => Stage::Staging,
            Self::Production => Stage::Production,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.alias())
    }
}
