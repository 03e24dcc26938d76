//! A first `forecast.toml` from a look at the data: which column is what.
//!
//! Only the first rows are read, and nothing is certain: every guess is written down with its
//! reason, for a person to confirm. What it refuses: overwriting a file (it writes none at all).

mod guess;
mod roles;
mod table;
mod text;

use std::path::{Path, PathBuf};

use forecast_core::Horizon;
use forecast_features::ingest::{IngestError, source_files};

use table::TableHead;

/// Why no configuration could be suggested.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SuggestError {
    /// The file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system or the format says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is no file to look at.
    #[error(transparent)]
    Sources(#[from] IngestError),
    /// A column is named like a date.
    #[error(
        "a column of `{}` is named `{name}`, like a date: where the first line holds values, write a line with the \
         names of the columns above it; where every date has its column, make one row per series and date",
        path.display()
    )]
    DateAsName {
        /// The file.
        path: PathBuf,
        /// The column's name.
        name: String,
    },
    /// There are no rows to look at.
    #[error("`{}` has no rows: nothing can be told from it", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// No column looks like a date.
    #[error("no column of `{}` looks like a date; its columns are: {columns}", path.display())]
    NoTime {
        /// The file.
        path: PathBuf,
        /// The columns that there are.
        columns: String,
    },
    /// No column looks like a number to forecast.
    #[error("no column of `{}` looks like a number to forecast; its columns are: {columns}", path.display())]
    NoTarget {
        /// The file.
        path: PathBuf,
        /// The columns that there are.
        columns: String,
    },
}

/// Looks at a table (a file, or the first one of a folder or pattern) and writes a commented
/// `forecast.toml` for it.
///
/// # Errors
/// [`SuggestError`] where the table cannot be read or has no date or no number.
pub fn suggest_config(data: &Path) -> Result<String, SuggestError> {
    let (file, table) = head(&[data.display().to_string()])?;
    if table.rows() == 0 {
        return Err(SuggestError::Empty { path: file });
    }
    if let Some(column) = table.columns.iter().find(|column| guess::is_iso(&column.name)) {
        return Err(SuggestError::DateAsName { path: file, name: column.name.clone() });
    }
    let roles = roles::assign(&table, &file)?;
    Ok(text::write(data, &table, &roles))
}

/// How far ahead people usually look with data of this spacing, as far as the history bears it: 48
/// hours, 28 days, 13 weeks, 12 months or 4 quarters. `None` where the table cannot be read or the
/// spacing cannot be told: reading it in earnest says why.
#[must_use]
pub fn usual_horizon(data: &[String], time: &str, time_format: Option<&str>) -> Option<Horizon> {
    let (_, table) = head(data).ok()?;
    let times = table.columns.iter().find(|column| column.name == time)?;
    let frequency = roles::frequency(times, time_format)?;
    Horizon::new(roles::horizon(Some(frequency), &table, times)).ok()
}

/// The beginning of the first of all files. Where there are more, the table goes on.
fn head(data: &[String]) -> Result<(PathBuf, TableHead), SuggestError> {
    let mut files = source_files(data)?.into_iter();
    let file = files.next().unwrap_or_default();
    let mut table = table::read(&file)?;
    table.cut |= files.next().is_some();
    Ok((file, table))
}
