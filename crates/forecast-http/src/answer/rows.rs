//! The rows of a request by series, and where in the request a row of a part stood.

use std::borrow::Cow;
use std::collections::HashSet;

use forecast_core::SeriesKey;
use forecast_features::ingest::Row;

use super::Rows;
use crate::request::text_of_cell;

/// A list of rows of the request, or a part of one.
pub(super) struct Table<'a> {
    name: &'static str,
    rows: Rows<'a>,
    /// The series of each row; `None` where its key is incomplete.
    keys: Vec<Option<SeriesKey>>,
    /// Where each row stood in the request.
    positions: Vec<usize>,
}

impl<'a> Table<'a> {
    /// All rows of a field.
    pub(super) fn new(name: &'static str, rows: &'a [Row], key_names: &[String]) -> Self {
        let keys = rows.iter().map(|row| key_of(row, key_names)).collect();
        Self { name, rows: Cow::Borrowed(rows), keys, positions: (0..rows.len()).collect() }
    }

    /// The rows whose series is wanted.
    pub(super) fn part(&self, wanted: impl Fn(Option<&SeriesKey>) -> bool) -> Table<'_> {
        let chosen: Vec<usize> =
            (0..self.rows.len()).filter(|row| wanted(self.keys[*row].as_ref())).collect();
        if chosen.len() == self.rows.len() {
            return Table {
                name: self.name,
                rows: Cow::Borrowed(&self.rows),
                keys: self.keys.clone(),
                positions: self.positions.clone(),
            };
        }
        Table {
            name: self.name,
            rows: Cow::Owned(chosen.iter().map(|row| self.rows[*row].clone()).collect()),
            keys: chosen.iter().map(|row| self.keys[*row].clone()).collect(),
            positions: chosen.iter().map(|row| self.positions[*row]).collect(),
        }
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Every series that has a row.
    pub(super) fn series(&self) -> HashSet<&SeriesKey> {
        self.keys.iter().flatten().collect()
    }

    /// The first row of every series that is not among those.
    pub(super) fn strangers<'t>(&'t self, those: &HashSet<&SeriesKey>) -> Vec<(usize, &'t SeriesKey)> {
        let mut seen = HashSet::new();
        let keys = self.keys.iter().enumerate().filter_map(|(row, key)| Some((row, key.as_ref()?)));
        keys.filter(|(_, key)| !those.contains(key) && seen.insert(*key)).collect()
    }

    /// Where a row stood in the request.
    pub(super) fn position(&self, row: usize) -> Option<usize> {
        self.positions.get(row).copied()
    }
}

fn key_of(row: &Row, key_names: &[String]) -> Option<SeriesKey> {
    let parts: Option<Vec<String>> =
        key_names.iter().map(|name| row.get(name).and_then(text_of_cell)).collect();
    parts.map(SeriesKey::new)
}
