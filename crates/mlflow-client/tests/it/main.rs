//! Integration tests of `mlflow-client`: one conformance suite for every store, and what is
//! particular to each.

#![expect(clippy::unwrap_used, reason = "all of it is test code; clippy exempts only #[test] functions")]

mod conformance;
mod documentation;
mod embedded;
mod official_client;
mod rest_faults;
mod rest_secured;
mod rest_server;
mod rest_transfers;
mod support;
