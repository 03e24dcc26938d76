//! The key that names one series among many: one value per key column, in the panel's column order.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Values of the series-key columns, for instance `["Paris", "scarf-12"]` for `boutique, product`.
///
/// Keys are text whatever the type of the column was, so that a key read from CSV, from Parquet or
/// from a JSON request compares equal. They sort column by column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SeriesKey(Box<[Box<str>]>);

impl SeriesKey {
    /// A key from its values, in the order of the panel's key columns.
    pub fn new<S: Into<Box<str>>>(values: impl IntoIterator<Item = S>) -> Self {
        Self(values.into_iter().map(Into::into).collect())
    }

    /// The values, one per key column.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// How many key columns the key has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the key has no column at all: a table that holds one single series.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for SeriesKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return out.write_str("(single series)");
        }
        out.write_str(&self.0.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_column_by_column_and_read_like_a_path() {
        let near = SeriesKey::new(["Paris", "bag-2"]);
        let far = SeriesKey::new(["Tokyo", "bag-1"]);
        assert!(near < far);
        assert_eq!(near.to_string(), "Paris/bag-2");
        assert_eq!(near.values().collect::<Vec<_>>(), ["Paris", "bag-2"]);
        assert_eq!(SeriesKey::new(Vec::<String>::new()).to_string(), "(single series)");
    }
}
