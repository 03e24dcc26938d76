//! The time column: a small code per row, and every distinct time once.
//!
//! A table has far fewer distinct times than rows, so that everything about times (parsing, the
//! grid, plausibility) is decided once per distinct time.

use hashbrown::HashMap;

use super::codes::Codes;
use crate::ingest::catalogue::ProblemCode;
use crate::ingest::dictionary::{Dictionary, MISSING};
use crate::ingest::reporter::Reporter;
use crate::ingest::times::{TimeText, from_micros, parse_time, time_label};

/// Codes of texts that are no times; they lie above every real code.
const BAD: u32 = MISSING - 1;
const AMBIGUOUS: u32 = MISSING - 2;

/// One code per row; [`MISSING`] where there is no usable time.
#[derive(Debug, Default)]
pub(crate) struct TimeColumn {
    name: String,
    format: Option<String>,
    pub(crate) codes: Codes,
    /// Distinct times in microseconds since 1970, by code.
    pub(crate) times: Vec<i64>,
    index: HashMap<i64, u32>,
    texts: Dictionary,
    /// What the text of each dictionary code means.
    meanings: Vec<u32>,
}

impl TimeColumn {
    pub(crate) fn new(name: &str, format: Option<&str>) -> Self {
        Self { name: name.to_owned(), format: format.map(str::to_owned), ..Self::default() }
    }

    pub(crate) fn push_text(&mut self, text: &str, reporter: &mut Reporter) {
        let meaning = self.meaning(text);
        self.push_meaning(meaning, text, reporter);
    }

    /// What a text means, to be pushed as often as it occurs.
    pub(crate) fn meaning(&mut self, text: &str) -> u32 {
        let text = text.trim();
        if text.is_empty() {
            return MISSING;
        }
        let position = self.texts.code(text) as usize;
        if position == self.meanings.len() {
            let meaning = match parse_time(text, self.format.as_deref()) {
                TimeText::At(micros) => self.code(micros),
                TimeText::Ambiguous => AMBIGUOUS,
                TimeText::Bad => BAD,
            };
            self.meanings.push(meaning);
        }
        self.meanings[position]
    }

    /// A result of [`TimeColumn::meaning`] with the text that it is the meaning of.
    pub(crate) fn push_meaning(&mut self, meaning: u32, text: &str, reporter: &mut Reporter) {
        let row = self.codes.len();
        match meaning {
            MISSING => reporter.row(ProblemCode::MissingTime.of(&self.name), row),
            BAD => reporter.value(ProblemCode::BadTime.of(&self.name), row, text),
            AMBIGUOUS => reporter.value(ProblemCode::AmbiguousTime.of(&self.name), row, text),
            code => return self.codes.push(code),
        }
        self.codes.push(MISSING);
    }

    /// A typed time, in microseconds since 1970.
    pub(crate) fn push_micros(&mut self, micros: Option<i64>, reporter: &mut Reporter) {
        let row = self.codes.len();
        let Some(micros) = micros else {
            reporter.row(ProblemCode::MissingTime.of(&self.name), row);
            return self.codes.push(MISSING);
        };
        if from_micros(micros).is_none() {
            reporter.value(ProblemCode::BadTime.of(&self.name), row, &format!("{micros} µs"));
            return self.codes.push(MISSING);
        }
        let code = self.code(micros);
        self.codes.push(code);
    }

    /// A typed value that is no time.
    pub(crate) fn push_bad(&mut self, value: &str, reporter: &mut Reporter) {
        self.push_meaning(BAD, value, reporter);
    }

    /// Rows of a file without the column: missing, and noted elsewhere.
    pub(crate) fn push_absent(&mut self, rows: usize) {
        for _ in 0..rows {
            self.codes.push(MISSING);
        }
    }

    /// A time for people.
    pub(crate) fn label(&self, code: u32) -> String {
        let time = self.times.get(code as usize).copied().and_then(from_micros);
        time.map_or_else(String::new, time_label)
    }

    fn code(&mut self, micros: i64) -> u32 {
        let next = self.times.len() as u32;
        let code = *self.index.entry(micros).or_insert(next);
        if code == next {
            self.times.push(micros);
        }
        code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_typed_times_share_their_codes() {
        let mut column = TimeColumn::new("date", None);
        let mut reporter = Reporter::default();
        column.push_text("2024-01-02", &mut reporter);
        column.push_text("20240102", &mut reporter);
        column.push_micros(Some(column.times[0]), &mut reporter);
        column.push_text("2024-02-30", &mut reporter);
        column.push_text("", &mut reporter);
        column.push_text("1/2/2024", &mut reporter);
        assert_eq!(column.codes.iter().collect::<Vec<_>>(), [0, 0, 0, MISSING, MISSING, MISSING]);
        assert_eq!(column.label(0), "2024-01-02");
        for code in [ProblemCode::BadTime, ProblemCode::MissingTime, ProblemCode::AmbiguousTime] {
            assert_eq!(reporter.ledger.count(code), 1);
        }
    }
}
