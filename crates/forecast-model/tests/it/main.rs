//! Backtests, trained models and their folders, on a small panel with a law that is known.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod artifact;
mod backtest;
mod boosted;
mod forecast;
mod support;
