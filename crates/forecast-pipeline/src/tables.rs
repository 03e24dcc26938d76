//! Tables that come out of a run: every forecast of the backtest, and the forecasts asked for.

mod backtest;
mod columns;
mod forecasts;

pub(crate) use backtest::write_backtest;
pub(crate) use forecasts::write_forecasts;
