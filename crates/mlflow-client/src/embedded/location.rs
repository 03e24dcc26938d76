//! Where the store's database and artifacts are.
//!
//! The URI has the form that MLflow itself takes: `sqlite:///relative.db` and
//! `sqlite:////absolute.db`. Refused: databases in memory (nothing else could open them), other
//! dialects, drivers and query parameters.

use std::path::{Path, PathBuf};

use super::fault::{Fault, Outcome};

/// The folder of artifacts beside the database: where `mlflow server`, started in the folder of
/// the database, keeps them too.
const ARTIFACT_FOLDER: &str = "mlartifacts";

/// The database file that a tracking URI names.
///
/// # Errors
/// A URI that names no SQLite file.
pub(super) fn database_path(uri: &str) -> Outcome<PathBuf> {
    let refuse = |why: &str| {
        Err(Fault::Invalid(format!(
            "tracking URI {uri:?} {why}; write sqlite:///relative/mlflow.db or sqlite:////absolute/mlflow.db"
        )))
    };
    let Some(path) = uri.strip_prefix("sqlite:///") else {
        return refuse("does not start with sqlite:///");
    };
    if path.is_empty() || path == ":memory:" {
        return refuse("names a database in memory, which no other process could open");
    }
    if path.contains('?') {
        return refuse("has query parameters, which the embedded store does not take");
    }
    if path.ends_with('/') {
        return refuse("names a folder");
    }
    Ok(PathBuf::from(path))
}

/// The folder that holds the database.
pub(super) fn folder_of(database: &Path) -> &Path {
    match database.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Where artifacts are unless the caller says otherwise.
pub(super) fn default_artifact_root(database: &Path) -> PathBuf {
    match folder_of(database) {
        folder if folder == Path::new(".") => PathBuf::from(ARTIFACT_FOLDER),
        folder => folder.join(ARTIFACT_FOLDER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_relative_and_absolute_uris() {
        assert_eq!(database_path("sqlite:///mlflow.db").unwrap(), Path::new("mlflow.db"));
        assert_eq!(database_path("sqlite:////data/mlflow.db").unwrap(), Path::new("/data/mlflow.db"));
        assert_eq!(default_artifact_root(Path::new("mlflow.db")), Path::new("mlartifacts"));
        assert_eq!(default_artifact_root(Path::new("/data/mlflow.db")), Path::new("/data/mlartifacts"));
    }

    #[test]
    fn refuses_uris_that_name_no_file() {
        for uri in [
            "sqlite://",
            "sqlite:///",
            "sqlite:///:memory:",
            "postgresql://h/db",
            "mlflow.db",
            "sqlite:///a.db?x=1",
            "sqlite:///a/",
        ] {
            assert!(database_path(uri).is_err(), "{uri} was accepted");
        }
    }
}
