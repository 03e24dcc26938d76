//! The model families, from the simplest to the most elaborate.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A family of models. The order is that of simplicity: of two equally good ones the first is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// The last known value, for ever.
    Naive,
    /// The last known value of the same place in the season.
    SeasonalNaive,
    /// The mean of the last four seasons.
    MovingAverage,
    /// The last known value and the mean slope of the history.
    Drift,
    /// Linear regression with a squared penalty, over the feature matrix of all series.
    Ridge,
    /// Linear regression with a mixed penalty that leaves features out.
    ElasticNet,
    /// Bagged regression trees over the feature matrix of all series.
    RandomForest,
    /// Regression trees with random cut points.
    ExtraTrees,
    /// Gradient-boosted trees: each is fitted to what those before it left.
    Boosted,
}

/// A name that is not that of a family.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a model family: use one of {}", names())]
pub struct UnknownFamily {
    /// What was given.
    pub name: String,
}

impl Family {
    /// All families, simplest first.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &[
            Self::Naive,
            Self::SeasonalNaive,
            Self::MovingAverage,
            Self::Drift,
            Self::Ridge,
            Self::ElasticNet,
            Self::RandomForest,
            Self::ExtraTrees,
            Self::Boosted,
        ]
    }

    /// Whether one model is fitted to the features of all series, rather than a small one to each.
    #[must_use]
    pub fn is_global(self) -> bool {
        !matches!(self, Self::Naive | Self::SeasonalNaive | Self::MovingAverage | Self::Drift)
    }

    /// The name, in kebab case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Naive => "naive",
            Self::SeasonalNaive => "seasonal-naive",
            Self::MovingAverage => "moving-average",
            Self::Drift => "drift",
            Self::Ridge => "ridge",
            Self::ElasticNet => "elastic-net",
            Self::RandomForest => "random-forest",
            Self::ExtraTrees => "extra-trees",
            Self::Boosted => "boosted",
        }
    }
}

fn names() -> String {
    Family::all().iter().map(|family| family.name()).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Family {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Family {
    type Err = UnknownFamily;

    fn from_str(text: &str) -> Result<Self, UnknownFamily> {
        let wanted = text.trim();
        let found = Self::all().iter().find(|family| family.name().eq_ignore_ascii_case(wanted));
        found.copied().ok_or_else(|| UnknownFamily { name: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_match_the_stored_form() {
        for &family in Family::all() {
            assert_eq!(family.to_string().parse(), Ok(family));
            assert_eq!(serde_json::to_value(family).unwrap(), family.name());
        }
        let error = "prophet".parse::<Family>().unwrap_err();
        assert!(error.to_string().contains("use one of naive, seasonal-naive"));
    }

    #[test]
    fn simpler_families_come_first() {
        assert!(Family::all().is_sorted());
        assert!(!Family::Drift.is_global() && Family::Ridge.is_global());
    }
}
