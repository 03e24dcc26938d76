//! What can be chosen about a fit, under the names that LightGBM's documentation uses, and its ranges.

use crate::BoostError;
use crate::dataset::{ColumnKind, Features};
use crate::objective::Objective;

/// How a booster is fitted. Everything not set is as [`Params::default`] says.
#[derive(Debug, Clone)]
pub struct Params {
    /// The loss.
    pub objective: Objective,
    /// How many trees at most.
    pub trees: usize,
    /// What each tree's values are multiplied by, above 0 and at most 1.
    pub learning_rate: f64,
    /// Most leaves of a tree, at least 2.
    pub num_leaves: usize,
    /// Most nodes between root and leaf; no limit where absent.
    pub max_depth: Option<usize>,
    /// Fewest rows of a leaf, estimated from its share of the hessians, as LightGBM does: exact where hessians
    /// are all alike, and otherwise a leaf of small hessians counts for fewer rows than it has.
    pub min_data_in_leaf: usize,
    /// Least sum of hessians of a leaf.
    pub min_sum_hessian: f64,
    /// L1 penalty on leaf values.
    pub lambda_l1: f64,
    /// L2 penalty on leaf values.
    pub lambda_l2: f64,
    /// Least gain of a split.
    pub min_gain: f64,
    /// Most bins of a numeric column, its bin for missing values included; 2 to 65535.
    pub max_bin: usize,
    /// Fewest rows of a bin, on the sample that bins are found on.
    pub min_data_in_bin: usize,
    /// Share of the columns that each tree may use, above 0 and at most 1.
    pub feature_fraction: f64,
    /// Columns with which predictions may only rise, or only fall, while all other values stay; by name.
    /// Holds for every objective, custom ones with a rising [`output`](crate::Loss::output) included, and
    /// says nothing of missing values. Numeric columns only.
    pub monotone: Vec<(String, Monotone)>,
    /// Which rows each tree sees.
    pub sampling: Sampling,
    /// Stop where the loss on the validation set has not fallen for so many trees.
    pub early_stopping: Option<usize>,
    /// What random numbers are drawn from.
    pub seed: u64,
    /// Threads to compute with, 1 to 1024, all there are where absent. Does not change the model.
    pub threads: Option<usize>,
}

/// Which way predictions go as the values of a column rise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Monotone {
    /// Never down.
    Increasing,
    /// Never up.
    Decreasing,
}

/// Which rows a tree is grown on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sampling {
    /// All.
    All,
    /// A share drawn anew every `every` trees.
    Bagging {
        /// Share of the rows, above 0 and at most 1.
        fraction: f64,
        /// How many trees see the same rows.
        every: usize,
    },
    /// Gradient-based one-side sampling (Ke et al. 2017): the rows whose gradient times hessian is largest
    /// and a share of the others, which then count for more. The first 1 / `learning_rate` trees see all
    /// rows, as LightGBM's do. Where all gradients are of one size, as with the absolute error and the median,
    /// it cannot tell rows apart, and bagging as many rows is better.
    Goss {
        /// Share of the rows that are kept for their gradients.
        top: f64,
        /// Share of the rows that are drawn from the rest.
        other: f64,
    },
}

impl Default for Params {
    fn default() -> Self {
        Self {
            objective: Objective::Squared,
            trees: 100,
            learning_rate: 0.1,
            num_leaves: 31,
            max_depth: None,
            min_data_in_leaf: 20,
            min_sum_hessian: 1e-3,
            lambda_l1: 0.0,
            lambda_l2: 0.0,
            min_gain: 0.0,
            max_bin: 255,
            min_data_in_bin: 3,
            feature_fraction: 1.0,
            monotone: Vec::new(),
            sampling: Sampling::All,
            early_stopping: None,
            seed: 1,
            threads: None,
        }
    }
}

impl Params {
    /// Every parameter in its range.
    ///
    /// # Errors
    /// Names the first parameter that is not, with its allowed range.
    pub fn check(&self) -> Result<(), BoostError> {
        let share = |x: f64| x > 0.0 && x <= 1.0;
        let penalty = |x: f64| x >= 0.0 && x.is_finite();
        check("learning_rate", self.learning_rate, "above 0 and at most 1", share(self.learning_rate))?;
        check("num_leaves", self.num_leaves, "2 to 65536", (2..=65_536).contains(&self.num_leaves))?;
        let depth = self.max_depth.unwrap_or(1);
        check("max_depth", depth, "at least 1, or absent for no limit", depth >= 1)?;
        check("min_sum_hessian", self.min_sum_hessian, "0 or above", penalty(self.min_sum_hessian))?;
        check("lambda_l1", self.lambda_l1, "0 or above", penalty(self.lambda_l1))?;
        check("lambda_l2", self.lambda_l2, "0 or above", penalty(self.lambda_l2))?;
        check("min_gain", self.min_gain, "0 or above", penalty(self.min_gain))?;
        check("max_bin", self.max_bin, "2 to 65535", (2..=65_535).contains(&self.max_bin))?;
        check(
            "feature_fraction",
            self.feature_fraction,
            "above 0 and at most 1",
            share(self.feature_fraction),
        )?;
        match self.sampling {
            Sampling::All => {}
            Sampling::Bagging { fraction, every } => {
                check("sampling.fraction", fraction, "above 0 and at most 1", share(fraction))?;
                check("sampling.every", every, "at least 1", every >= 1)?;
            }
            Sampling::Goss { top, other } => {
                check("sampling.top", top, "above 0 and below 1", top > 0.0 && top < 1.0)?;
                let fits = other > 0.0 && top + other <= 1.0;
                check("sampling.other", other, "above 0, and with top at most 1", fits)?;
            }
        }
        let threads = self.threads.unwrap_or(1);
        check("threads", threads, "1 to 1024", (1..=1024).contains(&threads))?;
        check(
            "early_stopping",
            self.early_stopping.unwrap_or(1),
            "at least 1",
            self.early_stopping != Some(0),
        )?;
        self.objective.check_is_fitted()?;
        self.objective.check()
    }
}

impl Params {
    /// The direction of each column of `features`.
    pub(crate) fn directions(&self, features: &Features<'_>) -> Result<Vec<Option<Monotone>>, BoostError> {
        let columns = features.columns();
        let mut directions = vec![None; columns.len()];
        for (name, direction) in &self.monotone {
            let Some(place) = columns.iter().position(|column| column.name == name) else {
                let columns = columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
                return Err(BoostError::UnknownColumn { name: "monotone", column: name.clone(), columns });
            };
            let is_numeric = columns[place].kind == ColumnKind::Numeric;
            check("monotone", name, "about numeric columns: categories have no order", is_numeric)?;
            check("monotone", name, "about each column once", directions[place].is_none())?;
            directions[place] = Some(*direction);
        }
        Ok(directions)
    }
}

pub(crate) fn check(
    name: &'static str,
    value: impl std::fmt::Display,
    allowed: &'static str,
    is_allowed: bool,
) -> Result<(), BoostError> {
    if is_allowed { Ok(()) } else { Err(BoostError::Parameter { name, value: value.to_string(), allowed }) }
}
