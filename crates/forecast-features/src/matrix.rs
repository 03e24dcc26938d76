//! The feature matrix: features and target of many rows, column by column.

use forecast_core::{Panel, Period, SeriesView};
use rayon::prelude::*;

use crate::plan::{Featurizer, PlanError, SeriesInputs};

/// Which rows of a panel go into a [`FeatureMatrix`]. Rows whose target is missing or that were
/// out of stock never do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowFilter {
    /// Rows of a series that have fewer periods before them are left out.
    pub min_history: usize,
    /// Periods before this one are left out.
    pub from: Option<Period>,
    /// Keep about this many rows: each is kept or not by a hash of seed, series and period, so that
    /// the choice depends neither on threads nor on other series.
    pub max_rows: Option<usize>,
    /// Seed of the sample.
    pub seed: u64,
}

/// Features and target of many rows, in series order and, within a series, in time order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeatureMatrix {
    /// Number of rows.
    pub rows: usize,
    /// One column per [`crate::plan::FeatureColumn`], each `rows` long; NaN where missing.
    pub columns: Vec<Vec<f32>>,
    /// The target in the units that models are fitted in.
    pub target: Vec<f32>,
    /// What the quantities and the target of each row were divided by ([`Featurizer::size`]).
    pub size: Vec<f32>,
    /// Position of each row's series in the panel.
    pub series: Vec<u32>,
    /// Period of each row.
    pub period: Vec<Period>,
}

/// Rows are computed in blocks of about this many; small enough to spread over threads.
const BLOCK_ROWS: usize = 100_000;

impl Featurizer {
    /// Features of the whole history of `panel`, of the rows that `filter` lets through.
    ///
    /// # Errors
    /// [`PlanError::OtherColumns`] when the panel does not have the columns of the plan.
    pub fn transform(&self, panel: &Panel, filter: &RowFilter) -> Result<FeatureMatrix, PlanError> {
        self.plan().check_panel(panel)?;
        let sampler = Sampler::new(panel, filter);
        let counts: Vec<usize> =
            (0..panel.len()).into_par_iter().map(|index| sampler.count(panel.series(index))).collect();
        let mut matrix = FeatureMatrix::sized(self.width(), counts.iter().sum());
        let blocks = matrix.split(&counts);
        blocks.into_par_iter().for_each(|mut block| {
            for index in block.first..block.last {
                self.fill(panel.series(index), &sampler, &mut block);
            }
        });
        Ok(matrix)
    }

    fn fill(&self, series: SeriesView<'_>, sampler: &Sampler, block: &mut Block<'_>) {
        let mut state = self.begin(series.start());
        let mut inputs = SeriesInputs::new(self.plan(), series);
        let mut row = vec![f32::NAN; self.width()];
        for (index, &value) in series.known_target().iter().enumerate() {
            let step = inputs.at(index);
            if sampler.keeps(series, index, value) {
                self.row(&state, &step, &mut row);
                let size = self.size(&state) as f32;
                block.push(&row, (self.target(&state, value), size, series.index() as u32, step.period));
            }
            self.advance(&mut state, &step, value);
        }
    }
}

impl FeatureMatrix {
    fn sized(width: usize, rows: usize) -> Self {
        Self {
            rows,
            columns: vec![vec![f32::NAN; rows]; width],
            target: vec![f32::NAN; rows],
            size: vec![1.0; rows],
            series: vec![0; rows],
            period: vec![Period(0); rows],
        }
    }

    /// Cuts all columns at the same series boundaries, into blocks that do not overlap.
    fn split(&mut self, counts: &[usize]) -> Vec<Block<'_>> {
        let mut columns: Vec<&mut [f32]> = self.columns.iter_mut().map(Vec::as_mut_slice).collect();
        let (mut target, mut ids) = (self.target.as_mut_slice(), self.series.as_mut_slice());
        let (mut size, mut period) = (self.size.as_mut_slice(), self.period.as_mut_slice());
        let mut blocks = Vec::new();
        let mut first = 0;
        while first < counts.len() {
            let (mut last, mut rows) = (first, 0);
            while last < counts.len() && (last == first || rows + counts[last] <= BLOCK_ROWS) {
                rows += counts[last];
                last += 1;
            }
            blocks.push(Block {
                first,
                last,
                filled: 0,
                columns: columns.iter_mut().map(|column| cut(column, rows)).collect(),
                target: cut(&mut target, rows),
                size: cut(&mut size, rows),
                series: cut(&mut ids, rows),
                period: cut(&mut period, rows),
            });
            first = last;
        }
        blocks
    }
}

/// Takes the first `rows` entries off the front of `slice`.
fn cut<'a, T>(slice: &mut &'a mut [T], rows: usize) -> &'a mut [T] {
    let (front, rest) = std::mem::take(slice).split_at_mut(rows);
    *slice = rest;
    front
}

/// The rows of the series `first..last`.
struct Block<'a> {
    first: usize,
    last: usize,
    filled: usize,
    columns: Vec<&'a mut [f32]>,
    target: &'a mut [f32],
    size: &'a mut [f32],
    series: &'a mut [u32],
    period: &'a mut [Period],
}

impl Block<'_> {
    fn push(&mut self, row: &[f32], (target, size, series, period): (f32, f32, u32, Period)) {
        let at = self.filled;
        for (column, value) in self.columns.iter_mut().zip(row) {
            column[at] = *value;
        }
        (self.target[at], self.size[at]) = (target, size);
        (self.series[at], self.period[at]) = (series, period);
        self.filled += 1;
    }
}

/// Decides which rows to keep.
struct Sampler {
    filter: RowFilter,
    /// A row is kept when its hash is at most this.
    threshold: u64,
}

impl Sampler {
    fn new(panel: &Panel, filter: &RowFilter) -> Self {
        let all = Self { filter: *filter, threshold: u64::MAX };
        let threshold = match filter.max_rows {
            None => u64::MAX,
            Some(max_rows) => {
                let eligible: usize =
                    (0..panel.len()).into_par_iter().map(|index| all.count(panel.series(index))).sum();
                if eligible <= max_rows {
                    u64::MAX
                } else {
                    (u64::MAX as f64 * (max_rows as f64 / eligible as f64)) as u64
                }
            }
        };
        Self { threshold, ..all }
    }

    fn count(&self, series: SeriesView<'_>) -> usize {
        let target = series.known_target();
        let rows = target.iter().enumerate();
        rows.filter(|&(index, &value)| self.keeps(series, index, value)).count()
    }

    fn keeps(&self, series: SeriesView<'_>, index: usize, value: f32) -> bool {
        let period = series.start().plus(index as i32);
        !value.is_nan()
            && index >= self.filter.min_history
            && self.filter.from.is_none_or(|from| period >= from)
            && (self.threshold == u64::MAX || self.hash(series.index(), period) <= self.threshold)
    }

    fn hash(&self, series: usize, period: Period) -> u64 {
        let place = (series as u64) << 32 | u64::from(period.0 as u32);
        mix(self.filter.seed ^ mix(place))
    }
}

/// The finaliser of SplitMix64 (Steele, Lea & Flood, 2014): every input bit reaches every output bit.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
