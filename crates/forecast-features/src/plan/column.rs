//! One column of the feature matrix.

use serde::{Deserialize, Serialize};

/// Name and meaning of a column of the feature matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureColumn {
    /// Derived from the feature alone, so that it is the same in every plan: `lag_7`, `rolling_mean_28`.
    pub name: String,
    /// For categories, how many there are: values are codes `0..n`. `None` for numbers. A missing
    /// value is a NaN in both.
    pub cardinality: Option<u32>,
    /// Whether the column is in units of the (transformed) target, and so scales with it.
    pub in_target_units: TargetUnits,
}

/// Whether a column's numbers are quantities of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetUnits {
    /// A quantity, such as a lag or a rolling mean.
    Yes,
    /// Something else, such as a weekday, a price or a share.
    No,
}

impl FeatureColumn {
    pub(super) fn number(name: impl Into<String>) -> Self {
        Self { name: name.into(), cardinality: None, in_target_units: TargetUnits::No }
    }

    pub(super) fn quantity(name: impl Into<String>) -> Self {
        Self { in_target_units: TargetUnits::Yes, ..Self::number(name) }
    }

    pub(super) fn category(name: impl Into<String>, cardinality: u32) -> Self {
        Self { cardinality: Some(cardinality), ..Self::number(name) }
    }
}
