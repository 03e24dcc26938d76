//! First and second moments of encoded rows and target: all that a linear fit needs to know.

use forecast_features::matrix::FeatureMatrix;
use rayon::prelude::*;

use super::LinearEncoder;

/// Rows summed up at a time. Fixed, so that sums are the same for any number of threads.
const BLOCK_ROWS: usize = 1 << 14;
/// Blocks summed up before they are merged, to bound the memory.
const BLOCKS_AT_ONCE: usize = 32;

/// Sums over rows, from which means and covariances follow.
#[derive(Clone, Debug)]
pub(crate) struct Moments {
    width: usize,
    count: u64,
    sums: Vec<f64>,
    /// Σ x xᵀ, its lower triangle, row by row.
    squares: Vec<f64>,
    products: Vec<f64>,
    target: f64,
    target_squares: f64,
}

impl Moments {
    fn none(width: usize) -> Self {
        Self {
            width,
            count: 0,
            sums: vec![0.0; width],
            squares: vec![0.0; width * (width + 1) / 2],
            products: vec![0.0; width],
            target: 0.0,
            target_squares: 0.0,
        }
    }

    /// Moments of all rows of `matrix` with a finite target.
    pub(crate) fn of(encoder: &LinearEncoder, matrix: &FeatureMatrix) -> Self {
        let mut total = Self::none(encoder.width());
        let starts: Vec<usize> = (0..matrix.rows).step_by(BLOCK_ROWS).collect();
        for starts in starts.chunks(BLOCKS_AT_ONCE) {
            let block = |&start: &usize| {
                let rows = start..(start + BLOCK_ROWS).min(matrix.rows);
                let mut part = Self::none(encoder.width());
                part.add_rows(encoder, matrix, rows);
                part
            };
            let parts: Vec<Self> = starts.par_iter().map(block).collect();
            parts.iter().for_each(|part| total.merge(part));
        }
        total
    }

    fn add_rows(&mut self, encoder: &LinearEncoder, matrix: &FeatureMatrix, rows: std::ops::Range<usize>) {
        let mut row = vec![0.0; matrix.columns.len()];
        let mut cells: Vec<(usize, f64)> = Vec::with_capacity(self.width);
        for index in rows {
            let target = f64::from(matrix.target[index]);
            if !target.is_finite() {
                continue;
            }
            for (value, column) in row.iter_mut().zip(&matrix.columns) {
                *value = column[index];
            }
            cells.clear();
            encoder.encode(&row, |column, value| cells.push((column, value)));
            self.add(&cells, target);
        }
    }

    fn add(&mut self, cells: &[(usize, f64)], target: f64) {
        self.count += 1;
        self.target += target;
        self.target_squares += target * target;
        for (position, &(column, value)) in cells.iter().enumerate() {
            self.sums[column] += value;
            self.products[column] += value * target;
            let row = &mut self.squares[triangle(column)..=triangle(column) + column];
            for &(other, factor) in &cells[..=position] {
                row[other] += value * factor;
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        let add = |left: &mut [f64], right: &[f64]| left.iter_mut().zip(right).for_each(|(l, r)| *l += r);
        self.count += other.count;
        self.target += other.target;
        self.target_squares += other.target_squares;
        add(&mut self.sums, &other.sums);
        add(&mut self.squares, &other.squares);
        add(&mut self.products, &other.products);
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn target_mean(&self) -> f64 {
        self.target / self.count as f64
    }

    pub(crate) fn target_variance(&self) -> f64 {
        let mean = self.target_mean();
        (self.target_squares / self.count as f64 - mean * mean).max(0.0)
    }

    pub(crate) fn means(&self) -> Vec<f64> {
        self.sums.iter().map(|sum| sum / self.count as f64).collect()
    }

    /// Covariance of two columns.
    pub(crate) fn covariance(&self, row: usize, column: usize) -> f64 {
        let (high, low) = (row.max(column), row.min(column));
        let count = self.count as f64;
        self.squares[triangle(high) + low] / count - self.sums[high] / count * (self.sums[low] / count)
    }

    pub(crate) fn variances(&self) -> Vec<f64> {
        (0..self.width).map(|column| self.covariance(column, column).max(0.0)).collect()
    }

    /// Covariance of every column with the target.
    pub(crate) fn target_covariances(&self) -> Vec<f64> {
        let (count, target) = (self.count as f64, self.target_mean());
        self.products
            .iter()
            .zip(self.means())
            .map(|(product, mean)| product / count - mean * target)
            .collect()
    }
}

/// Where a row of the lower triangle begins.
fn triangle(row: usize) -> usize {
    row * (row + 1) / 2
}
