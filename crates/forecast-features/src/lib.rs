//! Sales tables to checked panels, and one feature plan for training and serving.
//!
//! [`ingest`] reads tables (CSV, Parquet, rows of a request) into a [`forecast_core::Panel`] and tells
//! everything that is wrong with them at once. [`plan`] describes features; [`matrix`] holds them.
//! The same code computes a feature for a whole history and for the next step of a forecast.
//!
//! What this crate refuses: fitting models.

pub mod ingest;
pub mod matrix;
pub mod plan;
