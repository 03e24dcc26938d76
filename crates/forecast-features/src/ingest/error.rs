//! Why no panel came out: a wrong configuration, unreachable files, or problems of the data.

use std::{fmt, path::PathBuf};

use super::problem::{Problem, write_problems};

/// A spec or an option that contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A role without a column name.
    #[error("the {role} column has an empty name: give the column's name or leave the setting out")]
    EmptyColumnName {
        /// The role.
        role: &'static str,
    },
    /// One column with two jobs.
    #[error("column `{column}` is both {first} and {second}: list it once")]
    ColumnInTwoRoles {
        /// The column.
        column: String,
        /// One role.
        first: &'static str,
        /// The other role.
        second: &'static str,
    },
    /// A categorical column that is neither static nor known-future.
    #[error(
        "column `{column}` is listed as categorical but is neither a static nor a known-future column: list it there too"
    )]
    CategoricalWithoutRole {
        /// The column.
        column: String,
    },
    /// A time format that strftime does not know.
    #[error("`{format}` is not a time format: use strftime codes such as %d/%m/%Y")]
    TimeFormat {
        /// The format.
        format: String,
    },
    /// A count that must be at least one.
    #[error("{setting} must be at least 1, not 0")]
    ZeroSetting {
        /// The setting.
        setting: &'static str,
    },
    /// A row limit that the panel cannot honour.
    #[error("max_panel_rows must lie between 1 and 4294967294, not {rows}")]
    MaxPanelRows {
        /// The limit asked for.
        rows: u64,
    },
    /// No source at all.
    #[error("no data source is given: name a file, a directory or a glob pattern")]
    NoSource,
}

/// Why [`super::ingest`] gave no panel.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The data are at fault: everything that is wrong with them.
    #[error("{}", ProblemList(.0))]
    Problems(Vec<Problem>),
    /// The spec or the options are at fault.
    #[error("the table's description is wrong: {}", Joined(.0))]
    Config(Vec<ConfigError>),
    /// A path or a pattern that matches no table.
    #[error("`{source_name}` {reason}")]
    NoFiles {
        /// The path or pattern, as given.
        source_name: String,
        /// What was found instead.
        reason: String,
    },
    /// A file that cannot be opened or read.
    #[error("cannot read `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A cloud address in a build that cannot reach clouds.
    #[error("`{url}` is a cloud address: build with the cargo feature `cloud`, or copy the file here first")]
    CloudNotBuilt {
        /// The address.
        url: String,
    },
    /// A cloud store that does not answer or refuses.
    #[error("cannot read `{url}`: {message}")]
    Cloud {
        /// The address.
        url: String,
        /// What the store says.
        message: String,
    },
    /// The checked parts did not make a panel: a defect of this library.
    #[error("the checked table does not make a panel")]
    Panel(#[from] forecast_core::panel::PanelError),
}

impl IngestError {
    /// The problems of the data; empty for any other error.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Problems(problems) => problems,
            _ => &[],
        }
    }
}

struct ProblemList<'a>(&'a [Problem]);

impl fmt::Display for ProblemList<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_problems(out, self.0)
    }
}

struct Joined<'a>(&'a [ConfigError]);

impl fmt::Display for Joined<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { "; " };
            write!(out, "{separator}{error}")?;
        }
        Ok(())
    }
}
