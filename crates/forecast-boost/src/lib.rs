//! Histogram gradient boosting of trees.
//!
//! It refuses to know what a date or a series is.

mod bins;
mod dataset;
mod error;
mod explain;
mod fit;
mod format;
mod lightgbm;
mod matrix;
mod model;
mod objective;
mod params;
mod predict;
mod quantiles;
mod simd;
mod tree;

pub use dataset::{Column, ColumnKind, Dataset, Features};
pub use error::BoostError;
pub use explain::{Contributions, Explainer, Importance};
pub use fit::{AfterTree, Booster};
pub use model::{ColumnInfo, Model};
pub use objective::{Gradient, LightGbmObjective, Loss, Objective, RowsOf};
pub use params::{Monotone, Params, Sampling};
pub use quantiles::QuantileModel;
