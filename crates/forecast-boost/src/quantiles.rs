//! Several quantiles of one distribution, which never cross.
//!
//! Each level has trees of its own, so each is as good as a model fitted to that level alone; what crosses
//! is put in order per row. Sorting never raises the pinball loss summed over the levels, whatever the
//! label turns out to be (monotone rearrangement: Chernozhukov, Fernández-Val and Galichon 2010). Where
//! every level rises with a column, as under a monotone constraint, so do the sorted ones.

use rayon::prelude::*;

use crate::dataset::Features;
use crate::model::Model;
use crate::objective::Objective;
use crate::params::check;
use crate::{BoostError, ColumnInfo};

/// Rows that one thread sorts at least.
const MIN_PART: usize = 1024;

/// One model per level, whose predictions are given in ascending order.
#[derive(Debug, Clone)]
pub struct QuantileModel {
    levels: Vec<f64>,
    models: Vec<Model>,
}

impl QuantileModel {
    /// Puts together what was fitted to each level, as where models come back from storage.
    ///
    /// # Errors
    /// No models, one of another objective than a quantile, levels that do not ascend, and models of
    /// different columns.
    pub fn from_models(models: Vec<Model>) -> Result<Self, BoostError> {
        let mut levels = Vec::with_capacity(models.len());
        for (place, model) in models.iter().enumerate() {
            let Objective::Quantile { level } = *model.objective() else {
                let objective = model.objective();
                let what = format!("model {place} was fitted to {objective:?}, not to a quantile");
                return Err(BoostError::NotOneDistribution(what));
            };
            if model.columns() != models[0].columns() {
                let what = format!("model {place}, of level {level}, has other columns than model 0");
                return Err(BoostError::NotOneDistribution(what));
            }
            levels.push(level);
        }
        check_levels(&levels)?;
        Ok(Self { levels, models })
    }

    /// The levels, ascending.
    #[must_use]
    pub fn levels(&self) -> &[f64] {
        &self.levels
    }

    /// The model of each level. On their own they may cross.
    #[must_use]
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The columns, in the order in which values must be given.
    #[must_use]
    pub fn columns(&self) -> &[ColumnInfo] {
        self.models[0].columns()
    }

    /// Predictions row by row, rows × levels, ascending within a row.
    ///
    /// # Errors
    /// As [`Model::predict`].
    pub fn predict(&self, features: &Features<'_>) -> Result<Vec<f64>, BoostError> {
        let width = self.models.len();
        let mut predictions = vec![0.0; features.rows() * width];
        for (place, model) in self.models.iter().enumerate() {
            let of_level = model.predict(features)?;
            for (target, value) in predictions.iter_mut().skip(place).step_by(width).zip(of_level) {
                *target = value;
            }
        }
        predictions.par_chunks_exact_mut(width).with_min_len(MIN_PART).for_each(rearrange);
        Ok(predictions)
    }

    /// The predictions for one row of values, ascending, one for each level. Allocates nothing.
    ///
    /// # Errors
    /// As [`Model::predict_row`], and where `predictions` is longer or shorter than the levels.
    pub fn predict_row(&self, row: &[f32], predictions: &mut [f64]) -> Result<(), BoostError> {
        let (expected, found) = (self.models.len(), predictions.len());
        if expected != found {
            let what = "the predictions of a row";
            return Err(BoostError::OutputLength { what, expected, found });
        }
        for (target, model) in predictions.iter_mut().zip(&self.models) {
            *target = model.predict_row(row)?;
        }
        rearrange(predictions);
        Ok(())
    }
}

fn rearrange(levels: &mut [f64]) {
    levels.sort_unstable_by(f64::total_cmp);
}

/// At least one level; all between 0 and 1 and above the one before.
pub(crate) fn check_levels(levels: &[f64]) -> Result<(), BoostError> {
    check("levels", "empty", "at least one number between 0 and 1", !levels.is_empty())?;
    let mut before = 0.0;
    for &level in levels {
        check("levels", level, "numbers above 0 and below 1", level > 0.0 && level < 1.0)?;
        check("levels", level, "ascending, each level once", level > before)?;
        before = level;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_that_are_refused_are_named() {
        let said = |levels: &[f64]| check_levels(levels).map_err(|error| error.to_string()).unwrap_err();
        assert_eq!(said(&[]), "parameter levels is empty; it must be at least one number between 0 and 1");
        assert_eq!(said(&[0.1, 1.0]), "parameter levels is 1; it must be numbers above 0 and below 1");
        assert_eq!(said(&[0.0]), "parameter levels is 0; it must be numbers above 0 and below 1");
        assert_eq!(said(&[f64::NAN]), "parameter levels is NaN; it must be numbers above 0 and below 1");
        assert_eq!(said(&[0.5, 0.5]), "parameter levels is 0.5; it must be ascending, each level once");
        assert_eq!(said(&[0.9, 0.1]), "parameter levels is 0.1; it must be ascending, each level once");
    }
}
