//! Forecast model families, backtests, intervals and the versioned model artifact.
