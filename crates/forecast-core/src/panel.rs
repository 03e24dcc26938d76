//! Many series on one time grid, in contiguous columns, with ragged starts.
//!
//! Rows of a series are consecutive periods: the builder's input has no gaps, a missing value is a
//! NaN. Covariates that are known in advance may run on beyond the last target row, into the future.
//! The columns are shared, so that [`Panel::until`], which a backtest calls once a window, copies
//! nothing but one length per series.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Frequency, Period, SeriesKey};

mod build;

pub use build::{PanelBuilder, PanelError, SeriesSpan};

/// What the numbers of a column mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Ordinary numbers; NaN where missing.
    Numeric,
    /// Codes: the value `c` stands for `levels[c]`; NaN where missing.
    Categorical {
        /// The category names, in code order.
        levels: Arc<[String]>,
    },
}

impl ColumnKind {
    /// Whether the numbers are category codes.
    #[must_use]
    pub fn is_categorical(&self) -> bool {
        matches!(self, Self::Categorical { .. })
    }
}

/// A column with one value per series and period, known over the history and perhaps beyond it.
#[derive(Clone, Debug, PartialEq)]
pub struct Covariate {
    /// Column name.
    pub name: String,
    /// Meaning of the values.
    pub kind: ColumnKind,
    /// All series one after the other, in rows of the panel's covariate layout.
    pub values: Arc<[f32]>,
}

/// A column with one value per series.
#[derive(Clone, Debug, PartialEq)]
pub struct StaticColumn {
    /// Column name.
    pub name: String,
    /// Meaning of the values.
    pub kind: ColumnKind,
    /// One value per series.
    pub values: Arc<[f32]>,
}

/// Many series of one target on one time grid. Series are sorted by key.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    frequency: Frequency,
    target_name: String,
    key_names: Arc<[String]>,
    keys: Arc<[SeriesKey]>,
    starts: Arc<[Period]>,
    /// Where the target rows of each series begin; one more than there are series.
    offsets: Arc<[usize]>,
    /// How many target rows of each series count as history.
    lengths: Arc<[usize]>,
    target: Arc<[f32]>,
    available: Option<Arc<[bool]>>,
    /// Where the covariate rows of each series begin; one more than there are series.
    covariate_offsets: Arc<[usize]>,
    covariates: Vec<Covariate>,
    statics: Vec<StaticColumn>,
}

impl Panel {
    /// The spacing of all series.
    #[must_use]
    pub fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// Name of the target column.
    #[must_use]
    pub fn target_name(&self) -> &str {
        &self.target_name
    }

    /// Names of the key columns.
    #[must_use]
    pub fn key_names(&self) -> &[String] {
        &self.key_names
    }

    /// The series keys, sorted.
    #[must_use]
    pub fn keys(&self) -> &[SeriesKey] {
        &self.keys
    }

    /// Number of series.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no series at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Number of target rows over all series.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.lengths.iter().sum()
    }

    /// Position of `key` among the series.
    #[must_use]
    pub fn position(&self, key: &SeriesKey) -> Option<usize> {
        self.keys.binary_search(key).ok()
    }

    /// Names, kinds and values of the covariates, in column order.
    #[must_use]
    pub fn covariates(&self) -> &[Covariate] {
        &self.covariates
    }

    /// Names, kinds and values of the static columns, in column order.
    #[must_use]
    pub fn statics(&self) -> &[StaticColumn] {
        &self.statics
    }

    /// Whether the panel says which rows were in stock.
    #[must_use]
    pub fn has_availability(&self) -> bool {
        self.available.is_some()
    }

    /// One series.
    ///
    /// # Panics
    /// When `index` is not below [`Panel::len`], as slice indexing does.
    #[must_use]
    pub fn series(&self, index: usize) -> SeriesView<'_> {
        SeriesView { panel: self, index }
    }

    /// All series in key order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = SeriesView<'_>> {
        (0..self.len()).map(|index| self.series(index))
    }

    /// First and last period with a target row, over all series; `None` without any row.
    #[must_use]
    pub fn span(&self) -> Option<(Period, Period)> {
        let filled = || self.iter().filter(|series| !series.is_empty());
        let first = filled().map(|series| series.start()).min()?;
        let last = filled().map(|series| series.next_period().plus(-1)).max()?;
        Some((first, last))
    }

    /// The same panel as it was known at the end of period `origin`: later target rows are gone,
    /// covariates stay. Series keep their positions; one that began later has no rows.
    #[must_use]
    pub fn until(&self, origin: Period) -> Self {
        let lengths = self
            .starts
            .iter()
            .zip(self.lengths.iter())
            .map(|(start, &length)| {
                let known = i64::from(origin.0) - i64::from(start.0) + 1;
                length.min(usize::try_from(known).unwrap_or(0))
            })
            .collect();
        Self { lengths, ..self.clone() }
    }
}

/// One series of a [`Panel`].
#[derive(Clone, Copy, Debug)]
pub struct SeriesView<'a> {
    panel: &'a Panel,
    index: usize,
}

impl<'a> SeriesView<'a> {
    /// Position among the panel's series.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &'a SeriesKey {
        &self.panel.keys[self.index]
    }

    /// Period of the first target row.
    #[must_use]
    pub fn start(&self) -> Period {
        self.panel.starts[self.index]
    }

    /// Number of target rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.panel.lengths[self.index]
    }

    /// Whether there is no target row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The period after the last target row: where a forecast begins.
    #[must_use]
    pub fn next_period(&self) -> Period {
        self.start().plus(self.len() as i32)
    }

    /// Target values, oldest first; NaN where missing.
    #[must_use]
    pub fn target(&self) -> &'a [f32] {
        let from = self.panel.offsets[self.index];
        &self.panel.target[from..from + self.len()]
    }

    /// Target values, oldest first, as models and backtests count them: NaN where missing or out of
    /// stock, since what could not be bought says nothing about demand.
    #[must_use]
    pub fn known_target(&self) -> Cow<'a, [f32]> {
        let target = self.target();
        match self.available() {
            Some(available) if available.contains(&false) => {
                let seen = |(&value, &stocked): (&f32, &bool)| if stocked { value } else { f32::NAN };
                target.iter().zip(available).map(seen).collect()
            }
            _ => Cow::Borrowed(target),
        }
    }

    /// The actuals that a backtest compares with: as [`SeriesView::known_target`], from `period` on, one
    /// per step, and NaN before and beyond the data. Rows beyond [`Panel::until`]'s origin are included.
    #[must_use]
    pub fn actuals_from(&self, period: Period, steps: usize) -> Vec<f32> {
        let (from, to) = (self.panel.offsets[self.index], self.panel.offsets[self.index + 1]);
        let skipped = i64::from(period.0) - i64::from(self.start().0);
        let value = |step: usize| {
            let row =
                from.checked_add(usize::try_from(skipped + step as i64).ok()?).filter(|&row| row < to)?;
            let stocked = self.panel.available.as_ref().is_none_or(|flags| flags[row]);
            stocked.then(|| self.panel.target[row])
        };
        (0..steps).map(|step| value(step).unwrap_or(f32::NAN)).collect()
    }

    /// Whether each target row was in stock; `None` when the panel does not say.
    #[must_use]
    pub fn available(&self) -> Option<&'a [bool]> {
        let from = self.panel.offsets[self.index];
        self.panel.available.as_ref().map(|flags| &flags[from..from + self.len()])
    }

    /// Number of covariate rows, counted from the first target row, future ones included.
    #[must_use]
    pub fn covariate_len(&self) -> usize {
        self.panel.covariate_offsets[self.index + 1] - self.panel.covariate_offsets[self.index]
    }

    /// Values of the covariate at position `column`, from the period of the first target row on.
    ///
    /// # Panics
    /// When `column` is not a covariate position, as slice indexing does.
    #[must_use]
    pub fn covariate(&self, column: usize) -> &'a [f32] {
        let offsets = &self.panel.covariate_offsets;
        &self.panel.covariates[column].values[offsets[self.index]..offsets[self.index + 1]]
    }

    /// Value of the static column at position `column`.
    ///
    /// # Panics
    /// When `column` is not a static column position, as slice indexing does.
    #[must_use]
    pub fn static_value(&self, column: usize) -> f32 {
        self.panel.statics[column].values[self.index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel() -> Panel {
        let mut builder = PanelBuilder::new(Frequency::Daily, "sales", ["store"]);
        builder.spans = vec![
            SeriesSpan { key: SeriesKey::new(["a"]), start: Period(10), rows: 4, covariate_rows: 6 },
            SeriesSpan { key: SeriesKey::new(["b"]), start: Period(12), rows: 2, covariate_rows: 2 },
        ];
        builder.target = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        builder.covariates = vec![Covariate {
            name: "price".to_owned(),
            kind: ColumnKind::Numeric,
            values: (0..8u8).map(f32::from).collect(),
        }];
        builder.build().unwrap()
    }

    #[test]
    fn series_are_slices_of_the_columns() {
        let panel = panel();
        let second = panel.series(1);
        assert_eq!(second.target(), [5.0, 6.0]);
        assert_eq!(second.covariate(0), [6.0, 7.0]);
        assert_eq!(second.next_period(), Period(14));
        assert_eq!(panel.position(&SeriesKey::new(["b"])), Some(1));
        assert_eq!(panel.span(), Some((Period(10), Period(13))));
    }

    #[test]
    fn cutting_hides_the_target_and_keeps_covariates_and_positions() {
        let cut = panel().until(Period(11));
        assert_eq!(cut.series(0).target(), [1.0, 2.0]);
        assert_eq!(cut.series(0).covariate(0).len(), 6);
        assert!(cut.series(1).is_empty());
        assert_eq!(cut.rows(), 2);
        let actuals = cut.series(0).actuals_from(Period(12), 28);
        assert_eq!(actuals[..2], [3.0, 4.0]);
        assert!(actuals.len() == 28 && actuals[2..].iter().all(|value| value.is_nan()));
        assert_eq!(cut.series(1).actuals_from(Period(12), 1), [5.0]);
        assert!(cut.series(1).actuals_from(Period(99), 1)[0].is_nan());
    }

    #[test]
    fn what_was_out_of_stock_is_not_known() {
        let mut builder = PanelBuilder::new(Frequency::Daily, "sales", ["store"]);
        let key = SeriesKey::new(["a"]);
        builder.spans = vec![SeriesSpan { key, start: Period(10), rows: 3, covariate_rows: 3 }];
        builder.target = vec![1.0, 0.0, 3.0];
        builder.available = Some(vec![true, false, true]);
        let panel = builder.build().unwrap();
        let found = panel.series(0).actuals_from(Period(9), 5);
        assert_eq!(format!("{found:?}"), "[NaN, 1.0, NaN, 3.0, NaN]");
        assert_eq!(format!("{:?}", panel.series(0).known_target()), "[1.0, NaN, 3.0]");
    }
}
