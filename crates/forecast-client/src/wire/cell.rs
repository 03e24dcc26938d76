//! Rows of a table, as the request carries them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One cell of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// No value.
    Missing,
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number; one that is not finite cannot be sent.
    Number(f64),
    /// Text; dates and times are written in ISO 8601.
    Text(String),
}

impl From<bool> for Cell {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<i32> for Cell {
    fn from(number: i32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<chrono::NaiveDate> for Cell {
    fn from(date: chrono::NaiveDate) -> Self {
        Self::Text(date.to_string())
    }
}

impl From<chrono::NaiveDateTime> for Cell {
    fn from(time: chrono::NaiveDateTime) -> Self {
        Self::Text(time.format("%Y-%m-%dT%H:%M:%S%.f").to_string())
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Into::into)
    }
}

/// One row of a table: the series' keys, the time, and values by column name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Row(BTreeMap<String, Cell>);

impl Row {
    /// A row without cells.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The row with one cell more, or with another value in it.
    #[must_use]
    pub fn with(mut self, column: impl Into<String>, value: impl Into<Cell>) -> Self {
        self.0.insert(column.into(), value.into());
        self
    }

    /// The value of a column.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&Cell> {
        self.0.get(column)
    }

    /// Whether a number of the row is not finite, which JSON cannot say.
    pub(crate) fn has_unspeakable_number(&self) -> bool {
        self.0.values().any(|cell| matches!(cell, Cell::Number(number) if !number.is_finite()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_plain_json() {
        let date = chrono::NaiveDate::from_ymd_opt(2026, 1, 2).unwrap();
        let row = Row::new()
            .with("date", date)
            .with("at", date.and_hms_opt(3, 4, 5))
            .with("price", 9.5)
            .with("promotion", 1)
            .with("holiday", None::<&str>);
        assert_eq!(
            serde_json::to_string(&row).unwrap(),
            r#"{"at":"2026-01-02T03:04:05","date":"2026-01-02","holiday":null,"price":9.5,"promotion":1}"#
        );
    }
}
