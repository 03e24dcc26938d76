//! A global model: one function of the features, for all series.

use forecast_core::SeriesKey;
use forecast_features::plan::FeatureColumn;
use serde::{Deserialize, Serialize};

use crate::boosted::{BoostedFit, BoostedLoss, BoostedModel};
use crate::fitted::TrainingRows;
use crate::forest::{ForestModel, ForestSettings};
use crate::linear::LinearModel;
use crate::observer::Unit;
use crate::{Family, ModelError};

/// A fitted function from a row of features to the target, in the units that models are fitted in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum GlobalModel {
    Linear(LinearModel),
    Forest(ForestModel),
    Boosted(Box<BoostedModel>),
}

/// What fitting may use besides the rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct GlobalSettings {
    pub(crate) seed: u64,
    pub(crate) memory_budget_bytes: u64,
    /// What boosted trees minimise.
    pub(crate) loss: BoostedLoss,
    /// Periods of the newest rows that say how many boosted trees are best.
    pub(crate) horizon: usize,
    /// How many boosted trees there are to be, where that was found out before.
    pub(crate) trees: Option<usize>,
}

impl GlobalModel {
    /// Fits a global family to `rows`.
    pub(crate) fn fit(
        family: Family,
        rows: &TrainingRows<'_>,
        settings: GlobalSettings,
        unit: &Unit<'_>,
    ) -> Result<Self, ModelError> {
        let (columns, matrix) = (rows.featurizer.plan().columns(), &rows.matrix);
        if matrix.rows == 0 {
            return Err(ModelError::NoTrainingRows { family });
        }
        match family {
            Family::RandomForest | Family::ExtraTrees => {
                let forest = ForestSettings::new(settings.seed, columns.len(), settings.memory_budget_bytes);
                ForestModel::fit(family, (columns, matrix), &forest, unit).map(Self::Forest)
            }
            Family::Boosted => BoostedFit::new(rows, settings, unit).fit().map(Box::new).map(Self::Boosted),
            _ => LinearModel::fit(family, columns, matrix).map(Self::Linear),
        }
    }

    /// Appends what this model must know of the series of a row besides its features.
    pub(crate) fn facts(&self, key: &SeriesKey, size: f64, out: &mut Vec<f32>) {
        if let Self::Boosted(model) = self {
            model.facts(key, size, out);
        }
    }

    /// How many boosted trees there are; `None` for another family.
    pub(crate) fn trees(&self) -> Option<usize> {
        match self {
            Self::Boosted(model) => Some(model.trees()),
            _ => None,
        }
    }

    /// Predictions for rows of features, row after row, with the [`facts`](Self::facts) of each row's
    /// series. `rows` may be changed where values are missing.
    pub(crate) fn predict(&self, width: usize, (rows, facts): (&mut [f32], &[f32]), out: &mut [f64]) {
        match self {
            Self::Linear(model) => {
                for (value, row) in out.iter_mut().zip(rows.chunks_exact(width)) {
                    *value = model.predict(row);
                }
            }
            Self::Forest(model) => model.predict(rows, out),
            Self::Boosted(model) => model.predict((rows, facts), out),
        }
    }

    /// Whether the model was fitted to rows of `width` features.
    pub(crate) fn fits(&self, width: usize) -> bool {
        match self {
            Self::Linear(model) => model.fits(width),
            Self::Forest(model) => model.fits(width),
            Self::Boosted(model) => model.fits(width),
        }
    }

    /// Name and share of everything that the model looks at, in the order of the plan's columns.
    pub(crate) fn importance(&self, plan: &[FeatureColumn]) -> Vec<(String, f64)> {
        let shares = match self {
            Self::Linear(model) => model.importance(),
            Self::Forest(model) => model.importance(),
            Self::Boosted(model) => return model.importance(plan),
        };
        plan.iter().map(|column| column.name.clone()).zip(shares.iter().copied()).collect()
    }
}
