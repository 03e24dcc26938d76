//! What a table is like: the data-quality report that goes with every panel.
//!
//! The report is plain data, to be stored with a training run; [`QualityReport::to_markdown`] and
//! `Display` write it for people.

use forecast_core::Frequency;
use serde::{Deserialize, Serialize};

use super::options::{Ends, Gaps};
use super::problem::Problem;

mod profile;
mod text;

pub(crate) use profile::profile;

/// What was found in a table and what was made of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualityReport {
    /// Rows read from the sources, without the future table.
    pub rows_read: u64,
    /// Target rows of the panel, filled gaps included.
    pub rows: u64,
    /// Number of series.
    pub series: u64,
    /// First date with a row.
    pub first: String,
    /// Last date with a row.
    pub last: String,
    /// Spacing of the rows.
    pub frequency: Frequency,
    /// Whether the spacing was found out from the dates.
    pub frequency_detected: bool,
    /// Whether the target is whole numbers from zero up.
    pub looks_like_counts: bool,
    /// How gaps were filled.
    pub gaps: Gaps,
    /// Where series end.
    pub ends: Ends,
    /// Periods filled between two rows of a series.
    pub gaps_inside: u64,
    /// Periods filled after the last row of a series.
    pub gaps_at_end: u64,
    /// Rows that were merged with another of the same series and time.
    pub duplicates_merged: u64,
    /// Rows without a target.
    pub missing_targets: u64,
    /// Targets below zero (before clipping, where they were clipped).
    pub negatives: u64,
    /// The target over all rows of the panel.
    pub target: ValueSummary,
    /// Share of zeros among the known targets of the panel, 0 to 1.
    pub zero_share: f64,
    /// Length of the histories.
    pub history: HistorySummary,
    /// How many series have which pattern of demand.
    pub demand: DemandClasses,
    /// Series with one and the same value throughout, zero included.
    pub constant_series: u64,
    /// Series that sold once, but not in the last [`QualityReport::dead_after`] periods.
    pub dead_series: u64,
    /// How many periods without a sale make a series dead.
    pub dead_after: u64,
    /// Series shorter than the horizon.
    pub shorter_than_horizon: u64,
    /// Series too short for one backtest window: twice the horizon.
    pub shorter_than_two_horizons: u64,
    /// Series whose history ends before the table does.
    pub ended_early: u64,
    /// Share of rows with the product available, 0 to 1, where the table says so.
    pub available_share: Option<f64>,
    /// Known-future and static columns.
    pub columns: Vec<ColumnSummary>,
    /// The table of future covariates, where there is one.
    pub future: Option<FutureSummary>,
    /// Everything worth knowing, each with count, first example and remedy.
    pub findings: Vec<Problem>,
}

/// Mean and range of known values; NaN-free: all zero when nothing is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ValueSummary {
    /// Mean.
    pub mean: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
}

/// Length of the histories in periods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistorySummary {
    /// Shortest.
    pub shortest: u64,
    /// Median, the lower one of two.
    pub median: u64,
    /// Longest.
    pub longest: u64,
}

/// Series by pattern of demand, after Syntetos, Boylan & Croston (2005), "On the categorization of
/// demand patterns", Journal of the Operational Research Society 56: the mean interval between
/// sales (ADI) is split at 1.32 periods, the squared variation of the sizes (CV²) at 0.49.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemandClasses {
    /// Frequent and even.
    pub smooth: u64,
    /// Frequent, of varying size.
    pub erratic: u64,
    /// Rare, of even size.
    pub intermittent: u64,
    /// Rare, of varying size.
    pub lumpy: u64,
    /// Nothing was ever sold.
    pub no_demand: u64,
}

/// One known-future or static column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnSummary {
    /// Column name.
    pub name: String,
    /// Known-future or static.
    pub role: ColumnRole,
    /// Number of categories; `None` for numbers.
    pub levels: Option<u64>,
    /// Share of empty values, 0 to 1.
    pub missing_share: f64,
    /// The numbers; `None` for categories.
    pub values: Option<ValueSummary>,
}

/// What a described column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnRole {
    /// Known for the periods to forecast.
    KnownFuture,
    /// One value per series.
    Static,
}

/// The table of future covariates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FutureSummary {
    /// Rows read.
    pub rows_read: u64,
    /// Series with covariates beyond their history.
    pub series_covered: u64,
}
