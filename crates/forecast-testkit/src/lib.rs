//! Development only: sample data, oracles and real servers for tests.

pub mod docs;
pub mod flags;
pub mod ledger;
pub mod mlflow;
pub mod sample;
pub mod scripted_http;
pub mod workspace;
