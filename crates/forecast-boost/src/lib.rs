//! Histogram gradient boosting of trees, for one processor with any number of cores.
//!
//! It refuses to know what a date or a series is: columns of numbers and categories come in, a [`Model`]
//! comes out. The same data, [`Params`] and seed give the same model, byte for byte, for any number of
//! threads and on any processor.
//!
//! ```
//! use forecast_boost::{Booster, Dataset, Features, Model, Objective, Params};
//!
//! // One slice per column; a missing value is NaN.
//! let price: Vec<f32> = (0..600).map(|day| 9.5 - (day % 7) as f32 * 0.5).collect();
//! let shop: Vec<f32> = (0..600).map(|day| (day % 5) as f32).collect();
//! let sold: Vec<f32> = price.iter().zip(&shop).map(|(price, shop)| (12.0 - price) * (1.0 + shop)).collect();
//! let features = Features::new().numeric("price", &price).categorical("shop", &shop);
//!
//! let params = Params { objective: Objective::Tweedie { power: 1.5 }, trees: 100, ..Params::default() };
//! let model = Booster::fit(&params, &Dataset::new(features.clone(), &sold), None)?;
//! let forecast = model.predict(&features)?;
//! assert!((forecast[0] - f64::from(sold[0])).abs() < 0.1);
//!
//! // Every prediction is the expected value plus what each column contributes, here as logarithms.
//! let explainer = model.explainer();
//! let contributions = explainer.explain(&features)?;
//! let sum: f64 = contributions.row(0).into_iter().flatten().sum();
//! assert!((sum.exp() - forecast[0]).abs() < 1e-9);
//!
//! // Python's LightGBM, SHAP, treelite and Triton read this text; models fitted there are read back.
//! let same = Model::from_lightgbm(model.to_lightgbm()?)?;
//! assert!((same.predict(&features)?[0] - forecast[0]).abs() < 1e-9);
//! # Ok::<(), forecast_boost::BoostError>(())
//! ```
//!
//! How it works and why: `docs/adr/0011-integer-histograms-and-questions-asked-at-once.md`. How fast it is,
//! and how that was measured: `docs/boosting.md`.

mod bins;
mod chance;
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
