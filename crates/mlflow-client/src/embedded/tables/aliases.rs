//! `registered_model_aliases`.

use rusqlite::{Connection, OptionalExtension, params};

use super::{WORKSPACE, model_versions, registered_models, rows};
use crate::embedded::fault::{Fault, Outcome};
use crate::embedded::validate;
use crate::types::{Alias, ModelVersion};

pub(in crate::embedded) fn set(
    connection: &Connection,
    name: &str,
    alias: &str,
    version: u64,
) -> Outcome<()> {
    validate::new_alias(alias)?;
    let version = model_versions::get(connection, name, version)?.version;
    connection.execute(
        "INSERT INTO registered_model_aliases (workspace, name, alias, version) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (workspace, name, alias) DO UPDATE SET version = excluded.version",
        params![WORKSPACE, name, alias, version],
    )?;
    Ok(())
}

pub(in crate::embedded) fn delete(connection: &Connection, name: &str, alias: &str) -> Outcome<()> {
    validate::alias(alias)?;
    registered_models::must_exist(connection, name)?;
    connection.execute(
        "DELETE FROM registered_model_aliases WHERE workspace = ?1 AND name = ?2 AND alias = ?3",
        [WORKSPACE, name, alias],
    )?;
    Ok(())
}

/// The version that an alias points at. `latest` is no alias that can be set: it is the newest
/// version.
pub(in crate::embedded) fn version(
    connection: &Connection,
    name: &str,
    alias: &str,
) -> Outcome<ModelVersion> {
    validate::alias(alias)?;
    registered_models::must_exist(connection, name)?;
    if alias.eq_ignore_ascii_case("latest") {
        let latest = model_versions::latest(connection, name, &[])?;
        return latest
            .into_iter()
            .max_by_key(|version| version.version)
            .ok_or_else(|| Fault::NotFound(format!("registered model {name:?} has no version")));
    }
    let version = connection
        .prepare_cached(
            "SELECT version FROM registered_model_aliases WHERE workspace = ?1 AND name = ?2 AND alias = ?3",
        )?
        .query_row([WORKSPACE, name, alias], |row| row.get(0))
        .optional()?
        .ok_or_else(|| Fault::NotFound(format!("registered model {name:?} has no alias {alias:?}")))?;
    model_versions::get(connection, name, version)
}

/// The aliases of a registered model.
pub(super) fn of_model(connection: &Connection, name: &str) -> Outcome<Vec<Alias>> {
    rows(
        connection,
        "SELECT alias, version FROM registered_model_aliases WHERE workspace = ?1 AND name = ?2 ORDER BY alias",
        [WORKSPACE, name],
        |row| Ok(Alias { alias: row.get(0)?, version: row.get(1)? }),
    )
}

/// The aliases that point at a version.
pub(super) fn of_version(connection: &Connection, name: &str, version: u64) -> Outcome<Vec<String>> {
    rows(
        connection,
        "SELECT alias FROM registered_model_aliases WHERE workspace = ?1 AND name = ?2 AND version = ?3 ORDER BY alias",
        params![WORKSPACE, name, version],
        |row| row.get(0),
    )
}
