//! Building a panel: the one place where its invariants are checked.

use std::sync::Arc;

use super::{Covariate, Panel, StaticColumn};
use crate::{Frequency, Period, SeriesKey};

/// Where one series lies in the columns of a [`PanelBuilder`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesSpan {
    /// The key; one value per key column.
    pub key: SeriesKey,
    /// Period of the first row.
    pub start: Period,
    /// Number of target rows.
    pub rows: usize,
    /// Number of covariate rows, at least `rows` when the panel has covariates.
    pub covariate_rows: usize,
}

/// The parts of a panel before they are checked: columns hold the series of `spans` one after the other.
#[derive(Clone, Debug)]
pub struct PanelBuilder {
    /// Spacing of every series.
    pub frequency: Frequency,
    /// Name of the target column.
    pub target_name: String,
    /// Names of the key columns.
    pub key_names: Vec<String>,
    /// The series, sorted by key.
    pub spans: Vec<SeriesSpan>,
    /// Target values; NaN where missing.
    pub target: Vec<f32>,
    /// Whether each target row was in stock, where known.
    pub available: Option<Vec<bool>>,
    /// Known-future covariates.
    pub covariates: Vec<Covariate>,
    /// Static columns, one value per series.
    pub statics: Vec<StaticColumn>,
}

/// Parts that do not make a panel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PanelError {
    /// Keys out of order or repeated.
    #[error("series keys must be sorted and unique: `{key}` is out of place")]
    KeyOrder {
        /// The first offending key.
        key: SeriesKey,
    },
    /// A key with the wrong number of values.
    #[error("the key `{key}` has {found} values but there are {expected} key columns")]
    KeyWidth {
        /// The offending key.
        key: SeriesKey,
        /// How many values it has.
        found: usize,
        /// How many it should have.
        expected: usize,
    },
    /// A column whose length does not fit the spans.
    #[error("column `{column}` has {found} values where the series add up to {expected}")]
    ColumnLength {
        /// Name of the column.
        column: String,
        /// How many values it has.
        found: usize,
        /// How many it should have.
        expected: usize,
    },
    /// Covariates that stop before the history does.
    #[error("the covariates of `{key}` have {covariate_rows} rows, fewer than its {rows} target rows")]
    CovariatesTooShort {
        /// The series.
        key: SeriesKey,
        /// Its covariate rows.
        covariate_rows: usize,
        /// Its target rows.
        rows: usize,
    },
}

impl PanelBuilder {
    /// An empty builder for series on the grid of `frequency`.
    pub fn new<S: Into<String>>(
        frequency: Frequency,
        target_name: impl Into<String>,
        key_names: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            frequency,
            target_name: target_name.into(),
            key_names: key_names.into_iter().map(Into::into).collect(),
            spans: Vec::new(),
            target: Vec::new(),
            available: None,
            covariates: Vec::new(),
            statics: Vec::new(),
        }
    }

    /// The checked panel.
    ///
    /// # Errors
    /// [`PanelError`] for the first invariant that the parts break.
    pub fn build(self) -> Result<Panel, PanelError> {
        self.check_keys()?;
        let offsets = running_offsets(self.spans.iter().map(|span| span.rows));
        let covariate_offsets = if self.covariates.is_empty() {
            vec![0; self.spans.len() + 1]
        } else {
            self.check_covariate_rows()?;
            running_offsets(self.spans.iter().map(|span| span.covariate_rows))
        };
        self.check_lengths(&offsets, &covariate_offsets)?;
        Ok(Panel {
            frequency: self.frequency,
            target_name: self.target_name,
            key_names: self.key_names.into(),
            starts: self.spans.iter().map(|span| span.start).collect(),
            lengths: self.spans.iter().map(|span| span.rows).collect(),
            keys: self.spans.into_iter().map(|span| span.key).collect(),
            offsets: offsets.into(),
            target: self.target.into(),
            available: self.available.map(Arc::from),
            covariate_offsets: covariate_offsets.into(),
            covariates: self.covariates,
            statics: self.statics,
        })
    }

    fn check_keys(&self) -> Result<(), PanelError> {
        let expected = self.key_names.len();
        if let Some(span) = self.spans.iter().find(|span| span.key.len() != expected) {
            let (key, found) = (span.key.clone(), span.key.len());
            return Err(PanelError::KeyWidth { key, found, expected });
        }
        match self.spans.windows(2).find(|pair| pair[0].key >= pair[1].key) {
            Some(pair) => Err(PanelError::KeyOrder { key: pair[1].key.clone() }),
            None => Ok(()),
        }
    }

    fn check_covariate_rows(&self) -> Result<(), PanelError> {
        match self.spans.iter().find(|span| span.covariate_rows < span.rows) {
            Some(span) => Err(PanelError::CovariatesTooShort {
                key: span.key.clone(),
                covariate_rows: span.covariate_rows,
                rows: span.rows,
            }),
            None => Ok(()),
        }
    }

    fn check_lengths(&self, offsets: &[usize], covariate_offsets: &[usize]) -> Result<(), PanelError> {
        let rows = offsets.last().copied().unwrap_or(0);
        let covariate_rows = covariate_offsets.last().copied().unwrap_or(0);
        let target = [(self.target_name.as_str(), self.target.len(), rows)];
        let available = self.available.iter().map(|flags| ("availability", flags.len(), rows));
        let covariates = self.covariates.iter().map(|c| (c.name.as_str(), c.values.len(), covariate_rows));
        let statics = self.statics.iter().map(|s| (s.name.as_str(), s.values.len(), self.spans.len()));
        match target
            .into_iter()
            .chain(available)
            .chain(covariates)
            .chain(statics)
            .find(|(_, found, expected)| found != expected)
        {
            Some((column, found, expected)) => {
                Err(PanelError::ColumnLength { column: column.to_owned(), found, expected })
            }
            None => Ok(()),
        }
    }
}

/// `[0, l0, l0+l1, …]`: one more entry than there are lengths.
fn running_offsets(lengths: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut total = 0;
    let ends = lengths.map(|length| {
        total += length;
        total
    });
    std::iter::once(0).chain(ends.collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ColumnKind;

    fn span(key: &str, rows: usize, covariate_rows: usize) -> SeriesSpan {
        SeriesSpan { key: SeriesKey::new([key]), start: Period(0), rows, covariate_rows }
    }

    fn builder(spans: Vec<SeriesSpan>) -> PanelBuilder {
        let target = vec![0.0; spans.iter().map(|span| span.rows).sum()];
        PanelBuilder { spans, target, ..PanelBuilder::new(Frequency::Daily, "sales", ["store"]) }
    }

    #[test]
    fn broken_parts_are_refused_by_name() {
        let unsorted = builder(vec![span("b", 1, 1), span("a", 1, 1)]).build();
        assert_eq!(unsorted.unwrap_err(), PanelError::KeyOrder { key: SeriesKey::new(["a"]) });

        let mut long = builder(vec![span("a", 2, 2)]);
        long.target.push(1.0);
        assert!(long.build().unwrap_err().to_string().contains("column `sales` has 3 values"));

        let mut short = builder(vec![span("a", 2, 1)]);
        short.covariates =
            vec![Covariate { name: "price".into(), kind: ColumnKind::Numeric, values: vec![0.0].into() }];
        assert!(matches!(short.build(), Err(PanelError::CovariatesTooShort { .. })));
    }
}
