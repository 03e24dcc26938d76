//! Fitting boosted trees: the newest rows decide how many there are, then they are fitted to all rows.

use std::ops::ControlFlow;

use forecast_boost::{Booster, Dataset, Importance, Model, Params};
use forecast_core::Period;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::inputs::Inputs;
use super::params::params;
use super::{BoostedLoss, BoostedModel};
use crate::fitted::TrainingRows;
use crate::global::GlobalSettings;
use crate::observer::Unit;
use crate::{Family, ModelError};

/// Fewest rows on either side of the cut for the newest ones to say how many trees are best.
const FEWEST_JUDGES: usize = 100;
/// The share of the most trees that is grown where there are too few rows to say.
const UNJUDGED_SHARE: usize = 4;

/// A fit about to happen.
pub(crate) struct BoostedFit<'a> {
    rows: &'a TrainingRows<'a>,
    settings: GlobalSettings,
    unit: &'a Unit<'a>,
    inputs: Inputs,
}

impl<'a> BoostedFit<'a> {
    pub(crate) fn new(rows: &'a TrainingRows<'a>, settings: GlobalSettings, unit: &'a Unit<'a>) -> Self {
        let inputs = Inputs::new(rows.featurizer.plan(), (rows.key_names, rows.keys));
        Self { rows, settings, unit, inputs }
    }

    /// Fits as many trees as the settings say, or else as forecast the newest rows best.
    pub(crate) fn fit(self) -> Result<BoostedModel, ModelError> {
        let rows = self.chosen_rows();
        if rows.is_empty() {
            return Err(ModelError::NoTrainingRows { family: Family::Boosted });
        }
        let mut params = params(rows.len(), self.settings.loss, self.settings.seed);
        params.trees = match self.settings.trees {
            Some(trees) => trees,
            None => self.best_trees(&rows, &params)?,
        };
        params.early_stopping = None;
        let model = self.grow(&params, (&self.table(&rows), None), "all rows")?;
        let importance = shares(model.importance(Importance::Gain));
        Ok(BoostedModel { inputs: self.inputs, model, importance })
    }

    /// How many trees forecast the newest horizon of rows best when they are fitted to those before.
    fn best_trees(&self, rows: &[u32], params: &Params) -> Result<usize, ModelError> {
        let period = |row: u32| self.rows.matrix.period[row as usize];
        let newest = rows.iter().map(|&row| period(row)).max().unwrap_or(Period(0));
        let cut = newest.plus(-(self.settings.horizon as i32));
        let (older, newer): (Vec<u32>, Vec<u32>) = rows.iter().partition(|&&row| period(row) <= cut);
        if older.len() < FEWEST_JUDGES || newer.len() < FEWEST_JUDGES {
            return Ok(params.trees / UNJUDGED_SHARE);
        }
        let (older, newer) = (self.table(&older), self.table(&newer));
        let model = self.grow(params, (&older, Some(&newer)), "finding out how many")?;
        Ok(model.trees().max(1))
    }

    fn grow(
        &self,
        params: &Params,
        (train, valid): (&Table, Option<&Table>),
        what: &str,
    ) -> Result<Model, ModelError> {
        const SAID_EVERY: usize = 10;
        let mut after_tree = |trees: usize| {
            if trees.is_multiple_of(SAID_EVERY) {
                self.unit.tell(&format!("{what}, {trees} of at most {} trees", params.trees));
            }
            if self.unit.cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let valid = valid.map(|table| self.dataset(table));
        let model = Booster::fit_watched(params, (&self.dataset(train), valid.as_ref()), &mut after_tree);
        if self.unit.cancelled() {
            return Err(ModelError::Cancelled);
        }
        model.map_err(|error| ModelError::Fit { family: Family::Boosted, reason: error.to_string() })
    }

    fn dataset<'t>(&'t self, table: &'t Table) -> Dataset<'t> {
        let features = self.inputs.named(self.rows.featurizer.plan().columns(), &table.columns);
        let data = Dataset::new(features, &table.label);
        match &table.weight {
            Some(weight) => data.weight(weight),
            None => data,
        }
    }

    /// Rows to learn from; a seeded sample of them where their copies would not fit the budget.
    fn chosen_rows(&self) -> Vec<u32> {
        let mut rows = self.rows_with_sales();
        // Per row: a copy of its values, their bins, and what the engine keeps of it.
        let bytes_per_row = 5 * self.inputs.width() as u64 + 64;
        let affordable = (self.settings.memory_budget_bytes / 2 / bytes_per_row).max(1_000);
        let affordable = usize::try_from(affordable).unwrap_or(usize::MAX);
        if rows.len() > affordable {
            let mut rng = ChaCha8Rng::seed_from_u64(self.settings.seed);
            let mut kept = rand::seq::index::sample(&mut rng, rows.len(), affordable).into_vec();
            kept.sort_unstable();
            rows = kept.into_iter().map(|index| rows[index]).collect();
        }
        rows
    }

    /// Rows with a target, from each series' first one on that is not 0: before it nobody could buy. All
    /// rows with a target where no series has any other than 0.
    fn rows_with_sales(&self) -> Vec<u32> {
        let matrix = &self.rows.matrix;
        let known = |row: &u32| matrix.target[*row as usize].is_finite();
        let mut selling = None;
        let has_begun = |row: &u32| {
            let (target, series) = (matrix.target[*row as usize], matrix.series[*row as usize]);
            // Not a number where there is no size yet to measure the first sale by.
            if target != 0.0 {
                selling = Some(series);
            }
            selling == Some(series)
        };
        let rows: Vec<u32> = (0..matrix.rows as u32).filter(has_begun).filter(known).collect();
        if rows.is_empty() { (0..matrix.rows as u32).filter(known).collect() } else { rows }
    }

    /// Everything of some rows, column by column.
    fn table(&self, rows: &[u32]) -> Table {
        let matrix = &self.rows.matrix;
        let take = |values: &Vec<f32>| rows.iter().map(|&row| values[row as usize]).collect::<Vec<f32>>();
        let features: Vec<usize> = self.inputs.features().collect();
        let mut columns: Vec<Vec<f32>> =
            features.par_iter().map(|&feature| take(&matrix.columns[feature])).collect();
        columns.extend(self.facts(rows));
        let weight = weights(self.settings.loss, &take(&matrix.size));
        Table { columns, label: take(&matrix.target), weight }
    }

    /// Size and key codes of the series of some rows.
    fn facts(&self, rows: &[u32]) -> Vec<Vec<f32>> {
        let (matrix, width) = (&self.rows.matrix, self.inputs.facts_width());
        let mut of_series = Vec::with_capacity(width * self.rows.keys.len());
        for key in self.rows.keys {
            self.inputs.facts(key, f64::NAN, &mut of_series);
        }
        let value = |row: usize, place: usize| match place {
            0 => matrix.size[row],
            place => of_series[matrix.series[row] as usize * width + place],
        };
        let column = |place: usize| rows.iter().map(|&row| value(row as usize, place)).collect();
        (0..width).into_par_iter().map(column).collect()
    }
}

/// Rows to learn from or to be judged by, column by column.
struct Table {
    columns: Vec<Vec<f32>>,
    label: Vec<f32>,
    weight: Option<Vec<f32>>,
}

/// What rows of series of these sizes count, 1 on average; `None` where all count alike.
fn weights(loss: BoostedLoss, sizes: &[f32]) -> Option<Vec<f32>> {
    let raw: Vec<f64> = sizes.iter().map(|&size| loss.weight(size)).collect();
    let mean = raw.iter().sum::<f64>() / raw.len() as f64;
    let differ = raw.iter().any(|weight| *weight != raw[0]);
    let weight = |weight: &f64| ((weight / mean) as f32).clamp(f32::MIN_POSITIVE, f32::MAX);
    differ.then(|| raw.iter().map(weight).collect())
}

/// Parts of the whole, or all 0.
fn shares(mut gains: Vec<f64>) -> Vec<f64> {
    let total: f64 = gains.iter().sum();
    if total > 0.0 {
        gains.iter_mut().for_each(|gain| *gain /= total);
    }
    gains
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_count_by_the_size_of_their_series() {
        let loss = BoostedLoss::Tweedie { power: 1.5 };
        assert_eq!(weights(loss, &[1.0, 1.0, 1.0]), None);
        let weights = weights(loss, &[1.0, 4.0, 9.0]).unwrap();
        assert_eq!(weights, [0.5, 1.0, 1.5]);
        assert_eq!(super::weights(BoostedLoss::Squared, &[1.0, 4.0, 9.0]), None);
        let extreme = super::weights(loss, &[1e-38, 1e38]).unwrap();
        assert!(extreme.iter().all(|weight| *weight > 0.0 && weight.is_finite()), "{extreme:?}");
    }

    #[test]
    fn shares_add_up_to_one() {
        assert_eq!(shares(vec![1.0, 3.0]), [0.25, 0.75]);
        assert_eq!(shares(vec![0.0, 0.0]), [0.0, 0.0]);
    }
}
