//! How a table becomes a panel where the table itself leaves a choice.

use forecast_core::{Frequency, Horizon};
use serde::{Deserialize, Serialize};

use super::error::ConfigError;

/// What to do with several rows of the same series and period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duplicates {
    /// Refuse the table.
    #[default]
    Error,
    /// Add the targets up; other columns take the last row.
    Sum,
    /// Keep the last row in file order.
    Last,
}

/// What to put where a series has no row between two others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gaps {
    /// Nothing was sold: zero.
    Zero,
    /// The last known value.
    Forward,
    /// Unknown: a missing value.
    Missing,
}

/// Where the history of a series ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ends {
    /// At the last period of the whole table, filled as gaps are.
    Aligned,
    /// At its own last row.
    Ragged,
}

/// The sign between whole units and fractions in text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecimalMark {
    /// `1234.5`
    #[default]
    Point,
    /// `1234,5`
    Comma,
}

/// What to do with targets below zero: returns, corrections, mistakes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Negatives {
    /// Keep them and say so.
    #[default]
    Keep,
    /// Refuse the table.
    Error,
    /// Turn them into zero and say so.
    Clip,
}

/// Choices of [`super::ingest`]. `None` means: decide from the data, and say in the report what was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IngestOptions {
    /// How many periods ahead will be forecast: future covariates must reach that far.
    pub horizon: Horizon,
    /// Spacing of the rows; detected when `None`.
    #[serde(default)]
    pub frequency: Option<Frequency>,
    /// Several rows for one series and period.
    #[serde(default)]
    pub duplicates: Duplicates,
    /// Periods without a row. `None`: zero when the target looks like counts, else missing.
    #[serde(default)]
    pub gaps: Option<Gaps>,
    /// End of the series. `None`: aligned with zero filling (a tidy sales table lists only days
    /// with sales), else ragged.
    #[serde(default)]
    pub ends: Option<Ends>,
    /// Decimal mark of numbers in text.
    #[serde(default)]
    pub decimal: DecimalMark,
    /// Targets below zero.
    #[serde(default)]
    pub negatives: Negatives,
    /// Fewest periods that the longest series must have. `None`: the horizon and one more.
    #[serde(default)]
    pub min_history: Option<usize>,
    /// After how many periods without a sale a series is called dead. `None`: two seasons or two
    /// horizons, whichever is longer.
    #[serde(default)]
    pub dead_after: Option<usize>,
    /// Most rows the panel may have after gaps are filled: a guard against mistyped years.
    #[serde(default = "default_max_panel_rows")]
    pub max_panel_rows: u64,
}

/// The default of [`IngestOptions::max_panel_rows`]: 2 GB per column.
const DEFAULT_MAX_PANEL_ROWS: u64 = 500_000_000;

fn default_max_panel_rows() -> u64 {
    DEFAULT_MAX_PANEL_ROWS
}

impl IngestOptions {
    /// The defaults for a forecast of `horizon` periods.
    #[must_use]
    pub fn new(horizon: Horizon) -> Self {
        Self {
            horizon,
            frequency: None,
            duplicates: Duplicates::default(),
            gaps: None,
            ends: None,
            decimal: DecimalMark::default(),
            negatives: Negatives::default(),
            min_history: None,
            dead_after: None,
            max_panel_rows: DEFAULT_MAX_PANEL_ROWS,
        }
    }

    /// Everything that is wrong with the options; empty when they are fine.
    #[must_use]
    pub fn check(&self) -> Vec<ConfigError> {
        let mut errors = Vec::new();
        for (setting, value) in [("min_history", self.min_history), ("dead_after", self.dead_after)] {
            if value == Some(0) {
                errors.push(ConfigError::ZeroSetting { setting });
            }
        }
        if self.max_panel_rows == 0 || self.max_panel_rows >= u64::from(u32::MAX) {
            errors.push(ConfigError::MaxPanelRows { rows: self.max_panel_rows });
        }
        errors
    }

    /// Fewest periods that the longest series must have.
    pub(super) fn min_history_rows(&self) -> usize {
        self.min_history.unwrap_or(self.horizon.steps() + 1)
    }

    /// Periods without a sale after which a series is dead.
    pub(super) fn dead_after_periods(&self, frequency: Frequency) -> usize {
        self.dead_after.unwrap_or_else(|| 2 * self.horizon.steps().max(frequency.season_length()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_file_needs_only_the_horizon() {
        let options: IngestOptions = serde_json::from_str(r#"{"horizon":28}"#).unwrap();
        assert_eq!(options, IngestOptions::new(Horizon::new(28).unwrap()));
        assert_eq!(options.check(), []);
        assert_eq!(options.dead_after_periods(Frequency::Daily), 56);
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let mut options = IngestOptions::new(Horizon::new(7).unwrap());
        options.min_history = Some(0);
        options.max_panel_rows = u64::MAX;
        let messages: Vec<String> = options.check().iter().map(ToString::to_string).collect();
        assert!(messages[0].contains("min_history") && messages[1].contains("max_panel_rows"));
    }
}
