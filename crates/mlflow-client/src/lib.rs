//! Typed client of an MLflow server, and an embedded SQLite store behind the same traits.
