//! A global model: one function of the features, for all series.

use forecast_features::matrix::FeatureMatrix;
use forecast_features::plan::FeaturePlan;
use serde::{Deserialize, Serialize};

use crate::forest::{ForestModel, ForestSettings};
use crate::linear::LinearModel;
use crate::{Family, ModelError, Observer};

/// A fitted function from a row of features to the target, in the units that models are fitted in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum GlobalModel {
    Linear(LinearModel),
    Forest(ForestModel),
}

/// What fitting may use besides the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GlobalSettings {
    pub(crate) seed: u64,
    pub(crate) memory_budget_bytes: u64,
}

impl GlobalModel {
    /// Fits a global family to the rows of `matrix`.
    pub(crate) fn fit(
        family: Family,
        (plan, matrix): (&FeaturePlan, &FeatureMatrix),
        settings: GlobalSettings,
        observer: &dyn Observer,
    ) -> Result<Self, ModelError> {
        let columns = plan.columns();
        if matrix.rows == 0 {
            return Err(ModelError::NoTrainingRows { family });
        }
        match family {
            Family::RandomForest | Family::ExtraTrees => {
                let forest = ForestSettings::new(settings.seed, columns.len(), settings.memory_budget_bytes);
                ForestModel::fit(family, (columns, matrix), &forest, observer).map(Self::Forest)
            }
            _ => LinearModel::fit(family, columns, matrix).map(Self::Linear),
        }
    }

    /// Predictions for rows of features, row after row. `rows` may be changed where values are missing.
    pub(crate) fn predict(&self, width: usize, rows: &mut [f32], out: &mut [f64]) {
        match self {
            Self::Linear(model) => {
                for (value, row) in out.iter_mut().zip(rows.chunks_exact(width)) {
                    *value = model.predict(row);
                }
            }
            Self::Forest(model) => model.predict(rows, out),
        }
    }

    /// Whether the model was fitted to rows of `width` features.
    pub(crate) fn fits(&self, width: usize) -> bool {
        match self {
            Self::Linear(model) => model.fits(width),
            Self::Forest(model) => model.fits(width),
        }
    }

    /// Share of each feature, in the order of the plan's columns.
    pub(crate) fn importance(&self) -> &[f64] {
        match self {
            Self::Linear(model) => model.importance(),
            Self::Forest(model) => model.importance(),
        }
    }
}
