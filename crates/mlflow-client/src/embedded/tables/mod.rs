//! MLflow's tables, one file per area: each function runs inside a transaction of the caller.

pub(super) mod aliases;
pub(super) mod batch;
pub(super) mod experiments;
pub(super) mod inputs;
pub(super) mod logged_models;
pub(super) mod metrics;
pub(super) mod model_source;
pub(super) mod model_versions;
pub(super) mod registered_models;
mod run_name;
pub(super) mod runs;

use rusqlite::{Connection, Params, Row};

use super::fault::Outcome;
use crate::types::{Param, Tag};

/// The workspace of a single-tenant store.
const WORKSPACE: &str = "default";

/// All rows of a query.
fn rows<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Outcome<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map(params, read)?.collect::<rusqlite::Result<Vec<T>>>()?;
    Ok(found)
}

/// A tag in the first two columns.
fn tag(row: &Row<'_>) -> rusqlite::Result<Tag> {
    Ok(Tag { key: row.get(0)?, value: text(row, 1)? })
}

/// A param in the first two columns.
fn param(row: &Row<'_>) -> rusqlite::Result<Param> {
    Ok(Param { key: row.get(0)?, value: text(row, 1)? })
}

/// A text that is empty where the column is null.
fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    Ok(row.get::<_, Option<String>>(column)?.unwrap_or_default())
}

/// A number that is 0 where the column is null.
fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<i64> {
    Ok(row.get::<_, Option<i64>>(column)?.unwrap_or_default())
}
