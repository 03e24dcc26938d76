//! Notes problems at rows: the ledger and the locator together.

use super::catalogue::ProblemCode;
use super::ledger::Ledger;
use super::locator::Locator;
use super::problem::Place;

/// What columns write their problems to.
#[derive(Debug, Default)]
pub(crate) struct Reporter {
    pub(crate) ledger: Ledger,
    pub(crate) locator: Locator,
}

impl Reporter {
    /// A value that cannot be taken.
    pub(crate) fn value(&mut self, code: ProblemCode, column: &str, row: usize, value: &str) {
        let Self { ledger, locator } = self;
        ledger.note(code, column, || locator.place(row).with_column(column).with_value(value));
    }

    /// A row with something wrong in `column`.
    pub(crate) fn row(&mut self, code: ProblemCode, column: &str, row: usize) {
        self.rows(code, column, 1, row);
    }

    /// `count` rows with something wrong in `column`, the first of them `row`.
    pub(crate) fn rows(&mut self, code: ProblemCode, column: &str, count: u64, row: usize) {
        let Self { ledger, locator } = self;
        ledger.note_many(code, column, count, || {
            let place = locator.place(row);
            if column.is_empty() { place } else { place.with_column(column) }
        });
    }

    /// Where a row stands.
    pub(crate) fn place(&self, row: usize) -> Place {
        self.locator.place(row)
    }
}
