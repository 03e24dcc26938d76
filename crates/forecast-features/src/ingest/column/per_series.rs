//! A static column: one value per series, checked to be the same in every row.

use std::sync::Arc;

use forecast_core::{ColumnKind, StaticColumn};

use super::infer::{Expect, Inferred, as_numbers, infer};
use super::value::{note_many_levels, to_levels};
use crate::ingest::catalogue::ProblemCode;
use crate::ingest::dictionary::{Dictionary, MISSING};
use crate::ingest::numbers::number_text;
use crate::ingest::options::DecimalMark;
use crate::ingest::reporter::Reporter;

/// The value of every series, as the code of its text.
#[derive(Debug)]
pub(crate) struct StaticCells {
    pub(crate) name: String,
    dictionary: Dictionary,
    /// Whether the values are categories because the user or a file says so.
    typed: bool,
    decimal: DecimalMark,
    /// Codes of the rows since the last call of [`StaticCells::finish_rows`].
    pending: Vec<u32>,
    by_series: Vec<u32>,
    /// The row in which the value of each series was first seen.
    seen_at: Vec<u32>,
}

impl StaticCells {
    pub(crate) fn new(name: &str, categorical: bool, decimal: DecimalMark) -> Self {
        Self {
            name: name.to_owned(),
            dictionary: Dictionary::default(),
            typed: categorical,
            decimal,
            pending: Vec::new(),
            by_series: Vec::new(),
            seen_at: Vec::new(),
        }
    }

    pub(crate) fn push_text(&mut self, text: &str) {
        let code = if text.is_empty() { MISSING } else { self.dictionary.code(text) };
        self.pending.push(code);
    }

    /// The code of a text that a file declares to be text, for [`StaticCells::push_code`].
    pub(crate) fn typed_code(&mut self, text: &str) -> u32 {
        self.typed = true;
        if text.is_empty() { MISSING } else { self.dictionary.code(text) }
    }

    pub(crate) fn push_code(&mut self, code: u32) {
        self.pending.push(code);
    }

    pub(crate) fn push_number(&mut self, number: Option<f64>) {
        match number.filter(|number| !number.is_nan()) {
            Some(number) => self.push_text(&number_text(number)),
            None => self.pending.push(MISSING),
        }
    }

    /// Rows of a file without the column.
    pub(crate) fn push_missing(&mut self, rows: usize) {
        self.pending.resize(self.pending.len() + rows, MISSING);
    }

    /// Compares the pending rows with what is known of their series; `first_row` is the number of
    /// the first of them.
    pub(crate) fn finish_rows(&mut self, series: &[u32], first_row: usize, reporter: &mut Reporter) {
        for (offset, (&id, &code)) in series.iter().zip(&self.pending).enumerate() {
            if id == MISSING || code == MISSING {
                continue;
            }
            let position = id as usize;
            if position >= self.by_series.len() {
                self.by_series.resize(position + 1, MISSING);
                self.seen_at.resize(position + 1, MISSING);
            }
            let known = self.by_series[position];
            if known == MISSING {
                self.by_series[position] = code;
                self.seen_at[position] = (first_row + offset) as u32;
            } else if known != code {
                let before = reporter.place(self.seen_at[position] as usize).row_text();
                let note = format!("but `{}` at {before}", self.dictionary.text(known));
                let Reporter { ledger, locator } = &mut *reporter;
                ledger.note(ProblemCode::StaticChanges.of(&self.name), || {
                    let place = locator.place(first_row + offset).with_column(&self.name);
                    place.with_value(self.dictionary.text(code)).with_note(note)
                });
            }
        }
        self.pending.clear();
    }

    /// The column for the series `order`, which lists series ids in panel order.
    pub(crate) fn resolve(self, order: &[u32], expect: Expect<'_>, reporter: &mut Reporter) -> StaticColumn {
        let codes: Vec<u32> =
            order.iter().map(|&id| self.by_series.get(id as usize).copied().unwrap_or(MISSING)).collect();
        let mut weights = vec![0; self.dictionary.len()];
        for &code in codes.iter().filter(|code| **code != MISSING) {
            weights[code as usize] += 1;
        }
        let inferred = match expect {
            Expect::Kind(ColumnKind::Numeric) => as_numbers(&self.dictionary, self.decimal),
            Expect::Kind(ColumnKind::Categorical { .. }) | Expect::Categories => Inferred::Categories,
            Expect::Anything if self.typed => Inferred::Categories,
            Expect::Anything => infer(&self.dictionary, &weights, self.decimal),
        };
        match inferred {
            Inferred::Numbers { values, bad } => {
                self.note_bad(&bad, reporter);
                let value = |code: &u32| values.get(*code as usize).map_or(f32::NAN, |value| *value as f32);
                let values = codes.iter().map(value).collect();
                StaticColumn { name: self.name, kind: ColumnKind::Numeric, values }
            }
            Inferred::Categories => {
                let levels = match expect {
                    Expect::Kind(ColumnKind::Categorical { levels }) => Arc::clone(levels),
                    _ => self.levels(&weights),
                };
                note_many_levels(&self.name, &levels, reporter);
                let unseen = |position: usize, text: &str| {
                    let row = order.get(position).and_then(|&id| self.seen_at.get(id as usize));
                    let row = row.copied().unwrap_or_default() as usize;
                    reporter.value(ProblemCode::UnseenLevel.of(&self.name), row, text);
                };
                let values = to_levels(codes, &self.dictionary, &levels, unseen).into();
                StaticColumn { name: self.name, kind: ColumnKind::Categorical { levels }, values }
            }
        }
    }

    fn note_bad(&self, bad: &[u32], reporter: &mut Reporter) {
        for (&code, &row) in self.by_series.iter().zip(&self.seen_at).filter(|(code, _)| bad.contains(code)) {
            reporter.value(ProblemCode::BadNumber.of(&self.name), row as usize, self.dictionary.text(code));
        }
    }

    fn levels(&self, weights: &[u64]) -> Arc<[String]> {
        let texts = self.dictionary.texts().iter().zip(weights).filter(|(_, count)| **count > 0);
        let mut levels: Vec<String> = texts.map(|(text, _)| text.to_string()).collect();
        levels.sort_unstable();
        levels.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_changes_is_noted_and_a_missing_one_is_not() {
        let mut reporter = Reporter::default();
        let mut cells = StaticCells::new("region", false, DecimalMark::Point);
        for text in ["north", "", "south", "north"] {
            cells.push_text(text);
        }
        cells.finish_rows(&[0, 0, 0, 1], 0, &mut reporter);
        assert_eq!(reporter.ledger.count(ProblemCode::StaticChanges), 1);
        let column = cells.resolve(&[1, 0, 2], Expect::Anything, &mut reporter);
        assert_eq!(column.kind, ColumnKind::Categorical { levels: vec!["north".to_owned()].into() });
        assert_eq!(column.values[..2], [0.0, 0.0]);
        assert!(column.values[2].is_nan());
    }

    #[test]
    fn numbers_stay_numbers_unless_a_file_calls_them_text() {
        let mut reporter = Reporter::default();
        let mut cells = StaticCells::new("size", false, DecimalMark::Point);
        cells.push_number(Some(12.0));
        cells.finish_rows(&[0], 0, &mut reporter);
        assert_eq!(*cells.resolve(&[0], Expect::Anything, &mut reporter).values, [12.0]);

        let mut cells = StaticCells::new("size", false, DecimalMark::Point);
        let code = cells.typed_code("12");
        cells.push_code(code);
        cells.finish_rows(&[0], 0, &mut reporter);
        assert!(cells.resolve(&[0], Expect::Anything, &mut reporter).kind.is_categorical());
    }
}
