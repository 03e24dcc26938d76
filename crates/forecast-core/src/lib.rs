//! The vocabulary of demand forecasting: series, panels, frequencies, metrics, backtest splits.
