//! Feature columns and labels, as the caller holds them: column-major, `f32`, borrowed.
//!
//! Nothing is copied here. A missing value is `NaN`. A categorical column holds category numbers
//! (0, 1, 2, … up to 2²⁴ − 1) as floats; a negative or missing number means that the category is not known.
//! Where a model predicts, any other number is a category that it does not know, and the fraction of a
//! number is cut off.

use crate::BoostError;

/// What the numbers of a column mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Ordered numbers: split by a threshold.
    Numeric,
    /// Category numbers without an order: split by a set.
    Categorical,
}

/// One feature.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// Its name.
    pub name: &'a str,
    /// How it is split.
    pub kind: ColumnKind,
    /// One value per row.
    pub values: &'a [f32],
}

/// The feature columns of a table, all of one length.
#[derive(Debug, Clone, Default)]
pub struct Features<'a> {
    columns: Vec<Column<'a>>,
}

/// Largest category number: beyond it `f32` no longer tells neighbours apart.
pub(crate) const MAX_CATEGORY: f32 = 16_777_215.0;

impl<'a> Features<'a> {
    /// No columns yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column of ordered numbers.
    #[must_use]
    pub fn numeric(self, name: &'a str, values: &'a [f32]) -> Self {
        self.with(Column { name, kind: ColumnKind::Numeric, values })
    }

    /// Adds a column of category numbers.
    #[must_use]
    pub fn categorical(self, name: &'a str, values: &'a [f32]) -> Self {
        self.with(Column { name, kind: ColumnKind::Categorical, values })
    }

    /// Adds a column.
    #[must_use]
    pub fn with(mut self, column: Column<'a>) -> Self {
        self.columns.push(column);
        self
    }

    /// The columns in the order in which they were added.
    #[must_use]
    pub fn columns(&self) -> &[Column<'a>] {
        &self.columns
    }

    /// How many rows each column has; 0 without columns.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.values.len())
    }

    /// Columns of equal length with different names, and at least one of them.
    ///
    /// # Errors
    /// Names the column that is too long, too short or called like another.
    pub fn check(&self) -> Result<(), BoostError> {
        if self.columns.is_empty() {
            return Err(BoostError::NoFeatures);
        }
        let expected = self.rows();
        let mut names = std::collections::HashSet::new();
        for column in &self.columns {
            if column.values.len() != expected {
                let what = format!("column {:?}", column.name);
                return Err(BoostError::Length { what, found: column.values.len(), expected });
            }
            if !names.insert(column.name) {
                return Err(BoostError::DuplicateColumn(column.name.to_owned()));
            }
        }
        Ok(())
    }
}

/// Features with what is to be learned from them.
#[derive(Debug, Clone)]
pub struct Dataset<'a> {
    /// The features.
    pub features: Features<'a>,
    /// What to predict, one finite value per row.
    pub label: &'a [f32],
    /// How much each row counts, above zero; all alike where absent.
    pub weight: Option<&'a [f32]>,
    /// What each row's raw score starts from, on the scale of the objective's link, in place of the
    /// objective's own start. Predictions are what trees add to it: they start from 0.
    pub init_score: Option<&'a [f32]>,
}

impl<'a> Dataset<'a> {
    /// Features and labels; every row counts alike.
    #[must_use]
    pub fn new(features: Features<'a>, label: &'a [f32]) -> Self {
        Self { features, label, weight: None, init_score: None }
    }

    /// The same with a weight per row.
    #[must_use]
    pub fn weight(mut self, weight: &'a [f32]) -> Self {
        self.weight = Some(weight);
        self
    }

    /// The same with a raw score per row to start from.
    #[must_use]
    pub fn init_score(mut self, init_score: &'a [f32]) -> Self {
        self.init_score = Some(init_score);
        self
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.label.len()
    }

    /// Everything of one length, rows and columns present, labels and weights finite.
    pub(crate) fn check(&self) -> Result<(), BoostError> {
        self.features.check()?;
        let rows = self.features.rows();
        if rows == 0 {
            return Err(BoostError::NoRows);
        }
        // Sums of packed gradients need a bit for each row's rounding and one to spare.
        let limit = 1 << 30;
        if rows > limit {
            return Err(BoostError::TooManyRows { rows, limit });
        }
        for column in self.features.columns().iter().filter(|column| column.kind == ColumnKind::Categorical) {
            let what = format!("column {:?}", column.name);
            const ALLOWED: &str = "a whole number up to 16777215, or negative or missing where not known";
            check_values(&what, column.values, rows, (ALLOWED, is_category))?;
        }
        check_values("the label", self.label, rows, ("a finite number", f32::is_finite))?;
        if let Some(weight) = self.weight {
            check_values(
                "the weight",
                weight,
                rows,
                ("finite and above zero", |w| w.is_finite() && w > 0.0),
            )?;
        }
        if let Some(score) = self.init_score {
            check_values("the init score", score, rows, ("a finite number", f32::is_finite))?;
        }
        Ok(())
    }
}

/// A number that fitting takes in a categorical column.
fn is_category(value: f32) -> bool {
    value.is_nan() || (value <= MAX_CATEGORY && value.trunc() == value)
}

fn check_values(
    what: &str,
    values: &[f32],
    rows: usize,
    allowed: (&'static str, fn(f32) -> bool),
) -> Result<(), BoostError> {
    let (allowed, is_allowed) = allowed;
    if values.len() != rows {
        return Err(BoostError::Length { what: what.to_owned(), found: values.len(), expected: rows });
    }
    match values.iter().position(|&value| !is_allowed(value)) {
        None => Ok(()),
        Some(row) => {
            Err(BoostError::Value { what: what.to_owned(), row, value: f64::from(values[row]), allowed })
        }
    }
}
