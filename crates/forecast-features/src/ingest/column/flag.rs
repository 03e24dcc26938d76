//! Whether a product could be bought: yes, no or unknown.

use crate::ingest::catalogue::ProblemCode;
use crate::ingest::numbers::parse_flag;
use crate::ingest::reporter::Reporter;

/// The value of an unknown flag.
pub(crate) const UNKNOWN: u8 = 2;

/// One byte per row: 0, 1 or [`UNKNOWN`].
#[derive(Debug, Default)]
pub(crate) struct FlagColumn {
    pub(crate) name: String,
    pub(crate) values: Vec<u8>,
}

impl FlagColumn {
    pub(crate) fn push_text(&mut self, text: &str, reporter: &mut Reporter) {
        if text.is_empty() {
            return self.values.push(UNKNOWN);
        }
        let flag = parse_flag(text).map(u8::from).unwrap_or_else(|| {
            reporter.value(ProblemCode::BadFlag.of(&self.name), self.values.len(), text);
            UNKNOWN
        });
        self.values.push(flag);
    }

    pub(crate) fn push_number(&mut self, number: Option<f64>, reporter: &mut Reporter) {
        let flag = match number {
            Some(0.0) => 0,
            Some(1.0) => 1,
            Some(number) if !number.is_nan() => {
                reporter.value(ProblemCode::BadFlag.of(&self.name), self.values.len(), &number.to_string());
                UNKNOWN
            }
            _ => UNKNOWN,
        };
        self.values.push(flag);
    }
}
