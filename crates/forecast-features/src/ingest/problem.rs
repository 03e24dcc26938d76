//! One thing that is wrong, or worth knowing, about a table: what, how often, where first, what to do.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::catalogue::ProblemCode;

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know; nothing to do.
    Info,
    /// The panel was made, but somebody should look.
    Warning,
    /// No panel is made.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// Where in the data something is, as far as it applies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// File as the caller named it, or the name of a list of rows (`history`, `future`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line of a text file, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Row of a Parquet file, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// Position in a list of rows, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// Column name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The value found there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The series, key values joined by `/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// The date or time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Anything else that helps to find it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Place {
    /// A place of which only the remark is known.
    pub(super) fn noted(note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..Self::default() }
    }

    /// A place that is a whole file.
    pub(super) fn file(name: impl Into<String>) -> Self {
        Self { file: Some(name.into()), ..Self::default() }
    }

    pub(super) fn with_column(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }

    pub(super) fn with_value(mut self, value: impl fmt::Display) -> Self {
        self.value = Some(shortened(&value.to_string()));
        self
    }

    pub(super) fn with_series(mut self, series: impl fmt::Display) -> Self {
        self.series = Some(series.to_string());
        self
    }

    pub(super) fn with_date(mut self, date: impl Into<String>) -> Self {
        self.date = Some(date.into());
        self
    }

    pub(super) fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Only the row, for remarks such as "first seen at …".
    pub(super) fn row_text(&self) -> String {
        let file = self.file.as_deref().unwrap_or("the data");
        match (self.line, self.row, self.index) {
            (Some(line), _, _) => format!("{file} line {line}"),
            (_, Some(row), _) => format!("{file} row {row}"),
            (_, _, Some(index)) => format!("{file}[{index}]"),
            _ => file.to_owned(),
        }
    }
}

/// Long values are cut: a message is for reading.
fn shortened(value: &str) -> String {
    const MOST_CHARACTERS: usize = 60;
    if value.chars().count() <= MOST_CHARACTERS {
        return value.to_owned();
    }
    value.chars().take(MOST_CHARACTERS).chain(['…']).collect()
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if self.file.is_some() {
            parts.push(self.row_text());
        }
        parts.extend(self.series.as_ref().map(|series| format!("series `{series}`")));
        parts.extend(self.date.clone());
        match (&self.column, &self.value) {
            (Some(column), Some(value)) => parts.push(format!("`{column}` = `{value}`")),
            (Some(column), None) => parts.push(format!("column `{column}`")),
            (None, Some(value)) => parts.push(format!("`{value}`")),
            (None, None) => {}
        }
        parts.extend(self.note.clone());
        out.write_str(&parts.join(", "))
    }
}

/// One kind of trouble with all its occurrences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Whether it prevents a panel.
    pub severity: Severity,
    /// Stable name of the kind.
    pub code: ProblemCode,
    /// How often it occurs: rows, values, series or files, as the message says.
    pub count: u64,
    /// What is wrong, in one sentence about one occurrence.
    pub message: String,
    /// The first occurrence, in file order.
    pub example: Place,
    /// What to change.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = match self.count {
            1 => "once".to_owned(),
            count => format!("{count} times"),
        };
        write!(out, "{} ({times}): {}", self.code, self.message)?;
        let example = self.example.to_string();
        if !example.is_empty() {
            write!(out, "\n   first: {example}")?;
        }
        write!(out, "\n   remedy: {}", self.remedy)
    }
}

/// A numbered list for people.
pub(super) fn write_problems(out: &mut fmt::Formatter<'_>, problems: &[Problem]) -> fmt::Result {
    match problems.len() {
        1 => out.write_str("the data have 1 problem:")?,
        count => write!(out, "the data have {count} problems:")?,
    }
    for (position, problem) in problems.iter().enumerate() {
        write!(out, "\n{}. {problem}", position + 1)?;
    }
    Ok(())
}
