//! The training run: load, check, featurise, backtest, choose, refit, report, record.
