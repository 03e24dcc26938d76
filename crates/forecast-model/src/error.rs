//! Why models cannot be measured, fitted or asked.

use forecast_core::backtest::BacktestError;
use forecast_core::{Frequency, Horizon, Period, SeriesKey};
use forecast_features::plan::PlanError;

use crate::Family;

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A panel without a single row.
    #[error("there is no history to learn from: the panel has no rows")]
    EmptyPanel,
    /// No family was asked for.
    #[error("there is nothing to compare: list at least one model family")]
    NoFamilies,
    /// The history does not hold the windows.
    #[error(transparent)]
    Backtest(#[from] BacktestError),
    /// The plan and the panel do not belong together.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The champion is to be chosen by pinball loss, without quantiles.
    #[error("the metric `pinball` needs at least one quantile level")]
    PinballWithoutLevels,
    /// No row to fit on.
    #[error(
        "{family} has no rows to learn from: every row has a missing target or was out of stock; use more history"
    )]
    NoTrainingRows {
        /// The family.
        family: Family,
    },
    /// The features say nothing at all.
    #[error("{family} has no feature to learn from: every feature of the plan is constant")]
    NoFeatures {
        /// The family.
        family: Family,
    },
    /// The library that fits a family gave up.
    #[error("{family} could not be fitted: {reason}")]
    Fit {
        /// The family.
        family: Family,
        /// What the library says.
        reason: String,
    },
    /// A family that the backtest did not try.
    #[error("{family} was not part of the backtest, so its quantiles cannot be calibrated: list it there")]
    NotInReport {
        /// The family.
        family: Family,
    },
    /// A report about another panel.
    #[error("the backtest was made on a panel of {report} series, but this one has {panel}")]
    OtherPanel {
        /// Series of the report.
        report: usize,
        /// Series of the panel.
        panel: usize,
    },
    /// A fitted model could not forecast a window.
    #[error(transparent)]
    Forecast(#[from] ForecastError),
    /// The observer said stop.
    #[error("interrupted")]
    Cancelled,
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ForecastError {
    /// A horizon longer than the calibrated one.
    #[error(
        "the model forecasts at most {longest} periods ahead, not {asked}: ask for fewer or train it for more"
    )]
    HorizonTooLong {
        /// Periods asked for.
        asked: Horizon,
        /// Periods possible.
        longest: Horizon,
    },
    /// A known-future value that the model needs.
    #[error("`{column}` is missing for series `{series}` at period {}: the model needs it for every step", period.0)]
    MissingFuture {
        /// The series.
        series: SeriesKey,
        /// The first period without a value.
        period: Period,
        /// The known-future column.
        column: String,
    },
    /// A series position that does not exist.
    #[error("there is no series number {index}: the model has {count}")]
    UnknownSeries {
        /// The position asked for.
        index: usize,
        /// How many series there are.
        count: usize,
    },
    /// Future values of another shape.
    #[error("future values of `{column}` must be {expected} (series times steps), not {found}")]
    FutureShape {
        /// The known-future column.
        column: String,
        /// Values needed.
        expected: usize,
        /// Values given.
        found: usize,
    },
    /// A quantile level outside what was calibrated.
    #[error("the quantile level {level} is outside the calibrated range {lowest} to {highest}")]
    LevelOutOfRange {
        /// The level asked for.
        level: f64,
        /// Lowest calibrated level.
        lowest: f64,
        /// Highest calibrated level.
        highest: f64,
    },
    /// A panel on another grid.
    #[error("the model forecasts {expected} series, but the history is {found}")]
    OtherFrequency {
        /// Frequency of the model.
        expected: Frequency,
        /// Frequency of the panel.
        found: Frequency,
    },
    /// A panel with other columns than the training's.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Periods beyond the calendar.
    #[error("the forecast of series `{series}` would start outside of the calendar")]
    OutsideCalendar {
        /// The series.
        series: SeriesKey,
    },
}
