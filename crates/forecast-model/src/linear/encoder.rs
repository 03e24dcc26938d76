//! Features as a linear model sees them.
//!
//! Numbers are standardised, with 0 (the mean) for a missing one. Categories of at most
//! [`MOST_LEVELS`] levels become one column each, all 0 for a missing or unheard-of level; those
//! with more are left out, and so are features that never change.

use forecast_features::matrix::FeatureMatrix;
use forecast_features::plan::FeatureColumn;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Categories with more levels than this are left to the trees.
pub(crate) const MOST_LEVELS: u32 = 32;

/// Columns that deviate less from their mean, as a share of it, are rounding noise of single precision.
const CONSTANT: f64 = 1e-5;

/// How feature rows become encoded rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LinearEncoder {
    /// One per feature.
    parts: Vec<Part>,
    width: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Part {
    /// `(value − mean) · factor`, in one column.
    Number { column: u32, mean: f64, factor: f64 },
    /// `levels` columns from `column` on, of which one is 1.
    Levels { column: u32, levels: u32 },
    /// Nothing.
    Left,
}

impl LinearEncoder {
    /// Means and deviations of the rows of `matrix`.
    pub(crate) fn fit(columns: &[FeatureColumn], matrix: &FeatureMatrix) -> Self {
        let spreads: Vec<Option<(f64, f64)>> = columns
            .par_iter()
            .zip(&matrix.columns)
            .map(|(column, values)| if column.cardinality.is_some() { None } else { spread(values) })
            .collect();
        let mut width = 0;
        let parts = columns
            .iter()
            .zip(spreads)
            .map(|(feature, spread)| {
                let column = width;
                match (feature.cardinality, spread) {
                    (Some(levels), _) if (2..=MOST_LEVELS).contains(&levels) => {
                        width += levels;
                        Part::Levels { column, levels }
                    }
                    (None, Some((mean, deviation))) => {
                        width += 1;
                        Part::Number { column, mean, factor: 1.0 / deviation }
                    }
                    _ => Part::Left,
                }
            })
            .collect();
        Self { parts, width: width as usize }
    }

    /// Number of encoded columns.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Whether the encoder was made for rows of `features` features, and keeps to its own columns.
    pub(crate) fn fits(&self, features: usize) -> bool {
        let inside = |part: &Part| match *part {
            Part::Number { column, .. } => (column as usize) < self.width,
            Part::Levels { column, levels } => column as usize + levels as usize <= self.width,
            Part::Left => true,
        };
        self.parts.len() == features && self.parts.iter().all(inside)
    }

    /// Calls `put` with column and value of everything that is not 0, in column order.
    pub(crate) fn encode(&self, row: &[f32], mut put: impl FnMut(usize, f64)) {
        for (part, &value) in self.parts.iter().zip(row) {
            match *part {
                Part::Number { column, mean, factor } if value.is_finite() => {
                    put(column as usize, (f64::from(value) - mean) * factor);
                }
                Part::Levels { column, levels } if value >= 0.0 && value < levels as f32 => {
                    put((column + value as u32) as usize, 1.0);
                }
                _ => {}
            }
        }
    }

    /// Share of each feature in the variance of the forecasts, were features independent: the root
    /// of Σ weight² · variance over its columns, normalised.
    pub(crate) fn importance(&self, weights: &[f64], variances: &[f64]) -> Vec<f64> {
        let strength = |column: u32, count: u32| {
            let columns = column as usize..(column + count) as usize;
            columns.map(|c| weights[c] * weights[c] * variances[c]).sum::<f64>().sqrt()
        };
        let strengths: Vec<f64> = self
            .parts
            .iter()
            .map(|part| match *part {
                Part::Number { column, .. } => strength(column, 1),
                Part::Levels { column, levels } => strength(column, levels),
                Part::Left => 0.0,
            })
            .collect();
        let total: f64 = strengths.iter().sum();
        if total > 0.0 { strengths.iter().map(|strength| strength / total).collect() } else { strengths }
    }
}

/// Mean and standard deviation of the finite values; `None` when they do not differ.
fn spread(values: &[f32]) -> Option<(f64, f64)> {
    let finite = || values.iter().filter(|value| value.is_finite()).copied().map(f64::from);
    let count = finite().count() as f64;
    let mean = finite().sum::<f64>() / count;
    let variance = finite().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
    let deviation = variance.sqrt();
    (deviation > CONSTANT * mean.abs().max(1e-30)).then_some((mean, deviation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use forecast_features::plan::TargetUnits;

    fn encoded(encoder: &LinearEncoder, row: &[f32]) -> Vec<f64> {
        let mut out = vec![0.0; encoder.width()];
        encoder.encode(row, |column, value| out[column] = value);
        out
    }

    #[test]
    fn numbers_are_standardised_and_levels_get_columns() {
        let column = |cardinality| FeatureColumn {
            name: String::new(),
            cardinality,
            in_target_units: TargetUnits::No,
        };
        let columns = [column(None), column(Some(3)), column(Some(MOST_LEVELS + 1)), column(None)];
        let matrix = FeatureMatrix {
            rows: 3,
            columns: vec![vec![1.0, 3.0, f32::NAN], vec![0.0; 3], vec![0.0; 3], vec![5.0; 3]],
            target: vec![0.0; 3],
            ..FeatureMatrix::default()
        };
        let encoder = LinearEncoder::fit(&columns, &matrix);
        assert_eq!(encoder.width(), 4);
        assert_eq!(encoded(&encoder, &[3.0, 2.0, 7.0, 5.0]), [1.0, 0.0, 0.0, 1.0]);
        assert_eq!(encoded(&encoder, &[f32::NAN, f32::NAN, 7.0, 5.0]), [0.0; 4]);
        assert_eq!(encoded(&encoder, &[1.0, 3.0, 0.0, 0.0]), [-1.0, 0.0, 0.0, 0.0]);
    }
}
