//! Forecast model families, backtests, intervals and the versioned model artifact.
//!
//! [`backtest()`] measures every [`Family`] over rolling origins, [`train()`] refits one of them on all
//! data and calibrates its quantiles, [`ForecastModel`] answers questions, and [`artifact`] writes it
//! to a folder and reads it back. Everything is deterministic: the same panel, plan, configuration
//! and seed give the same model bytes, whatever the number of threads.
//!
//! What this crate refuses: the network, MLflow, reading sales tables, and the system clock.

mod accuracy;
mod answer;
pub mod artifact;
mod backtest;
mod boosted;
mod calibration;
mod card;
mod error;
mod family;
mod fitted;
mod floor;
mod forest;
mod global;
mod linear;
mod local;
mod memory;
mod metric;
mod model;
mod nullable;
mod observer;
mod recursion;
mod report;
mod scoring;
mod train;

pub use accuracy::{Accuracy, QuantileAccuracy};
pub use backtest::{BacktestConfig, backtest};
pub use boosted::BoostedLoss;
pub use card::{FamilyScore, ModelCard};
pub use error::{ForecastError, ModelError};
pub use family::{Family, UnknownFamily};
pub use fitted::{FamilyFit, FittedFamily};
pub use metric::{Metric, UnknownMetric};
pub use model::{ForecastModel, ForecastRequest};
pub use observer::{NoObserver, Observer, Phase, ProgressEvent};
pub use report::{BacktestReport, CalibrationCheck, ModelResult};
pub use train::{TrainRequest, train};
