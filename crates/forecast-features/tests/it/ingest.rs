//! Ingestion: what comes out of good tables, and what is said about bad ones.

mod broken_files;
mod broken_rows;
#[cfg(feature = "cloud")]
mod cloud;
mod damage;
mod equivalence;
mod frequencies;
mod parquet_types;
mod policies;
mod report;
mod support;
