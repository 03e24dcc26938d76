//! A covariate column, of which it is not known at first whether it holds numbers or categories.
//!
//! Text is kept as dictionary codes until the whole column has been seen; typed numbers, and text
//! with too many distinct numbers to be anything else, are kept as numbers. Four bytes a row either way.

use std::sync::Arc;

use forecast_core::ColumnKind;

use super::codes::make_room;
use super::infer::{Expect, Inferred, as_numbers, infer};
use super::number::narrow;
use crate::ingest::catalogue::ProblemCode;
use crate::ingest::dictionary::{Dictionary, MISSING};
use crate::ingest::numbers::{NumberText, number_text, parse_number};
use crate::ingest::options::DecimalMark;
use crate::ingest::problem::Place;
use crate::ingest::reporter::Reporter;

/// More distinct texts than this, most of them numbers, are numbers.
const MOST_DISTINCT_NUMBERS: usize = 1 << 16;

/// A column of numbers or categories, one value per row.
#[derive(Debug)]
pub(crate) struct ValueColumn {
    pub(crate) name: String,
    /// Whether the user says that it holds categories.
    categorical: bool,
    decimal: DecimalMark,
    cells: Cells,
}

#[derive(Debug)]
enum Cells {
    /// Codes of texts; `typed` when a file says that the column is text.
    Words { codes: Vec<u32>, dictionary: Dictionary, typed: bool },
    /// Numbers; NaN where missing.
    Numbers(Vec<f32>),
}

/// A column whose meaning has been decided.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) kind: ColumnKind,
    /// One number or category code per row; NaN where missing.
    pub(crate) values: Vec<f32>,
}

impl ValueColumn {
    pub(crate) fn new(name: &str, categorical: bool, decimal: DecimalMark) -> Self {
        let cells = Cells::Words { codes: Vec::new(), dictionary: Dictionary::default(), typed: categorical };
        Self { name: name.to_owned(), categorical, decimal, cells }
    }

    pub(crate) fn len(&self) -> usize {
        match &self.cells {
            Cells::Words { codes, .. } => codes.len(),
            Cells::Numbers(values) => values.len(),
        }
    }

    pub(crate) fn reserve(&mut self, rows: usize) {
        match &mut self.cells {
            Cells::Words { codes, .. } => make_room(codes, rows),
            Cells::Numbers(values) => make_room(values, rows),
        }
    }

    /// `rows` missing values.
    pub(crate) fn push_missing(&mut self, rows: usize) {
        let length = self.len() + rows;
        match &mut self.cells {
            Cells::Words { codes, .. } => codes.resize(length, MISSING),
            Cells::Numbers(values) => values.resize(length, f32::NAN),
        }
    }

    /// Text of a format without types.
    pub(crate) fn push_text(&mut self, text: &str, reporter: &mut Reporter) {
        match &mut self.cells {
            Cells::Words { codes, dictionary, typed } => {
                codes.push(if text.is_empty() { MISSING } else { dictionary.code(text) });
                if !*typed && dictionary.len() > MOST_DISTINCT_NUMBERS {
                    self.settle(reporter);
                }
            }
            Cells::Numbers(values) => {
                let row = values.len();
                let number = match parse_number(text, self.decimal) {
                    NumberText::Number(number) => Some(number),
                    NumberText::Missing => None,
                    NumberText::Bad => {
                        reporter.value(ProblemCode::BadNumber.of(&self.name), row, text);
                        None
                    }
                };
                values.push(narrow(number, (&self.name, row), reporter));
            }
        }
    }

    /// The code of a text that a file declares to be text, for [`ValueColumn::push_code`].
    /// `None` when the column already holds numbers.
    pub(crate) fn typed_code(&mut self, text: &str) -> Option<u32> {
        match &mut self.cells {
            Cells::Words { dictionary, typed, .. } => {
                *typed = true;
                Some(if text.is_empty() { MISSING } else { dictionary.code(text) })
            }
            Cells::Numbers(_) => None,
        }
    }

    /// A row with a code of [`ValueColumn::typed_code`]; `None` is text among numbers.
    pub(crate) fn push_code(&mut self, code: Option<u32>, reporter: &mut Reporter) {
        match (&mut self.cells, code) {
            (Cells::Words { codes, .. }, Some(code)) => codes.push(code),
            _ => {
                reporter.row(ProblemCode::MixedTypes.of(&self.name), self.len());
                self.push_missing(1);
            }
        }
    }

    /// A typed number.
    pub(crate) fn push_number(&mut self, number: Option<f64>, reporter: &mut Reporter) {
        let number = number.filter(|number| !number.is_nan());
        if self.categorical {
            return match number {
                Some(number) => self.push_text(&number_text(number), reporter),
                None => self.push_missing(1),
            };
        }
        if let Cells::Words { typed, dictionary, .. } = &self.cells {
            if *typed && dictionary.len() > 0 {
                if number.is_some() {
                    reporter.row(ProblemCode::MixedTypes.of(&self.name), self.len());
                }
                return self.push_missing(1);
            }
            self.make_numbers(reporter);
        }
        if let Cells::Numbers(values) = &mut self.cells {
            let row = values.len();
            values.push(narrow(number, (&self.name, row), reporter));
        }
    }

    /// Decides what the column is. Levels are the categories of the first `history` rows, sorted,
    /// unless `expect` brings the levels of a trained model; any other category is noted and NaN.
    pub(crate) fn resolve(mut self, history: usize, expect: Expect<'_>, reporter: &mut Reporter) -> Resolved {
        match expect {
            Expect::Kind(ColumnKind::Numeric) => self.make_numbers(reporter),
            Expect::Kind(ColumnKind::Categorical { .. }) | Expect::Categories => {}
            Expect::Anything => self.settle(reporter),
        }
        let given = match expect {
            Expect::Kind(ColumnKind::Categorical { levels }) => Some(Arc::clone(levels)),
            _ => None,
        };
        match self.cells {
            Cells::Numbers(values) if given.is_none() => Resolved { kind: ColumnKind::Numeric, values },
            Cells::Numbers(values) => {
                // Numbers where a model learnt categories: `7` may well be the level "7".
                let mut words = Self::new(&self.name, true, self.decimal);
                for value in values {
                    words.push_number(Some(f64::from(value)), reporter);
                }
                words.resolve(history, expect, reporter)
            }
            Cells::Words { codes, dictionary, .. } => {
                let levels = given.unwrap_or_else(|| used_levels(&codes[..history], &dictionary));
                note_many_levels(&self.name, &levels, reporter);
                let unseen =
                    |row, text: &str| reporter.value(ProblemCode::UnseenLevel.of(&self.name), row, text);
                let values = to_levels(codes, &dictionary, &levels, unseen);
                Resolved { kind: ColumnKind::Categorical { levels }, values }
            }
        }
    }

    /// Turns words into numbers when that is what most of them are.
    fn settle(&mut self, reporter: &mut Reporter) {
        let Cells::Words { codes, dictionary, typed: false } = &mut self.cells else { return };
        let weights = weights(codes, dictionary.len());
        match infer(dictionary, &weights, self.decimal) {
            numbers @ Inferred::Numbers { .. } => self.replace_words(numbers, reporter),
            Inferred::Categories => {
                if let Cells::Words { typed, .. } = &mut self.cells {
                    *typed = true;
                }
            }
        }
    }

    fn make_numbers(&mut self, reporter: &mut Reporter) {
        if let Cells::Words { dictionary, .. } = &self.cells {
            let numbers = as_numbers(dictionary, self.decimal);
            self.replace_words(numbers, reporter);
        }
    }

    fn replace_words(&mut self, numbers: Inferred, reporter: &mut Reporter) {
        let Inferred::Numbers { values, bad } = numbers else { return };
        let Cells::Words { codes, dictionary, .. } = &mut self.cells else { return };
        if !bad.is_empty() {
            for (row, code) in codes.iter().enumerate().filter(|(_, code)| bad.binary_search(code).is_ok()) {
                reporter.value(ProblemCode::BadNumber.of(&self.name), row, dictionary.text(*code));
            }
        }
        if values.iter().any(|value| value.is_finite() != (*value as f32).is_finite() || value.is_infinite())
        {
            for (row, code) in codes.iter().enumerate() {
                narrow(values.get(*code as usize).copied(), (&self.name, row), reporter);
            }
        }
        let narrowed: Vec<f32> = values
            .iter()
            .map(|&value| if (value as f32).is_finite() { value as f32 + 0.0 } else { f32::NAN })
            .collect();
        let value = |code: u32| narrowed.get(code as usize).copied().unwrap_or(f32::NAN);
        // Same size and alignment: the allocation is used again.
        let numbers = std::mem::take(codes).into_iter().map(value).collect();
        self.cells = Cells::Numbers(numbers);
    }
}

/// A column with more categories than this is probably something else.
const MANY_LEVELS: usize = 1000;

pub(super) fn note_many_levels(column: &str, levels: &[String], reporter: &mut Reporter) {
    if levels.len() > MANY_LEVELS {
        let place = || Place::noted(format!("{} categories", levels.len()));
        reporter.ledger.note(ProblemCode::ManyLevels.of(column), place);
    }
}

/// How many rows have each code.
fn weights(codes: &[u32], distinct: usize) -> Vec<u64> {
    let mut weights = vec![0; distinct];
    for &code in codes.iter().filter(|code| **code != MISSING) {
        weights[code as usize] += 1;
    }
    weights
}

/// The texts that occur, sorted.
fn used_levels(codes: &[u32], dictionary: &Dictionary) -> Arc<[String]> {
    let used = weights(codes, dictionary.len());
    let mut levels: Vec<String> = dictionary
        .texts()
        .iter()
        .zip(used)
        .filter(|(_, rows)| *rows > 0)
        .map(|(text, _)| text.to_string())
        .collect();
    levels.sort_unstable();
    levels.into()
}

/// Dictionary codes to positions among `levels`; `unseen` hears of every other text and its position.
pub(super) fn to_levels(
    codes: Vec<u32>,
    dictionary: &Dictionary,
    levels: &[String],
    mut unseen: impl FnMut(usize, &str),
) -> Vec<f32> {
    let level = |text: &str| levels.binary_search_by(|level| level.as_str().cmp(text)).ok();
    let by_code: Vec<f32> =
        dictionary.texts().iter().map(|text| level(text).map_or(f32::NAN, |code| code as f32)).collect();
    if by_code.iter().any(|code| code.is_nan()) {
        for (position, &code) in codes.iter().enumerate() {
            if by_code.get(code as usize).is_some_and(|level| level.is_nan()) {
                unseen(position, dictionary.text(code));
            }
        }
    }
    codes.into_iter().map(|code| by_code.get(code as usize).copied().unwrap_or(f32::NAN)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(texts: &[&str]) -> (ValueColumn, Reporter) {
        let mut reporter = Reporter::default();
        let mut column = ValueColumn::new("promo", false, DecimalMark::Point);
        for text in texts {
            column.push_text(text, &mut reporter);
        }
        (column, reporter)
    }

    #[test]
    fn levels_are_the_sorted_categories_of_the_history() {
        let (column, mut reporter) = column(&["sale", "gift", "", "sale", "new"]);
        let resolved = column.resolve(4, Expect::Anything, &mut reporter);
        let ColumnKind::Categorical { levels } = resolved.kind else { panic!("numbers") };
        assert_eq!(*levels, ["gift", "sale"]);
        assert_eq!(resolved.values[..2], [1.0, 0.0]);
        assert!(resolved.values[2].is_nan() && resolved.values[4].is_nan());
        assert_eq!(reporter.ledger.count(ProblemCode::UnseenLevel), 1);
    }

    #[test]
    fn numbers_meet_the_levels_of_a_trained_model() {
        let kind = ColumnKind::Categorical { levels: vec!["7".to_owned(), "x".to_owned()].into() };
        let mut reporter = Reporter::default();
        let mut column = ValueColumn::new("size", false, DecimalMark::Point);
        column.push_number(Some(7.0), &mut reporter);
        assert_eq!(column.resolve(1, Expect::Kind(&kind), &mut reporter).values, [0.0]);
    }

    #[test]
    fn text_where_a_model_learnt_numbers_is_a_problem() {
        let (column, mut reporter) = column(&["1.5", "cheap"]);
        let resolved = column.resolve(2, Expect::Kind(&ColumnKind::Numeric), &mut reporter);
        assert_eq!(resolved.values[0], 1.5);
        assert_eq!(reporter.ledger.count(ProblemCode::BadNumber), 1);
    }

    #[test]
    fn many_distinct_numbers_are_numbers_for_good() {
        let texts: Vec<String> = (0..70_000).map(|number| number.to_string()).collect();
        let (mut column, mut reporter) = column(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(matches!(column.cells, Cells::Numbers(_)));
        column.push_text("oops", &mut reporter);
        assert_eq!(reporter.ledger.count(ProblemCode::BadNumber), 1);
        assert_eq!(column.resolve(70_001, Expect::Anything, &mut reporter).values[69_999], 69_999.0);
    }

    #[test]
    fn typed_text_and_typed_numbers_do_not_mix() {
        let mut reporter = Reporter::default();
        let mut column = ValueColumn::new("size", false, DecimalMark::Point);
        let code = column.typed_code("38");
        column.push_code(code, &mut reporter);
        column.push_number(Some(39.0), &mut reporter);
        assert_eq!(reporter.ledger.count(ProblemCode::MixedTypes), 1);
        assert!(column.resolve(2, Expect::Anything, &mut reporter).kind.is_categorical());
    }
}
