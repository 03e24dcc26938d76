//! Notes problems at rows: the ledger and the locator together.

use super::ledger::{Kind, Ledger};
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
    pub(crate) fn value(&mut self, kind: Kind<'_>, row: usize, value: &str) {
        let Self { ledger, locator } = self;
        ledger.note(kind, || locator.place(row).with_column(kind.column).with_value(value));
    }

    /// A row with something wrong in a column.
    pub(crate) fn row(&mut self, kind: Kind<'_>, row: usize) {
        self.rows(kind, 1, row);
    }

    /// `count` rows with something wrong in a column, the first of them `row`.
    pub(crate) fn rows(&mut self, kind: Kind<'_>, count: u64, row: usize) {
        let Self { ledger, locator } = self;
        ledger.note_many(kind, count, || locator.place(row).with_column(kind.column));
    }

    /// Where a row stands.
    pub(crate) fn place(&self, row: usize) -> Place {
        self.locator.place(row)
    }
}
