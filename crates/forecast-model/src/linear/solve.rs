//! Ridge and elastic net from moments, with the solvers of smartcore.
//!
//! With C the covariance of the encoded columns, c their covariance with the target, C = RᵀR and
//! Rᵀz = c, the table of rows ±√p·R with targets ±√p·z has 2p rows, mean 0, and just these
//! covariances. Fitting to it is fitting to all rows.

use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linear::elastic_net::{ElasticNet, ElasticNetParameters};
use smartcore::linear::ridge_regression::{RidgeRegression, RidgeRegressionParameters};

use super::moments::Moments;
use crate::{Family, ModelError};

/// Penalty of a squared weight, of standardised columns and target, as a share of a row's error.
const RIDGE_PENALTY: f64 = 1e-3;
/// The same for the elastic net, half of it for the absolute weight.
const ELASTIC_NET_PENALTY: f64 = 2e-3;
const ELASTIC_NET_L1_SHARE: f64 = 0.5;
/// A pivot this much smaller than its column's variance is a linear combination of earlier columns.
const DEPENDENT: f64 = 1e-10;

/// One weight per encoded column, in units of the target.
pub(crate) fn solve(family: Family, moments: &Moments) -> Result<Vec<f64>, ModelError> {
    let width = moments.width();
    let deviation = moments.target_variance().sqrt();
    if deviation <= 1e-12 * moments.target_mean().abs().max(1e-30) {
        return Ok(vec![0.0; width]);
    }
    let factor = Factor::of(moments);
    let covariances: Vec<f64> = moments.target_covariances().iter().map(|c| c / deviation).collect();
    let targets = factor.solve_transposed(&covariances);
    let (x, y) = table(&factor, &targets).map_err(|error| failed(family, &error))?;
    let rows = (2 * width) as f64;
    let weights: Vec<f64> = match family {
        Family::ElasticNet => {
            let parameters = ElasticNetParameters::default()
                .with_alpha(ELASTIC_NET_PENALTY)
                .with_l1_ratio(ELASTIC_NET_L1_SHARE)
                .with_normalize(false);
            let fitted = ElasticNet::fit(&x, &y, parameters).map_err(|error| failed(family, &error))?;
            fitted.coefficients().iterator(0).copied().collect()
        }
        _ => {
            let parameters =
                RidgeRegressionParameters::default().with_alpha(RIDGE_PENALTY * rows).with_normalize(false);
            let fitted = RidgeRegression::fit(&x, &y, parameters).map_err(|error| failed(family, &error))?;
            fitted.coefficients().iterator(0).copied().collect()
        }
    };
    if !weights.iter().all(|weight| weight.is_finite()) {
        return Err(failed(family, &"the weights are not finite numbers"));
    }
    Ok(weights.iter().map(|weight| weight * deviation).collect())
}

fn failed(family: Family, reason: &dyn std::fmt::Display) -> ModelError {
    ModelError::Fit { family, reason: reason.to_string() }
}

type Table = (DenseMatrix<f64>, Vec<f64>);

fn table(factor: &Factor, targets: &[f64]) -> Result<Table, smartcore::error::Failed> {
    let width = factor.width;
    let scale = (width as f64).sqrt();
    let mut values = vec![0.0; 2 * width * width];
    for row in 0..width {
        for column in row..width {
            let value = scale * factor.upper(row, column);
            values[row * width + column] = value;
            values[(width + row) * width + column] = -value;
        }
    }
    let mut y: Vec<f64> = targets.iter().map(|target| scale * target).collect();
    y.extend(targets.iter().map(|target| -scale * target));
    Ok((DenseMatrix::new(2 * width, width, values, false)?, y))
}

/// Cholesky factor of a covariance matrix that may be singular: the row of a dependent column is 0.
struct Factor {
    width: usize,
    /// Row-major; R is upper triangular.
    values: Vec<f64>,
}

impl Factor {
    fn of(moments: &Moments) -> Self {
        let width = moments.width();
        let mut factor = Self { width, values: vec![0.0; width * width] };
        for row in 0..width {
            let rest = |factor: &Self, column: usize| {
                let known: f64 = (0..row).map(|k| factor.upper(k, row) * factor.upper(k, column)).sum();
                moments.covariance(row, column) - known
            };
            let pivot = rest(&factor, row);
            if pivot <= DEPENDENT * moments.covariance(row, row).max(f64::MIN_POSITIVE) {
                continue;
            }
            let root = pivot.sqrt();
            for column in row..width {
                let value = rest(&factor, column) / root;
                factor.values[row * width + column] = value;
            }
        }
        factor
    }

    fn upper(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.width + column]
    }

    /// z with Rᵀz = `right`, 0 where R has an empty row.
    fn solve_transposed(&self, right: &[f64]) -> Vec<f64> {
        let mut solution = vec![0.0; self.width];
        for row in 0..self.width {
            let pivot = self.upper(row, row);
            if pivot > 0.0 {
                let known: f64 = (0..row).map(|k| self.upper(k, row) * solution[k]).sum();
                solution[row] = (right[row] - known) / pivot;
            }
        }
        solution
    }
}
