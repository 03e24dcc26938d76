//! Creates the tables of a new store, and refuses a database whose tables are not those of
//! MLflow's [`HEAD`] revision.
//!
//! It never migrates: `mlflow db upgrade` does, and only MLflow knows how.

use rusqlite::{Connection, OptionalExtension, Transaction};

use super::fault::{Fault, Outcome};
use super::revisions::{HEAD, MLFLOW_RELEASE, is_older};
use crate::types::now_ms;

/// MLflow's tables at [`HEAD`], with the rows that its migrations insert.
const TABLES: &str = include_str!("schema/mlflow-3.17.2.sql");

/// The experiment that MLflow creates at its first start.
const DEFAULT_EXPERIMENT: &str = "
    INSERT INTO experiments
        (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time, workspace)
    VALUES (0, 'Default', 'mlflow-artifacts:/0', 'active', ?1, ?1, 'default')
    ON CONFLICT DO NOTHING";

/// What an opened database file holds.
#[derive(Debug, PartialEq, Eq)]
enum Content {
    /// No tables at all.
    Nothing,
    /// MLflow's tables at some revision.
    Mlflow(String),
    /// Tables without an MLflow revision.
    Unversioned,
}

/// True if the database can be used as it is, without a transaction that writes.
///
/// # Errors
/// A database that is not MLflow's, or at another revision than [`HEAD`].
pub(super) fn is_ready(connection: &Connection, uri: &str) -> Outcome<bool> {
    match content(connection)? {
        Content::Nothing => Ok(false),
        Content::Mlflow(revision) if revision == HEAD => has_default_experiment(connection),
        Content::Mlflow(revision) => Err(other_revision(&revision, uri)),
        Content::Unversioned => Err(Fault::Invalid(format!(
            "the database {uri} has tables but no MLflow revision: it belongs to another program, or MLflow is creating it \
             this moment; name another file, or wait and try again"
        ))),
    }
}

/// Creates what is missing. Runs inside a transaction that holds the write lock, so that of two
/// processes that open a new database at once the second finds the work of the first.
///
/// # Errors
/// As [`is_ready`].
pub(super) fn create(transaction: &Transaction<'_>, uri: &str) -> Outcome<()> {
    if is_ready(transaction, uri)? {
        return Ok(());
    }
    if content(transaction)? == Content::Nothing {
        transaction.execute_batch(TABLES)?;
    }
    // A database made by `mlflow db upgrade` has its tables but not this row. Where somebody has given
    // its name to another experiment, it stays out.
    transaction.execute(DEFAULT_EXPERIMENT, [now_ms()])?;
    Ok(())
}

fn content(connection: &Connection) -> Outcome<Content> {
    let tables: i64 =
        connection
            .query_row("SELECT count(*) FROM sqlite_master WHERE type = 'table'", [], |row| row.get(0))?;
    if tables == 0 {
        return Ok(Content::Nothing);
    }
    let versioned: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version')",
        [],
        |row| row.get(0),
    )?;
    if !versioned {
        return Ok(Content::Unversioned);
    }
    let revision: Option<String> =
        connection.query_row("SELECT version_num FROM alembic_version", [], |row| row.get(0)).optional()?;
    Ok(revision.map_or(Content::Unversioned, Content::Mlflow))
}

fn has_default_experiment(connection: &Connection) -> Outcome<bool> {
    Ok(connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM experiments WHERE experiment_id = 0)",
        [],
        |row| row.get(0),
    )?)
}

fn other_revision(revision: &str, uri: &str) -> Fault {
    if is_older(revision) {
        Fault::Unsupported(format!(
            "the database is at revision {revision} of an MLflow before {MLFLOW_RELEASE}; back it up, then run \
             `mlflow db upgrade {uri}` with MLflow {MLFLOW_RELEASE}"
        ))
    } else {
        Fault::Unsupported(format!(
            "the database is at revision {revision}, which MLflow {MLFLOW_RELEASE} does not know: a newer MLflow has upgraded it. \
             Start that MLflow's server on it and set MLFLOW_TRACKING_URI to the server's address"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn created() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        let transaction = connection.transaction().unwrap();
        create(&transaction, "sqlite:///x.db").unwrap();
        transaction.commit().unwrap();
        connection
    }

    #[test]
    fn creates_mlflows_tables_and_rows_once() {
        let mut connection = created();
        assert!(is_ready(&connection, "sqlite:///x.db").unwrap());
        let transaction = connection.transaction().unwrap();
        create(&transaction, "sqlite:///x.db").unwrap();
        transaction.commit().unwrap();
        let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM sqlite_master WHERE type = 'table'"), 65);
        assert_eq!(count("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"), 1);
        assert_eq!(count("SELECT count(*) FROM experiments"), 1);
        assert_eq!(count("SELECT count(*) FROM workspaces WHERE name = 'default'"), 1);
    }

    #[test]
    fn names_the_upgrade_of_an_older_database() {
        let connection = created();
        connection.execute("UPDATE alembic_version SET version_num = '75868b020152'", []).unwrap();
        let error = is_ready(&connection, "sqlite:///x.db").unwrap_err().during("open").to_string();
        assert!(error.contains("mlflow db upgrade sqlite:///x.db"), "{error}");
    }

    #[test]
    fn tells_a_newer_database_from_a_foreign_one() {
        let connection = created();
        connection.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'", []).unwrap();
        let newer = is_ready(&connection, "sqlite:///x.db").unwrap_err().during("open").to_string();
        assert!(newer.contains("a newer MLflow has upgraded it"), "{newer}");
        let foreign = Connection::open_in_memory().unwrap();
        foreign.execute_batch("CREATE TABLE sales (day TEXT)").unwrap();
        let error = is_ready(&foreign, "sqlite:///x.db").unwrap_err().during("open").to_string();
        assert!(error.contains("belongs to another program"), "{error}");
    }
}
