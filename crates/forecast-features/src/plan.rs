//! Feature plans: which numbers a model sees, described once for training and serving.
//!
//! A [`FeaturePlan`] is plain data that travels inside the model. [`FeaturePlan::compile`] turns it
//! into a [`Featurizer`], which computes the features of a whole history ([`Featurizer::transform`])
//! and of one next step ([`Featurizer::row`]) with the same code over the same [`SeriesState`]: the
//! two cannot drift apart. No feature of a period depends on the target at that period or later.

use forecast_core::{ColumnKind, Frequency, Panel, Period};
use serde::{Deserialize, Serialize};

mod calendar;
mod column;
mod dated;
mod feature;
mod featurizer;
mod history;
mod holidays;
mod inputs;
mod past;
mod state;
mod suggest;
mod window;

pub use calendar::CalendarField;
pub use column::{FeatureColumn, TargetUnits};
pub use feature::{Feature, Statistic};
pub use featurizer::Featurizer;
pub use history::TargetTransform;
pub use holidays::{HolidayCountry, UnknownCountry};
pub(crate) use inputs::SeriesInputs;
pub use inputs::StepInputs;
pub use state::SeriesState;
pub use suggest::SuggestOptions;

/// An input column that a plan was made for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputColumn {
    /// Column name.
    pub name: String,
    /// Meaning of its values.
    pub kind: ColumnKind,
}

/// Which features to compute, from which columns. Checked when made, also when read back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct FeaturePlan {
    parts: Parts,
    columns: Vec<FeatureColumn>,
}

/// The parts of a plan before they are checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parts {
    /// Applied to the target in order before anything else; undone in reverse.
    pub transforms: Vec<TargetTransform>,
    /// What to compute, in column order.
    pub features: Vec<Feature>,
    /// The covariates of the panel, in its order; a plan need not use all of them.
    pub covariates: Vec<InputColumn>,
    /// The static columns of the panel, in its order.
    pub statics: Vec<InputColumn>,
}

/// Why a plan was refused, or a panel does not fit it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// A lag, window or order of 0, or one absurdly long.
    #[error("feature `{feature}`: every lag, window, season and order must lie between 1 and {limit}")]
    OutOfRange {
        /// Name of the feature.
        feature: String,
        /// The largest number allowed.
        limit: u32,
    },
    /// A smoothing factor outside (0, 1].
    #[error("feature `{feature}`: the smoothing factor must be above 0 and at most 1")]
    Smoothing {
        /// Name of the feature.
        feature: String,
    },
    /// A feature of a column that the plan does not have.
    #[error("feature `{feature}` needs the column `{column}`, which the panel does not have")]
    UnknownColumn {
        /// Name of the feature.
        feature: String,
        /// Name of the column.
        column: String,
    },
    /// A ratio of categories.
    #[error("feature `{feature}` needs a numeric column, but `{column}` holds categories")]
    NotNumeric {
        /// Name of the feature.
        feature: String,
        /// Name of the column.
        column: String,
    },
    /// A transform after `scale`.
    #[error("the target transform `scale` must be the last one")]
    ScaleNotLast,
    /// Two features with the same name.
    #[error("the feature `{feature}` is listed twice: list it once")]
    Duplicate {
        /// Name of the feature.
        feature: String,
    },
    /// A panel whose columns are not those of the plan.
    #[error("the plan was made for the {role} columns {expected:?}, but the panel has {found:?}")]
    OtherColumns {
        /// `covariate` or `static`.
        role: &'static str,
        /// Columns of the plan.
        expected: Vec<String>,
        /// Columns of the panel.
        found: Vec<String>,
    },
}

/// The longest lag, window or season, in periods: ten years of hours.
pub(crate) const LONGEST: u32 = 90_000;

impl FeaturePlan {
    /// A checked plan.
    ///
    /// # Errors
    /// [`PlanError`] for the first feature that cannot be computed.
    pub fn new(parts: Parts) -> Result<Self, PlanError> {
        let mut columns: Vec<FeatureColumn> = Vec::new();
        for transform in &parts.transforms {
            transform.check()?;
        }
        if !scale_comes_last(&parts.transforms) {
            return Err(PlanError::ScaleNotLast);
        }
        for feature in &parts.features {
            feature.check(&parts)?;
            for column in feature.columns(&parts) {
                if columns.iter().any(|known| known.name == column.name) {
                    return Err(PlanError::Duplicate { feature: column.name });
                }
                columns.push(column);
            }
        }
        Ok(Self { parts, columns })
    }

    /// The columns of the feature matrix, in order.
    #[must_use]
    pub fn columns(&self) -> &[FeatureColumn] {
        &self.columns
    }

    /// The features, in order.
    #[must_use]
    pub fn features(&self) -> &[Feature] {
        &self.parts.features
    }

    /// What is done to the target, in order.
    #[must_use]
    pub fn transforms(&self) -> &[TargetTransform] {
        &self.parts.transforms
    }

    /// Names of the covariates that at least one feature uses: the future values that a forecast needs.
    #[must_use]
    pub fn covariates(&self) -> Vec<&str> {
        let used = |name: &str| self.parts.features.iter().any(|feature| feature.covariate() == Some(name));
        self.parts.covariates.iter().map(|column| column.name.as_str()).filter(|name| used(name)).collect()
    }

    /// The covariates of the panel that the plan was made for, used or not.
    #[must_use]
    pub fn input_covariates(&self) -> &[InputColumn] {
        &self.parts.covariates
    }

    /// The static columns of the panel that the plan was made for.
    #[must_use]
    pub fn input_statics(&self) -> &[InputColumn] {
        &self.parts.statics
    }

    /// How many past target values a feature may look back on; the memory of a [`SeriesState`].
    #[must_use]
    pub fn memory(&self) -> usize {
        self.parts.features.iter().map(Feature::memory).max().unwrap_or(0)
    }

    /// The plan made ready for series on the grid of `frequency`. Calendar features of the periods
    /// in `span` (first and last) are computed once and kept; others when they are asked for.
    #[must_use]
    pub fn compile(&self, frequency: Frequency, span: (Period, Period)) -> Featurizer {
        Featurizer::new(self, frequency, span)
    }

    /// Checks that `panel` has the columns that the plan was made for.
    ///
    /// # Errors
    /// [`PlanError::OtherColumns`] otherwise.
    pub fn check_panel(&self, panel: &Panel) -> Result<(), PlanError> {
        let covariates: Vec<_> = panel.covariates().iter().map(|column| column.name.as_str()).collect();
        let statics: Vec<_> = panel.statics().iter().map(|column| column.name.as_str()).collect();
        same_columns("covariate", &self.parts.covariates, &covariates)?;
        same_columns("static", &self.parts.statics, &statics)
    }
}

fn scale_comes_last(transforms: &[TargetTransform]) -> bool {
    !transforms.iter().rev().skip(1).any(|transform| *transform == TargetTransform::Scale)
}

fn same_columns(role: &'static str, expected: &[InputColumn], found: &[&str]) -> Result<(), PlanError> {
    if expected.iter().map(|column| column.name.as_str()).eq(found.iter().copied()) {
        return Ok(());
    }
    Err(PlanError::OtherColumns {
        role,
        expected: expected.iter().map(|column| column.name.clone()).collect(),
        found: found.iter().map(|&name| name.to_owned()).collect(),
    })
}

impl Parts {
    /// Parts without features, for the columns of `panel`.
    #[must_use]
    pub fn for_panel(panel: &Panel) -> Self {
        let column =
            |name: &String, kind: &ColumnKind| InputColumn { name: name.clone(), kind: kind.clone() };
        Self {
            covariates: panel.covariates().iter().map(|c| column(&c.name, &c.kind)).collect(),
            statics: panel.statics().iter().map(|s| column(&s.name, &s.kind)).collect(),
            ..Self::default()
        }
    }
}

impl TryFrom<Parts> for FeaturePlan {
    type Error = PlanError;

    fn try_from(parts: Parts) -> Result<Self, PlanError> {
        Self::new(parts)
    }
}

impl From<FeaturePlan> for Parts {
    fn from(plan: FeaturePlan) -> Self {
        plan.parts
    }
}
