//! The embedded store: MLflow's own SQLite database and artifact folder, without a server.
//!
//! The database has the schema of MLflow 3.17.2 at its head revision, and the artifacts lie where
//! `mlflow server`, started in the folder of the database, keeps them: a real server can take over
//! the very same files at any moment, and give them back. Several processes may use a store at
//! once; a process that is killed leaves it as it was after its last completed call.
//!
//! What this module refuses: migrating a database (`mlflow db upgrade` does), artifact stores other
//! than this machine's files, traces, prompts and everything else of MLflow that has no trait in
//! this crate.

mod artifact_files;
mod artifact_place;
mod artifact_store;
mod columns;
mod database;
mod fault;
mod location;
mod logged_model_store;
mod registry_store;
mod revisions;
mod schema;
mod search;
mod tables;
mod tracking_store;
mod validate;

use std::path::Path;

use async_trait::async_trait;

use self::artifact_place::ArtifactPlaces;
use self::database::Database;
use crate::{MlflowStore, Result};

/// MLflow's SQLite database and artifact folder, used without a server.
///
/// Cheap to clone; the clones share their connections.
#[derive(Debug, Clone)]
pub struct EmbeddedStore {
    uri: String,
    database: Database,
    places: ArtifactPlaces,
}

impl EmbeddedStore {
    /// Opens the store that `uri` names (`sqlite:///relative.db` or `sqlite:////absolute.db`),
    /// creating the database where there is none. Artifacts are below `artifact_root`; by default
    /// below `mlartifacts` beside the database, where `mlflow server` looks for them.
    ///
    /// # Errors
    /// `InvalidParameter` for a URI that names no SQLite file, a folder that does not exist, or a
    /// database of another program; `Unsupported` for a database of an older MLflow (the message
    /// has the command that upgrades it) or a newer one; `Storage` where the file cannot be opened
    /// or written; `Unavailable` if another process keeps it locked.
    pub async fn open(uri: &str, artifact_root: Option<&Path>) -> Result<Self> {
        let path = location::database_path(uri).map_err(|fault| fault.during("open the embedded store"))?;
        let root = artifact_root.map_or_else(|| location::default_artifact_root(&path), Path::to_owned);
        let database = Database::open(path, uri.to_owned()).await?;
        let places = ArtifactPlaces::new(root).await?;
        Ok(Self { uri: uri.to_owned(), database, places })
    }

    /// The folder below which artifacts are.
    #[must_use]
    pub fn artifact_root(&self) -> &Path {
        self.places.root()
    }
}

#[async_trait]
impl MlflowStore for EmbeddedStore {
    fn tracking_uri(&self) -> &str {
        &self.uri
    }

    fn run_url(&self, _experiment_id: &str, _run_id: &str) -> Option<String> {
        None
    }

    async fn ping(&self) -> Result<()> {
        self.database
            .read("ping the store", |connection| Ok(connection.query_row("SELECT 1", [], |_| Ok(()))?))
            .await
    }
}
