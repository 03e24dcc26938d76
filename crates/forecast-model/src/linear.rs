//! Ridge and elastic net over the feature matrix.
//!
//! Both fits depend on the data through second moments alone, so that the rows are first condensed
//! into them ([`moments`]) and the solvers of smartcore see a table of twice as many rows as there
//! are columns, whose moments are the same ([`solve`]). Cost and memory of solving do not grow with
//! the data, and prediction is a dot product in fixed order.

use forecast_features::matrix::FeatureMatrix;
use forecast_features::plan::FeatureColumn;
use serde::{Deserialize, Serialize};

use crate::{Family, ModelError};

mod encoder;
mod moments;
mod solve;

pub(crate) use encoder::LinearEncoder;
use moments::Moments;

/// A linear model over encoded features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LinearModel {
    encoder: LinearEncoder,
    /// One weight per encoded column, in units of the target.
    weights: Vec<f64>,
    intercept: f64,
    /// How much each feature moves the forecast, in feature order; adds up to 1 unless all are 0.
    importance: Vec<f64>,
}

impl LinearModel {
    /// Fits `family`, which must be a linear one, to all rows of `matrix`.
    pub(crate) fn fit(
        family: Family,
        columns: &[FeatureColumn],
        matrix: &FeatureMatrix,
    ) -> Result<Self, ModelError> {
        let encoder = LinearEncoder::fit(columns, matrix);
        if encoder.width() == 0 {
            return Err(ModelError::NoFeatures { family });
        }
        let moments = Moments::of(&encoder, matrix);
        if moments.count() == 0 {
            return Err(ModelError::NoTrainingRows { family });
        }
        let weights = solve::solve(family, &moments)?;
        let intercept = moments.target_mean() - dot(&weights, &moments.means());
        let importance = encoder.importance(&weights, &moments.variances());
        Ok(Self { encoder, weights, intercept, importance })
    }

    /// The prediction for one row of features, in the units of the matrix's target.
    pub(crate) fn predict(&self, row: &[f32]) -> f64 {
        let mut sum = self.intercept;
        self.encoder.encode(row, |column, value| sum += self.weights[column] * value);
        sum
    }

    /// Whether the model was fitted to rows of `width` features.
    pub(crate) fn fits(&self, width: usize) -> bool {
        self.encoder.fits(width)
            && self.weights.len() == self.encoder.width()
            && self.importance.len() == width
    }

    /// Share of each feature in the forecasts' movements.
    pub(crate) fn importance(&self) -> &[f64] {
        &self.importance
    }
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    use forecast_core::Period;
    use forecast_features::plan::TargetUnits;

    fn column(name: &str, cardinality: Option<u32>) -> FeatureColumn {
        FeatureColumn { name: name.to_owned(), cardinality, in_target_units: TargetUnits::No }
    }

    /// y = 3 + 2·x + 5·[c = 1], with some missing x (which is then 0 on average) and a constant.
    fn made() -> (Vec<FeatureColumn>, FeatureMatrix) {
        let rows = 600;
        let x: Vec<f32> = (0..rows).map(|i| ((i * 37) % 101) as f32 / 10.0 - 5.0).collect();
        let c: Vec<f32> = (0..rows).map(|i| (i % 3) as f32).collect();
        let target =
            x.iter().zip(&c).map(|(x, c)| 3.0 + 2.0 * x + if *c == 1.0 { 5.0 } else { 0.0 }).collect();
        let matrix = FeatureMatrix {
            rows,
            columns: vec![x, c, vec![7.0; rows]],
            target,
            size: vec![1.0; rows],
            series: vec![0; rows],
            period: vec![Period(0); rows],
        };
        (vec![column("x", None), column("c", Some(3)), column("constant", None)], matrix)
    }

    #[test]
    fn both_families_recover_a_linear_law() {
        let (columns, matrix) = made();
        for (family, tolerance) in [(Family::Ridge, 0.05), (Family::ElasticNet, 0.15)] {
            let model = LinearModel::fit(family, &columns, &matrix).unwrap();
            for (row, expected) in [([1.0, 0.0, 7.0], 5.0), ([-2.0, 1.0, 7.0], 4.0), ([0.0, 2.0, 7.0], 3.0)] {
                let found = model.predict(&row);
                assert!((found - expected).abs() < tolerance, "{family}: {found} for {expected}");
            }
            assert_eq!(model.importance()[2], 0.0);
            assert!((model.importance().iter().sum::<f64>() - 1.0).abs() < 1e-9);
            assert!(model.importance()[0] > model.importance()[1]);
        }
    }

    #[test]
    fn what_is_missing_or_unheard_of_is_like_the_average() {
        let (columns, matrix) = made();
        let model = LinearModel::fit(Family::Ridge, &columns, &matrix).unwrap();
        let mean = f64::from(matrix.columns[0].iter().sum::<f32>()) / matrix.rows as f64;
        let average = model.predict(&[mean as f32, 2.0, 7.0]);
        assert!((model.predict(&[f32::NAN, 2.0, f32::NAN]) - average).abs() < 1e-4);
        assert!((model.predict(&[f32::INFINITY, 2.0, 7.0]) - average).abs() < 1e-4);
        assert!(model.predict(&[0.0, 99.0, 7.0]).is_finite());
    }

    #[test]
    fn a_constant_target_needs_no_solver() {
        let (columns, mut matrix) = made();
        matrix.target.fill(4.0);
        for family in [Family::Ridge, Family::ElasticNet] {
            let model = LinearModel::fit(family, &columns, &matrix).unwrap();
            assert!((model.predict(&[1.0, 1.0, 7.0]) - 4.0).abs() < 1e-9);
        }
    }

    #[test]
    fn nothing_to_learn_from_is_an_error() {
        let (columns, matrix) = made();
        let constant = FeatureMatrix { columns: vec![vec![1.0; 600]; 3], ..matrix };
        let only = [column("a", None), column("b", None), column("c", None)];
        let error = LinearModel::fit(Family::Ridge, &only, &constant).unwrap_err();
        assert!(matches!(error, ModelError::NoFeatures { family: Family::Ridge }));
        let error = LinearModel::fit(Family::Ridge, &columns, &FeatureMatrix::default()).unwrap_err();
        assert!(matches!(error, ModelError::NoFeatures { .. } | ModelError::NoTrainingRows { .. }));
    }
}
