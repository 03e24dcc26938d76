//! What a training run is told: settings as people write them, and the configuration made of them.
//!
//! [`Settings`] are `forecast.toml` and the flags of `forecast-train` alike: the same names, nothing
//! required, nothing checked beyond types. [`Settings::check`] turns them into a [`TrainingConfig`],
//! whose values are all sound, or reports everything that is wrong at once.
//!
//! What this module refuses: unknown settings, and reading the environment.

mod check;
mod output;
mod problem;
mod settings;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use forecast_core::{Horizon, Period, QuantileLevels, RollingOrigin};
use forecast_features::ingest::{IngestOptions, TableSpec};
use forecast_features::plan::HolidayCountry;
use forecast_model::{Family, Metric};
use serde::Serialize;

pub use problem::{ConfigError, ConfigProblem};
pub use settings::{SETTING_NAMES, Settings, Words};

/// The experiment of a run that names none.
pub(crate) const DEFAULT_EXPERIMENT: &str = "demand-forecast";
/// Backtest windows where none are asked for.
pub(crate) const DEFAULT_WINDOWS: usize = 3;
/// The seed where none is given.
pub(crate) const DEFAULT_SEED: u64 = 7;
/// Memory for feature rows where no budget is given, in megabytes.
pub(crate) const DEFAULT_MEMORY_BUDGET_MB: u64 = 2048;

/// A checked configuration of a training run; made by [`Settings::check`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingConfig {
    /// Paths, directories or glob patterns of the sales table.
    pub data: Vec<String>,
    /// The same for the future covariates; empty when there are none.
    pub future: Vec<String>,
    /// What the columns are for.
    pub table: TableSpec,
    /// How the table is read.
    pub reading: IngestOptions,
    /// Quantile levels to calibrate.
    pub levels: QuantileLevels,
    /// Countries whose public holidays become features.
    pub holidays: Vec<HolidayCountry>,
    /// Model families to compare.
    pub families: Vec<Family>,
    /// Windows of the backtest.
    pub rolling: RollingOrigin,
    /// What to do where the history does not hold so many windows.
    pub short_history: ShortHistory,
    /// What the champion is chosen by.
    pub metric: Metric,
    /// What random numbers are drawn from.
    pub seed: u64,
    /// Threads to compute with; all of the machine's when absent. Does not change the result.
    pub threads: Option<NonZeroUsize>,
    /// Most memory for the rows that global models learn from, in bytes.
    pub memory_budget_bytes: u64,
    /// Experiment that the run belongs to.
    pub experiment: String,
    /// Tags that the user gives the run: names and values.
    pub tags: Vec<(String, String)>,
    /// What people call the run; made up by the store when absent.
    pub run_name: Option<String>,
    /// Registered model to make a version of, when the run has ended well.
    pub register: Option<String>,
    /// File for the forecasts of all series.
    pub forecast_out: Option<ForecastFile>,
}

impl TrainingConfig {
    /// How far ahead is forecast.
    #[must_use]
    pub fn horizon(&self) -> Horizon {
        self.rolling.horizon
    }

    /// The windows of a backtest over a history from `first` to `last`: those of the configuration,
    /// or as many of them as the history holds where that is allowed; never fewer than one.
    #[must_use]
    pub fn rolling_over(&self, first: Period, last: Period) -> RollingOrigin {
        let mut rolling = self.rolling;
        if self.short_history == ShortHistory::FewerWindows {
            while rolling.windows > 1 && rolling.windows(first, last).is_err() {
                rolling.windows -= 1;
            }
        }
        rolling
    }
}

/// What to do where the history is too short for the backtest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShortHistory {
    /// Nobody asked for a number of windows: take as many as fit.
    FewerWindows,
    /// The number was asked for: refuse.
    Refuse,
}

/// A file for forecasts; its ending says how it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForecastFile {
    /// Where.
    pub path: PathBuf,
    /// How.
    pub format: TableFormat,
}

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TableFormat {
    /// Comma-separated text with a header line.
    Csv,
    /// Parquet.
    Parquet,
}
