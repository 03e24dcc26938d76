//! The vocabulary of demand forecasting, shared by every crate of the workspace.
//!
//! A [`Panel`] holds many series in contiguous columns; a [`Frequency`] maps dates to whole-number
//! [`Period`]s and back; a [`Horizon`] says how many periods ahead; a [`Forecast`] is the answer.
//! [`metrics`] measure how good an answer was and [`backtest`] says on which splits of history to ask.
//!
//! What this crate refuses: input and output, the system clock, table libraries, machine-learning
//! libraries and async code. Everything here is a plain value or a pure function.

pub mod backtest;
pub mod fit;
pub mod forecast;
pub mod frequency;
pub mod horizon;
pub mod key;
pub mod metrics;
pub mod panel;

pub use backtest::{BacktestWindow, RollingOrigin};
pub use fit::{Fit, Predict};
pub use forecast::{Forecast, PointForecasts, SeriesForecast};
pub use frequency::{Frequency, Period};
pub use horizon::{Horizon, QuantileLevels};
pub use key::SeriesKey;
pub use panel::{ColumnKind, Covariate, Panel, PanelBuilder, SeriesView, StaticColumn};
