//! What the columns of a sales table are for.
//!
//! A spec is plain data, as written in a configuration file; [`TableSpec::check`] finds everything
//! that is wrong with it, and [`super::ingest`] refuses a spec that does not pass.

use chrono::format::{Item, StrftimeItems};
use serde::{Deserialize, Serialize};

use super::error::ConfigError;

/// The role of every column of a tidy table that is used: one row per series and period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableSpec {
    /// Column with the date or time of a row.
    pub time: String,
    /// Column with the number to forecast.
    pub target: String,
    /// Columns that together name a series. Empty when the table holds one single series.
    #[serde(default)]
    pub series: Vec<String>,
    /// Columns with one value per series, such as a category or a region. A key column may be
    /// listed here as well; it then becomes a categorical feature.
    #[serde(default)]
    pub static_columns: Vec<String>,
    /// Columns known in advance for the days to forecast, such as prices and promotions.
    #[serde(default)]
    pub known_future: Vec<String>,
    /// Static or known-future columns to read as categories although they look like numbers.
    #[serde(default)]
    pub categorical: Vec<String>,
    /// Column that says whether the product could be bought at all (1, true) or not (0, false).
    #[serde(default)]
    pub available: Option<String>,
    /// How text in the time column is written, in strftime notation (`%d/%m/%Y`). Without it,
    /// ISO dates and times, `2024/01/31`, `20240131`, `2024-01` and `2024-Q1` are read.
    #[serde(default)]
    pub time_format: Option<String>,
}

impl TableSpec {
    /// A spec with a time, a target and key columns, and nothing else.
    pub fn new<S: Into<String>>(
        time: impl Into<String>,
        target: impl Into<String>,
        series: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            time: time.into(),
            target: target.into(),
            series: series.into_iter().map(Into::into).collect(),
            static_columns: Vec::new(),
            known_future: Vec::new(),
            categorical: Vec::new(),
            available: None,
            time_format: None,
        }
    }

    /// Everything that is wrong with the spec; empty when it is fine.
    #[must_use]
    pub fn check(&self) -> Vec<ConfigError> {
        let mut errors = Vec::new();
        let mut seen: Vec<(&str, &'static str)> = Vec::new();
        for (column, role) in self.roles() {
            if column.trim().is_empty() {
                errors.push(ConfigError::EmptyColumnName { role });
                continue;
            }
            let taken = seen.iter().find(|(name, other)| *name == column && !may_share(other, role));
            if let Some(&(_, other)) = taken {
                errors.push(ConfigError::ColumnInTwoRoles {
                    column: column.to_owned(),
                    first: other,
                    second: role,
                });
            }
            seen.push((column, role));
        }
        for column in &self.categorical {
            if !self.static_columns.contains(column) && !self.known_future.contains(column) {
                errors.push(ConfigError::CategoricalWithoutRole { column: column.clone() });
            }
        }
        if let Some(format) = &self.time_format
            && (format.is_empty() || StrftimeItems::new(format).any(|item| item == Item::Error))
        {
            errors.push(ConfigError::TimeFormat { format: format.clone() });
        }
        errors
    }

    /// Whether `column` is to be read as categories whatever it looks like.
    pub(super) fn is_categorical(&self, column: &str) -> bool {
        let named = |columns: &[String]| columns.iter().any(|name| name == column);
        named(&self.categorical) || (named(&self.series) && named(&self.static_columns))
    }

    /// The names of all columns in use.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.roles().map(|(column, _)| column)
    }

    /// Every column named by the spec with the name of its role.
    fn roles(&self) -> impl Iterator<Item = (&str, &'static str)> {
        fn many<'a>(
            columns: &'a [String],
            role: &'static str,
        ) -> impl Iterator<Item = (&'a str, &'static str)> {
            columns.iter().map(move |column| (column.as_str(), role))
        }
        [(self.time.as_str(), "time"), (self.target.as_str(), "target")]
            .into_iter()
            .chain(many(&self.series, "series"))
            .chain(many(&self.static_columns, "static"))
            .chain(many(&self.known_future, "known-future"))
            .chain(self.available.iter().map(|column| (column.as_str(), "available")))
    }
}

/// A key may also be a static feature; any other pair of roles contradicts itself.
fn may_share(first: &str, second: &str) -> bool {
    matches!((first, second), ("series", "static") | ("static", "series"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_spec_passes() {
        let mut spec = TableSpec::new("date", "sales", ["store", "item"]);
        spec.static_columns = vec!["store".into(), "region".into()];
        spec.categorical = vec!["region".into()];
        spec.time_format = Some("%d/%m/%Y".into());
        assert_eq!(spec.check(), []);
        assert!(spec.is_categorical("store") && spec.is_categorical("region"));
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let mut spec = TableSpec::new("date", "date", ["store", "store"]);
        spec.known_future = vec![String::new()];
        spec.categorical = vec!["colour".into()];
        spec.time_format = Some("%!".into());
        let messages: Vec<String> = spec.check().iter().map(ToString::to_string).collect();
        assert_eq!(messages.len(), 5, "{messages:?}");
        assert!(messages[0].contains("`date` is both time and target"));
    }

    #[test]
    fn unknown_settings_are_refused() {
        let text = r#"{"time":"date","target":"sales","serie":["store"]}"#;
        assert!(serde_json::from_str::<TableSpec>(text).unwrap_err().to_string().contains("serie"));
    }
}
