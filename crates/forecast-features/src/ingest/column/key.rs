//! Key columns, and the numbering of series: every distinct combination of keys gets an id.

use forecast_core::SeriesKey;
use hashbrown::HashMap;

use crate::ingest::catalogue::ProblemCode;
use crate::ingest::dictionary::{Dictionary, MISSING};
use crate::ingest::reporter::Reporter;

/// Key texts by column, and series ids in order of first appearance.
///
/// Ids are found column by column: `(id of the columns before, code of this column)` has an id of
/// its own, so that any number of key columns costs one small look-up each.
#[derive(Debug)]
pub(crate) struct KeyIndex {
    columns: Vec<KeyColumn>,
    /// Key codes of every series, `columns.len()` per series.
    parts: Vec<u32>,
    series: usize,
    /// Rows that have their series id.
    rows_done: usize,
}

#[derive(Debug)]
struct KeyColumn {
    name: String,
    dictionary: Dictionary,
    /// Codes of the rows since the last call of [`KeyIndex::finish_rows`].
    pending: Vec<u32>,
    prefixes: HashMap<(u32, u32), u32>,
    last: ((u32, u32), u32),
}

impl KeyIndex {
    pub(crate) fn new(names: &[String]) -> Self {
        let column = |name: &String| KeyColumn {
            name: name.clone(),
            dictionary: Dictionary::default(),
            pending: Vec::new(),
            prefixes: HashMap::new(),
            last: ((MISSING, MISSING), MISSING),
        };
        Self { columns: names.iter().map(column).collect(), parts: Vec::new(), series: 0, rows_done: 0 }
    }

    /// A text of key column `column` in its next row.
    pub(crate) fn push_text(&mut self, column: usize, text: &str, reporter: &mut Reporter) {
        let code = self.code(column, text);
        self.push_code(column, code, reporter);
    }

    /// A code made by [`KeyIndex::code`].
    pub(crate) fn push_code(&mut self, column: usize, code: u32, reporter: &mut Reporter) {
        let column = &mut self.columns[column];
        let row = self.rows_done + column.pending.len();
        if code == MISSING {
            reporter.row(ProblemCode::MissingKey.of(&column.name), row);
        }
        column.pending.push(code);
    }

    /// The code of a text; missing when it is blank.
    pub(crate) fn code(&mut self, column: usize, text: &str) -> u32 {
        match text.trim() {
            "" => MISSING,
            text => self.columns[column].dictionary.code(text),
        }
    }

    /// Rows of a file that has no such column: missing, and noted elsewhere.
    pub(crate) fn push_absent(&mut self, column: usize, rows: usize) {
        let pending = &mut self.columns[column].pending;
        pending.resize(pending.len() + rows, MISSING);
    }

    /// Appends the series ids of the `rows` pending rows; [`MISSING`] where a key is missing.
    pub(crate) fn finish_rows(&mut self, rows: usize, ids: &mut Vec<u32>) {
        self.rows_done += rows;
        if self.columns.is_empty() {
            self.series = 1;
            return ids.resize(ids.len() + rows, 0);
        }
        for row in 0..rows {
            ids.push(self.series_of(row));
        }
        for column in &mut self.columns {
            column.pending.clear();
        }
    }

    /// How many series have been seen.
    pub(crate) fn len(&self) -> usize {
        self.series
    }

    /// The key of a series.
    pub(crate) fn key(&self, id: u32) -> SeriesKey {
        let width = self.columns.len();
        let parts = &self.parts[id as usize * width..(id as usize + 1) * width];
        SeriesKey::new(self.columns.iter().zip(parts).map(|(column, &code)| column.dictionary.text(code)))
    }

    fn series_of(&mut self, row: usize) -> u32 {
        if self.columns.iter().any(|column| column.pending[row] == MISSING) {
            return MISSING;
        }
        let mut prefix = 0;
        let mut known = self.series;
        for column in &mut self.columns {
            let pair = (prefix, column.pending[row]);
            if column.last.0 != pair {
                let next = column.prefixes.len() as u32;
                column.last = (pair, *column.prefixes.entry(pair).or_insert(next));
            }
            prefix = column.last.1;
            known = column.prefixes.len();
        }
        if known > self.series {
            self.series = known;
            self.parts.extend(self.columns.iter().map(|column| column.pending[row]));
        }
        prefix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_of_keys_is_one_series() {
        let mut keys = KeyIndex::new(&["store".to_owned(), "item".to_owned()]);
        let mut reporter = Reporter::default();
        let rows = [("a", "1"), ("a", "2"), ("b", "1"), ("a", "1"), ("", "1")];
        for (store, item) in rows {
            keys.push_text(0, store, &mut reporter);
            keys.push_text(1, item, &mut reporter);
        }
        let mut ids = Vec::new();
        keys.finish_rows(rows.len(), &mut ids);
        assert_eq!(ids, [0, 1, 2, 0, MISSING]);
        assert_eq!(keys.key(2), SeriesKey::new(["b", "1"]));
        assert_eq!((keys.len(), reporter.ledger.count(ProblemCode::MissingKey)), (3, 1));
    }

    #[test]
    fn a_table_without_keys_is_one_series() {
        let mut keys = KeyIndex::new(&[]);
        let mut ids = Vec::new();
        keys.finish_rows(3, &mut ids);
        assert_eq!((ids, keys.len(), keys.key(0).len()), (vec![0, 0, 0], 1, 0));
    }
}
