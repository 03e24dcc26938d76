//! The target: a number in every row, or nothing.

use crate::ingest::catalogue::ProblemCode;
use crate::ingest::numbers::{NumberText, parse_number};
use crate::ingest::options::DecimalMark;
use crate::ingest::reporter::Reporter;

/// One 32-bit float per row; NaN where missing or unreadable.
#[derive(Debug, Default)]
pub(crate) struct NumberColumn {
    pub(crate) name: String,
    pub(crate) values: Vec<f32>,
}

impl NumberColumn {
    pub(crate) fn push_text(&mut self, text: &str, decimal: DecimalMark, reporter: &mut Reporter) {
        match parse_number(text, decimal) {
            NumberText::Number(number) => self.push_number(Some(number), reporter),
            NumberText::Missing => self.values.push(f32::NAN),
            NumberText::Bad => {
                reporter.value(ProblemCode::BadNumber.of(&self.name), self.values.len(), text);
                self.values.push(f32::NAN);
            }
        }
    }

    pub(crate) fn push_number(&mut self, number: Option<f64>, reporter: &mut Reporter) {
        let row = self.values.len();
        self.values.push(narrow(number, (&self.name, row), reporter));
    }
}

/// A 64-bit number as a 32-bit one; what does not fit is noted at `(column, row)` and becomes NaN.
pub(crate) fn narrow(number: Option<f64>, at: (&str, usize), reporter: &mut Reporter) -> f32 {
    let Some(number) = number else { return f32::NAN };
    let narrowed = number as f32;
    if narrowed.is_infinite() {
        reporter.value(ProblemCode::InfiniteValue.of(at.0), at.1, &number.to_string());
        return f32::NAN;
    }
    // Minus zero and zero are the same sale.
    narrowed + 0.0
}
