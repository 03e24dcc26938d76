//! Tests of forecast-features through its public interface.

mod ingest;
