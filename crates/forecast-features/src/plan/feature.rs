//! The kinds of features, their names and how far back they look.

use forecast_core::ColumnKind;
use serde::{Deserialize, Serialize};

use super::calendar::CalendarField;
use super::column::FeatureColumn;
use super::holidays::HolidayCountry;
use super::{InputColumn, LONGEST, Parts, PlanError};

/// What to compute over a window of past values. Missing values do not count; without any value
/// the result is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// Arithmetic mean.
    Mean,
    /// Population standard deviation.
    Std,
    /// Smallest value.
    Min,
    /// Largest value.
    Max,
    /// Middle value, or the mean of the two in the middle.
    Median,
}

impl Statistic {
    fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Std => "std",
            Self::Min => "min",
            Self::Max => "max",
            Self::Median => "median",
        }
    }
}

/// One feature. "Lag 1" is the period just before the one that is forecast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Feature {
    /// The target `lag` periods ago.
    Lag {
        /// Periods back, at least 1.
        lag: u32,
    },
    /// A statistic of `window` consecutive values, the newest of which is `lag` periods ago.
    Rolling {
        /// What to compute.
        statistic: Statistic,
        /// Periods back of the newest value, at least 1.
        lag: u32,
        /// Number of values.
        window: u32,
    },
    /// A statistic of the values 1, 2, … `window` seasons ago: the last Mondays of a Monday.
    SeasonalRolling {
        /// What to compute.
        statistic: Statistic,
        /// Periods in a season.
        season: u32,
        /// Number of seasons.
        window: u32,
    },
    /// Exponentially weighted mean of all values up to lag 1: `m ← α·y + (1 − α)·m`.
    ExponentialMean {
        /// Smoothing factor α in percent, 1 to 100: whole, so that names are stable.
        percent: u32,
    },
    /// Mean of all values so far.
    ExpandingMean,
    /// Periods since the last value that was not zero; missing when there was none.
    SinceNonZero,
    /// Share of zeros among the last `window` values.
    ZeroShare {
        /// Number of values.
        window: u32,
    },
    /// Periods since the series began.
    Age,
    /// A field of the calendar.
    Calendar {
        /// Which one.
        field: CalendarField,
    },
    /// Sine and cosine pairs over a year, for smooth yearly seasonality.
    Fourier {
        /// Number of pairs.
        order: u32,
    },
    /// Public holidays of a country: how many fall into the period and, for days, the distance to
    /// the next and from the last one.
    Holidays {
        /// The country.
        country: HolidayCountry,
    },
    /// A known-future column as it is.
    Covariate {
        /// Its name.
        column: String,
    },
    /// A known-future number divided by the mean of its own past, for instance of a price.
    Relative {
        /// Its name.
        column: String,
    },
    /// Relative change of a known-future number from the period before.
    Change {
        /// Its name.
        column: String,
    },
    /// A static column.
    Static {
        /// Its name.
        column: String,
    },
}

impl Feature {
    /// Whether the feature tells how past values scatter, rather than how large they are: a spread, an
    /// extreme, or where the zeros lie. Expected values scatter less than real ones.
    pub(super) fn is_shape(&self) -> bool {
        match self {
            Self::Rolling { statistic, .. } | Self::SeasonalRolling { statistic, .. } => {
                matches!(statistic, Statistic::Std | Statistic::Min | Statistic::Max)
            }
            Self::SinceNonZero | Self::ZeroShare { .. } => true,
            _ => false,
        }
    }

    /// The name, without the suffixes of features that have several columns.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Lag { lag } => format!("lag_{lag}"),
            Self::Rolling { statistic, lag: 1, window } => format!("rolling_{}_{window}", statistic.name()),
            Self::Rolling { statistic, lag, window } => {
                format!("rolling_{}_{window}_lag_{lag}", statistic.name())
            }
            Self::SeasonalRolling { statistic, season, window } => {
                format!("seasonal_{}_{season}x{window}", statistic.name())
            }
            Self::ExponentialMean { percent } => format!("exponential_mean_{percent}"),
            Self::ExpandingMean => "expanding_mean".to_owned(),
            Self::SinceNonZero => "since_non_zero".to_owned(),
            Self::ZeroShare { window } => format!("zero_share_{window}"),
            Self::Age => "age".to_owned(),
            Self::Calendar { field } => field.name().to_owned(),
            Self::Fourier { .. } => "year".to_owned(),
            Self::Holidays { country } => format!("holiday_{}", country.slug()),
            Self::Covariate { column } => column.clone(),
            Self::Relative { column } => format!("{column}_relative"),
            Self::Change { column } => format!("{column}_change"),
            Self::Static { column } => format!("static_{column}"),
        }
    }

    /// The columns that the feature fills, in order.
    #[must_use]
    pub fn columns(&self, parts: &Parts) -> Vec<FeatureColumn> {
        let name = self.name();
        match self {
            Self::Lag { .. }
            | Self::Rolling { .. }
            | Self::SeasonalRolling { .. }
            | Self::ExponentialMean { .. }
            | Self::ExpandingMean => vec![FeatureColumn::quantity(name)],
            Self::Calendar { field } => match field.cardinality() {
                Some(cardinality) => vec![FeatureColumn::category(name, cardinality)],
                None => vec![FeatureColumn::number(name)],
            },
            Self::Fourier { order } => (1..=*order)
                .flat_map(|k| [format!("{name}_sin_{k}"), format!("{name}_cos_{k}")])
                .map(FeatureColumn::number)
                .collect(),
            Self::Holidays { .. } => [name.clone(), format!("{name}_in"), format!("{name}_ago")]
                .into_iter()
                .map(FeatureColumn::number)
                .collect(),
            Self::Covariate { column } => vec![input_column(name, find(&parts.covariates, column))],
            Self::Static { column } => vec![input_column(name, find(&parts.statics, column))],
            Self::SinceNonZero
            | Self::ZeroShare { .. }
            | Self::Age
            | Self::Relative { .. }
            | Self::Change { .. } => vec![FeatureColumn::number(name)],
        }
    }

    /// How many past values the feature looks at directly.
    #[must_use]
    pub fn memory(&self) -> usize {
        let periods = match self {
            Self::Lag { lag } => *lag,
            Self::Rolling { lag, window, .. } => lag + window - 1,
            Self::SeasonalRolling { season, window, .. } => season.saturating_mul(*window),
            Self::ZeroShare { window } => *window,
            _ => 0,
        };
        periods as usize
    }

    /// The known-future column that the feature uses, if any.
    #[must_use]
    pub fn covariate(&self) -> Option<&str> {
        match self {
            Self::Covariate { column } | Self::Relative { column } | Self::Change { column } => Some(column),
            _ => None,
        }
    }

    pub(super) fn check(&self, parts: &Parts) -> Result<(), PlanError> {
        let in_range = |numbers: &[u32], limit: u32| {
            if numbers.iter().all(|number| (1..=limit).contains(number)) {
                Ok(())
            } else {
                Err(PlanError::OutOfRange { feature: self.name(), limit })
            }
        };
        match self {
            Self::Lag { lag } => in_range(&[*lag], LONGEST),
            Self::Rolling { lag, window, .. } => in_range(&[*lag, *window], LONGEST),
            Self::SeasonalRolling { season, window, .. } => {
                in_range(&[*season, *window, season.saturating_mul(*window)], LONGEST)
            }
            Self::ZeroShare { window } => in_range(&[*window], LONGEST),
            Self::ExponentialMean { percent } if !(1..=100).contains(percent) => {
                Err(PlanError::Smoothing { feature: self.name() })
            }
            Self::Fourier { order } => in_range(&[*order], 50),
            Self::Covariate { column } => self.find_in(&parts.covariates, column).map(drop),
            Self::Static { column } => self.find_in(&parts.statics, column).map(drop),
            Self::Relative { column } | Self::Change { column } => {
                match self.find_in(&parts.covariates, column)?.kind {
                    ColumnKind::Numeric => Ok(()),
                    ColumnKind::Categorical { .. } => {
                        Err(PlanError::NotNumeric { feature: self.name(), column: column.clone() })
                    }
                }
            }
            _ => Ok(()),
        }
    }

    fn find_in<'a>(&self, columns: &'a [InputColumn], name: &str) -> Result<&'a InputColumn, PlanError> {
        find(columns, name)
            .ok_or_else(|| PlanError::UnknownColumn { feature: self.name(), column: name.to_owned() })
    }
}

fn find<'a>(columns: &'a [InputColumn], name: &str) -> Option<&'a InputColumn> {
    columns.iter().find(|column| column.name == name)
}

fn input_column(name: String, input: Option<&InputColumn>) -> FeatureColumn {
    match input.map(|input| &input.kind) {
        Some(ColumnKind::Categorical { levels }) => FeatureColumn::category(name, levels.len() as u32),
        _ => FeatureColumn::number(name),
    }
}
