//! Fit, backtest and record demand-forecast models.

fn main() {}
