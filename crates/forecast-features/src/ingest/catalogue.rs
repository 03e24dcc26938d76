//! Every kind of problem that ingestion knows: its code, severity, message and remedy, in one table.
//!
//! The bad-input page of the documentation is written from [`CATALOGUE`]. Codes are stable: they are
//! never renamed or reused. A message speaks of one occurrence and may name its column.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::problem::Severity;

/// What the catalogue says about one kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// The kind.
    pub code: ProblemCode,
    /// The severity it usually has; a policy of the options may raise or lower it.
    pub severity: Severity,
    /// The message; `{column}` stands for the column's name.
    pub message: &'static str,
    /// What to change. An occurrence may carry a more precise remedy of its own.
    pub remedy: &'static str,
}

macro_rules! catalogue {
    ($($code:ident $name:literal $severity:ident $message:literal => $remedy:literal;)*) => {
        /// Stable name of a kind of problem, written in snake case (`duplicate_rows`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum ProblemCode {
            $(#[doc = $message] $code,)*
        }

        /// All kinds of problem, in the order in which they are reported.
        pub const CATALOGUE: &[CatalogueEntry] = &[$(CatalogueEntry {
            code: ProblemCode::$code,
            severity: Severity::$severity,
            message: $message,
            remedy: $remedy,
        },)*];

        impl ProblemCode {
            /// The name as it is written in JSON, in logs and in the documentation.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$code => $name,)* }
            }

            /// What the catalogue says about this kind.
            #[must_use]
            pub fn entry(self) -> CatalogueEntry {
                CATALOGUE[self as usize]
            }
        }
    };
}

catalogue! {
    // Whole files.
    UnreadableFile "unreadable_file" Error
        "the file is damaged, cut off, or not a table"
        => "write or copy the file again: CSV in UTF-8 (plain or gzip) or Parquet";
    EmptyFile "empty_file" Error
        "the file is empty"
        => "write the file again, with a header line, or take it out";
    InvalidUtf8 "invalid_utf8" Error
        "text that is not UTF-8"
        => "save the file as UTF-8 (for instance: iconv -f latin1 -t utf-8)";
    RaggedRow "ragged_row" Error
        "a row has more or fewer fields than the header"
        => "quote fields that hold the separator or a line break, and close every quote";
    MissingColumn "missing_column" Error
        "there is no column `{column}`"
        => "add the column, or name the one that holds it";
    DuplicateColumn "duplicate_column" Error
        "column `{column}` appears more than once in the header"
        => "rename or drop all but one of them";
    UnknownColumn "unknown_column" Error
        "there is no use for a column `{column}`"
        => "correct the name or leave the column out";
    UnsupportedType "unsupported_type" Error
        "column `{column}` has a type that its role cannot take"
        => "store dates as date, timestamp or ISO text, numbers as numbers, keys and categories as text";

    // Values.
    MissingKey "missing_key" Error
        "the key column `{column}` is empty"
        => "fill in the key, or drop the row";
    MissingTime "missing_time" Error
        "the time column `{column}` is empty"
        => "fill in the date, or drop the row";
    BadTime "bad_time" Error
        "a value of `{column}` is not a date or time that can be read"
        => "write dates as 2024-01-31, times as 2024-01-31T13:00:00, or give the time_format that they have";
    AmbiguousTime "ambiguous_time" Error
        "a value of `{column}` can be read as day/month or as month/day"
        => "give time_format %d/%m/%Y or %m/%d/%Y (with the separator used), or write dates as 2024-01-31";
    ImplausibleTime "implausible_time" Error
        "a date lies more than ten years from all others"
        => "correct the year, or drop the row";
    BadNumber "bad_number" Error
        "a value of `{column}` is not a number"
        => "correct the value; for numbers such as 4,5 choose decimal = comma; for categories list the column as categorical";
    InfiniteValue "infinite_value" Error
        "a value of `{column}` is infinite or too large for a 32-bit float"
        => "correct the value, or leave it empty when it is unknown";
    BadFlag "bad_flag" Error
        "a value of `{column}` is neither yes nor no"
        => "write 1 or 0, true or false";
    MixedTypes "mixed_types" Error
        "column `{column}` holds numbers in one file and text in another"
        => "store it with the same type everywhere, or list it as categorical";
    StaticChanges "static_changes" Error
        "static column `{column}` changes within a series"
        => "give one value per series, or list the column as known-future";

    // Time and series.
    FrequencyUnclear "frequency_unclear" Error
        "the spacing of the rows cannot be told from the dates"
        => "give the frequency: hourly, daily, weekly-mon … weekly-sun, month-start, month-end, quarter-start or quarter-end";
    OffGrid "off_grid" Error
        "a time does not lie on the frequency's grid"
        => "correct the time, or give the frequency that fits all rows";
    MixedFrequency "mixed_frequency" Error
        "a series has a coarser spacing than the rest of the table"
        => "bring all series to one frequency, or give the frequency to fill the finer grid on purpose";
    DuplicateRows "duplicate_rows" Error
        "a series has several rows for the same time"
        => "drop the copies, or choose duplicates = sum or last";
    NegativeTarget "negative_target" Warning
        "a value of `{column}` is below zero"
        => "keep returns in a column of their own, or choose negatives = clip";
    TooManyRows "too_many_rows" Error
        "filling the gaps would make more rows than max_panel_rows"
        => "correct the date, give a coarser frequency, or raise max_panel_rows";
    HistoryTooShort "history_too_short" Error
        "no series has enough history for the horizon"
        => "bring more history or ask for a shorter horizon";
    NoRows "no_rows" Error
        "no usable row is left"
        => "check that the sources hold the table you mean";

    // The table of future covariates.
    FutureUnknownSeries "future_unknown_series" Error
        "the future table has a series that the history has not"
        => "drop these rows, or correct the key";
    FutureDuplicateRows "future_duplicate_rows" Error
        "the future table has several rows for the same series and time"
        => "drop the copies";
    FutureConflict "future_conflict" Error
        "the future table contradicts the history in column `{column}`"
        => "begin the future table after the last date of the history";
    FutureStartsLate "future_starts_late" Error
        "the future rows of a series begin later than its forecast: no value of {column} at first"
        => "add rows from the first date after the history on";
    FutureStopsEarly "future_stops_early" Error
        "the values of {column} stop before the horizon ends"
        => "add rows up to the end of the horizon, or ask for a shorter one";
    FutureRowMissing "future_row_missing" Error
        "a series has no future row for a date within the horizon: no value of {column}"
        => "add a row for every series and period of the horizon";
    FutureValueMissing "future_value_missing" Error
        "column `{column}` is empty at a date within the horizon"
        => "fill in the value that is planned for that date";

    // Findings: a panel was made all the same.
    MissingTarget "missing_target" Warning
        "a row has no value of `{column}`; it is kept as unknown"
        => "write 0 where nothing was sold; rows without a target at the end belong in the future table";
    GapsFilled "gaps_filled" Info
        "a series had no row for a period, and it was filled"
        => "choose gaps = zero, forward or missing if this is not what you mean";
    DuplicatesMerged "duplicates_merged" Info
        "rows of the same series and time were merged"
        => "choose duplicates = error to refuse them";
    NegativesClipped "negatives_clipped" Info
        "a negative value of `{column}` became zero"
        => "choose negatives = keep or error if this is not what you mean";
    ConstantSeries "constant_series" Warning
        "a series always has the same value"
        => "check the source; a constant other than zero is rarely real demand";
    DeadSeries "dead_series" Warning
        "a series has sold nothing for a long time"
        => "drop products that are no longer offered";
    ShortSeries "short_series" Warning
        "a series is shorter than the horizon; global models forecast it from the others"
        => "nothing, or drop series that are too young to judge";
    SeriesEndedEarly "series_ended_early" Warning
        "a series has its last row before the table ends"
        => "drop series that are over, or choose ends = aligned if no row means no sale";
    CovariateMissing "covariate_missing" Warning
        "column `{column}` is empty in a row of the history"
        => "fill in the value where it is known";
    StaticMissing "static_missing" Warning
        "static column `{column}` is empty for a series"
        => "fill in the value where it is known";
    UnseenLevel "unseen_level" Warning
        "column `{column}` has a category that the history has not; it counts as unknown"
        => "check the spelling; a new category is learnt at the next training";
    ManyLevels "many_levels" Warning
        "column `{column}` has more than a thousand categories"
        => "check that it is not an identifier or a number with a stray letter";
    FutureOverlap "future_overlap" Info
        "a future row lies within the history; the history's values stand"
        => "nothing, or begin the future table after the history";
    FutureBeyondHorizon "future_beyond_horizon" Info
        "a future row lies beyond the horizon and is not used"
        => "nothing";
    AvailabilityMissing "availability_missing" Info
        "column `{column}` is empty; the product is taken to be available"
        => "fill in 1 or 0";
}

/// The catalogue as a Markdown table: code, severity, message, remedy.
#[must_use]
pub fn catalogue_markdown() -> String {
    let mut table = String::from("| Code | Severity | Message | What to do |\n|---|---|---|---|\n");
    for entry in CATALOGUE {
        let message = entry.message.replace("`{column}`", "`…`").replace("{column}", "`…`");
        table
            .push_str(&format!("| `{}` | {} | {message} | {} |\n", entry.code, entry.severity, entry.remedy));
    }
    table
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_agree_with_json_and_entries_with_their_place() {
        for (position, entry) in CATALOGUE.iter().enumerate() {
            assert_eq!(entry.code as usize, position);
            assert_eq!(serde_json::to_value(entry.code).unwrap(), entry.code.name());
            assert_eq!(entry.code.entry(), *entry);
        }
    }

    #[test]
    fn the_table_has_a_line_for_every_code_and_no_stray_bars() {
        let table = catalogue_markdown();
        assert_eq!(table.lines().count(), CATALOGUE.len() + 2);
        assert!(table.lines().all(|line| line.matches('|').count() == 5), "{table}");
    }
}
