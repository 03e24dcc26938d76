//! Fitting forests with smartcore.

use forecast_features::matrix::FeatureMatrix;
use forecast_features::plan::FeatureColumn;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Deserialize;
use smartcore::ensemble::extra_trees_regressor::{ExtraTreesRegressor, ExtraTreesRegressorParameters};
use smartcore::ensemble::random_forest_regressor::{RandomForestRegressor, RandomForestRegressorParameters};
use smartcore::error::Failed;
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::tree::{FlatTree, SourceNode};
use super::{ForestModel, fill_values};
use crate::observer::Unit;
use crate::{Family, ModelError};

/// How forests are grown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ForestSettings {
    /// Groups of trees that are fitted side by side.
    pub(crate) groups: usize,
    pub(crate) trees_per_group: usize,
    /// Levels of a tree, the root included.
    pub(crate) max_depth: u16,
    /// Fewest rows of a leaf.
    pub(crate) min_leaf_rows: usize,
    /// Rows that the forest is fitted to: a seeded sample when there are more.
    pub(crate) max_rows: usize,
    pub(crate) seed: u64,
}

impl ForestSettings {
    /// 48 trees on 200,000 rows, or on as many as fit the budget.
    pub(crate) fn new(seed: u64, features: usize, memory_budget_bytes: u64) -> Self {
        // Per cell: the value, its place in the column's order, and both again while a group grows.
        let bytes_per_row = features.max(1) as u64 * 2 * 24;
        let affordable = usize::try_from(memory_budget_bytes / bytes_per_row).unwrap_or(usize::MAX);
        Self {
            groups: 8,
            trees_per_group: 6,
            max_depth: 16,
            min_leaf_rows: 20,
            max_rows: affordable.clamp(1_000, 200_000),
            seed,
        }
    }
}

type Matrix = DenseMatrix<f32>;

impl ForestModel {
    /// Fits `family`, which must be one of trees, to a sample of the rows of `matrix`.
    pub(crate) fn fit(
        family: Family,
        (columns, matrix): (&[FeatureColumn], &FeatureMatrix),
        settings: &ForestSettings,
        unit: &Unit<'_>,
    ) -> Result<Self, ModelError> {
        let rows = sample_rows(matrix, settings);
        if rows.is_empty() {
            return Err(ModelError::NoTrainingRows { family });
        }
        if columns.is_empty() {
            return Err(ModelError::NoFeatures { family });
        }
        let fill = fill_values(matrix);
        let failed = |reason: String| ModelError::Fit { family, reason };
        let (x, y) = table(matrix, &rows, &fill).map_err(|error| failed(error.to_string()))?;
        let groups: Vec<Result<Group, ModelError>> = (0..settings.groups)
            .into_par_iter()
            .map(|index| {
                if unit.cancelled() {
                    return Err(ModelError::Cancelled);
                }
                let group = GroupFit { family, settings, index, features: columns.len() };
                group.fit(&x, &y).map_err(failed)
            })
            .collect();
        let mut model = Self { fill, trees: Vec::new(), importance: vec![0.0; columns.len()] };
        for group in groups {
            let group = group?;
            model.trees.extend(group.trees);
            for (total, share) in model.importance.iter_mut().zip(group.importance) {
                *total += share / settings.groups as f64;
            }
        }
        Ok(model)
    }
}

/// Row numbers, rising.
fn sample_rows(matrix: &FeatureMatrix, settings: &ForestSettings) -> Vec<usize> {
    let usable: Vec<usize> = (0..matrix.rows).filter(|&row| matrix.target[row].is_finite()).collect();
    if usable.len() <= settings.max_rows {
        return usable;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    let chosen = rand::seq::index::sample(&mut rng, usable.len(), settings.max_rows);
    let mut rows: Vec<usize> = chosen.into_iter().map(|index| usable[index]).collect();
    rows.sort_unstable();
    rows
}

fn table(matrix: &FeatureMatrix, rows: &[usize], fill: &[f32]) -> Result<(Matrix, Vec<f32>), Failed> {
    let mut values = Vec::with_capacity(rows.len() * matrix.columns.len());
    for (column, fill) in matrix.columns.iter().zip(fill) {
        values.extend(rows.iter().map(|&row| if column[row].is_finite() { column[row] } else { *fill }));
    }
    let target = rows.iter().map(|&row| matrix.target[row]).collect();
    Ok((DenseMatrix::new(rows.len(), matrix.columns.len(), values, true)?, target))
}

/// Some trees, with the share of each feature.
struct Group {
    trees: Vec<FlatTree>,
    importance: Vec<f64>,
}

struct GroupFit<'a> {
    family: Family,
    settings: &'a ForestSettings,
    index: usize,
    features: usize,
}

/// Fits one kind of forest: smartcore's have the same settings, but no trait in common.
macro_rules! grow {
    ($group:expr, $rows:expr, $forest:ident, $parameters:ident) => {{
        let (settings, (x, y)) = ($group.settings, $rows);
        let parameters = $parameters::default()
            .with_n_trees(settings.trees_per_group)
            .with_max_depth(settings.max_depth)
            .with_min_samples_leaf(settings.min_leaf_rows)
            .with_min_samples_split(2 * settings.min_leaf_rows)
            // A third of the features per split, as Breiman (2001) proposes for regression.
            .with_m($group.features.div_ceil(3))
            .with_seed($group.seed());
        let forest = $forest::fit(x, y, parameters)?;
        let importance = forest.compute_feature_importances()?;
        // The only way to the nodes is through serde; by name, so that a change of theirs is an error.
        (serde_json::to_value(&forest), importance)
    }};
}

type Stored = (serde_json::Result<serde_json::Value>, Vec<f64>);

impl GroupFit<'_> {
    fn fit(&self, x: &Matrix, y: &Vec<f32>) -> Result<Group, String> {
        let (stored, importance) = self.grow((x, y)).map_err(|failed| failed.to_string())?;
        let stored = stored.and_then(serde_json::from_value::<StoredForest>);
        let stored = stored.map_err(|error| format!("its trees cannot be read: {error}"))?;
        let sources = stored.forest_regressor.trees.iter();
        let trees: Result<Vec<FlatTree>, String> =
            sources.map(|tree| FlatTree::new(&tree.nodes, self.features)).collect();
        Ok(Group { trees: trees?, importance })
    }

    fn grow(&self, rows: (&Matrix, &Vec<f32>)) -> Result<Stored, Failed> {
        Ok(match self.family {
            Family::ExtraTrees => grow!(self, rows, ExtraTreesRegressor, ExtraTreesRegressorParameters),
            _ => grow!(self, rows, RandomForestRegressor, RandomForestRegressorParameters),
        })
    }

    /// smartcore gives tree `i` of a forest the seed `seed + i`, so that groups are kept far apart.
    fn seed(&self) -> u64 {
        let mixed = self.settings.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed.wrapping_add((self.index as u64 + 1) << 32)
    }
}

/// The part of a stored smartcore forest that matters.
#[derive(Deserialize)]
struct StoredForest {
    forest_regressor: StoredTrees,
}

#[derive(Deserialize)]
struct StoredTrees {
    trees: Vec<StoredTree>,
}

#[derive(Deserialize)]
struct StoredTree {
    nodes: Vec<SourceNode>,
}
