//! What goes wrong inside the store, before it is known which call it belongs to.
//!
//! Functions in this module's siblings return a [`Fault`]; the [`Database`](super::database::Database)
//! turns it into the crate's [`Error`] once it knows the operation that was asked for.

use rusqlite::ErrorCode;

use crate::Error;

/// The result of a step inside the store.
pub(super) type Outcome<T> = Result<T, Fault>;

/// Why a step did not succeed.
#[derive(Debug)]
pub(super) enum Fault {
    /// What was asked for does not exist.
    NotFound(String),
    /// Something of that name exists.
    AlreadyExists(String),
    /// The request breaks a rule of MLflow.
    Invalid(String),
    /// The embedded store does not do that.
    Unsupported(String),
    /// The database failed.
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Fault {
    /// For the checks that the whole crate shares; their own operation is replaced.
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound { detail, .. } => Self::NotFound(detail),
            Error::Unsupported { detail, .. } => Self::Unsupported(detail),
            Error::InvalidParameter { detail, .. } => Self::Invalid(detail),
            other => Self::Invalid(other.to_string()),
        }
    }
}

impl Fault {
    /// The error that a caller sees.
    pub(super) fn during(self, operation: &'static str) -> Error {
        match self {
            Self::NotFound(detail) => Error::NotFound { operation, detail },
            Self::AlreadyExists(detail) => Error::AlreadyExists { operation, detail },
            Self::Invalid(detail) => Error::InvalidParameter { operation, detail },
            Self::Unsupported(detail) => Error::Unsupported { operation, detail },
            Self::Sql(rusqlite::Error::ToSqlConversionFailure(reason)) => Error::InvalidParameter {
                operation,
                detail: format!("a number is larger than the database can hold: {reason}"),
            },
            Self::Sql(source) => database_failure(operation, source),
        }
    }
}

fn database_failure(operation: &'static str, source: rusqlite::Error) -> Error {
    let remedy = match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            return Error::Unavailable {
                operation,
                retry_after: None,
                detail: format!("another process keeps the database locked: {source}"),
            };
        }
        Some(ErrorCode::DiskFull) => "the disk is full; make room and try again",
        Some(ErrorCode::ReadOnly) => "the database or its folder is read-only; allow writing to both",
        Some(ErrorCode::CannotOpen) => {
            "the database file cannot be opened; its folder must exist and be writable"
        }
        Some(ErrorCode::NotADatabase) => "the file is not an SQLite database; name another one",
        Some(ErrorCode::DatabaseCorrupt) => "the database file is damaged; restore it from a backup",
        _ => "SQLite refused",
    };
    Error::Storage { operation, detail: format!("{remedy}: {source}"), source: Box::new(source) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sqlite(code: i32) -> Error {
        let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
        Fault::from(error).during("log a batch")
    }

    #[test]
    fn a_lock_passes_and_a_full_disk_does_not() {
        let locked = sqlite(rusqlite::ffi::SQLITE_BUSY);
        assert!(locked.is_transient() && matches!(locked, Error::Unavailable { .. }), "{locked}");
        let full = sqlite(rusqlite::ffi::SQLITE_FULL);
        assert!(!full.is_transient());
        let text = full.to_string();
        assert!(text.starts_with("log a batch: the database failed: the disk is full; make room"), "{text}");
    }

    #[test]
    fn a_number_beyond_the_database_is_the_callers_mistake() {
        let error = rusqlite::Connection::open_in_memory()
            .unwrap()
            .query_row("SELECT ?1", [u64::MAX], |_| Ok(()))
            .unwrap_err();
        let error = Fault::from(error).during("get a model version");
        assert!(matches!(error, Error::InvalidParameter { .. }), "{error}");
    }
}
