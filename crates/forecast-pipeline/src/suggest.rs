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
    /// The folder holds no table.
    #[error("`{}` is a folder without a table in it (.csv, .tsv, .txt, plain or .gz, or .parquet)", path.display())]
    NoTable {
        /// The folder.
        path: PathBuf,
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

/// Looks at a table (a file, or the first one of a folder) and writes a commented `forecast.toml`
/// for it.
///
/// # Errors
/// [`SuggestError`] where the table cannot be read or has no date or no number.
pub fn suggest_config(data: &Path) -> Result<String, SuggestError> {
    let file = first_table(data)?;
    let table = table::read(&file)?;
    if table.rows() == 0 {
        return Err(SuggestError::Empty { path: file });
    }
    let roles = roles::assign(&table, &file)?;
    Ok(text::write(data, &table, &roles))
}

/// How far ahead people usually look with data of this spacing, as far as the history bears it: 48
/// hours, 28 days, 13 weeks, 12 months or 4 quarters. `None` where the table cannot be read or the
/// spacing cannot be told: reading it in earnest says why.
#[must_use]
pub fn usual_horizon(data: &Path, time: &str, time_format: Option<&str>) -> Option<Horizon> {
    let table = first_table(data).and_then(|file| table::read(&file)).ok()?;
    let times = table.columns.iter().find(|column| column.name == time)?;
    let frequency = roles::frequency(times, time_format)?;
    Horizon::new(roles::horizon(Some(frequency), &table, times)).ok()
}

/// The file itself, or the first table of a folder by name.
fn first_table(data: &Path) -> Result<PathBuf, SuggestError> {
    if !data.is_dir() {
        return Ok(data.to_owned());
    }
    let fail = |source: std::io::Error| SuggestError::Read { path: data.to_owned(), source: source.into() };
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(data).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let plain = name.strip_suffix(".gz").unwrap_or(&name);
        if path.is_file() && [".csv", ".tsv", ".txt", ".parquet"].iter().any(|end| plain.ends_with(end)) {
            files.push(path);
        }
    }
    files.into_iter().min().ok_or_else(|| SuggestError::NoTable { path: data.to_owned() })
}
