//! The connections to the database file, and how work gets on them.
//!
//! One connection writes and one reads, so that a reader of this process never waits for its
//! writer; other processes share the file through SQLite's write-ahead log. Every piece of work is
//! one transaction on a thread that may block: it happens as a whole or not at all, also when the
//! caller stops waiting or the process is killed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use super::fault::{Fault, Outcome};
use super::location::folder_of;
use super::schema;
use crate::{Error, Result};

/// How long to wait for another process that holds the write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// How long to wait between two attempts to switch the write-ahead log on.
const WAL_RETRY: Duration = Duration::from_millis(20);

/// Statements that each connection keeps prepared.
const CACHED_STATEMENTS: usize = 128;

/// An open database at MLflow's head revision.
#[derive(Debug, Clone)]
pub(super) struct Database {
    connections: Arc<Connections>,
}

#[derive(Debug)]
struct Connections {
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
}

impl Database {
    /// Opens the file, creating it and its tables where there is none. `uri` is for messages.
    ///
    /// # Errors
    /// A folder that is missing or not writable, a database at another revision or of another
    /// program, or one that stays locked.
    pub(super) async fn open(path: PathBuf, uri: String) -> Result<Self> {
        const OPERATION: &str = "open the embedded store";
        on_blocking_thread(OPERATION, move || {
            let folder = folder_of(&path);
            if !folder.is_dir() {
                return Err(Fault::Invalid(format!(
                    "the folder {} of the database {uri} does not exist; create it or change the tracking URI",
                    folder.display()
                )));
            }
            let writer = prepare(&path, &uri)?;
            let reader = connect(&path)?;
            let connections = Connections { writer: Mutex::new(writer), reader: Mutex::new(reader) };
            Ok(Self { connections: Arc::new(connections) })
        })
        .await
    }

    /// Runs `work` on one consistent state of the database.
    ///
    /// # Errors
    /// Those of `work`, said of `operation`.
    pub(super) async fn read<T, F>(&self, operation: &'static str, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Outcome<T> + Send + 'static,
    {
        let connections = Arc::clone(&self.connections);
        on_blocking_thread(operation, move || {
            let mut reader = lock(&connections.reader);
            let transaction = reader.transaction()?;
            let found = work(&transaction)?;
            transaction.commit()?;
            Ok(found)
        })
        .await
    }

    /// Runs `work` alone among all writers of all processes, and keeps what it did only if it
    /// succeeds.
    ///
    /// # Errors
    /// Those of `work`, said of `operation`; `Unavailable` if another process keeps the lock.
    pub(super) async fn write<T, F>(&self, operation: &'static str, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Outcome<T> + Send + 'static,
    {
        let connections = Arc::clone(&self.connections);
        on_blocking_thread(operation, move || {
            let mut writer = lock(&connections.writer);
            // The lock is taken at the start: a transaction that begins by reading and then finds
            // that somebody else has written could only fail.
            let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        })
        .await
    }
}

/// A panic in earlier work rolled its transaction back, so the connection is as good as new.
fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn on_blocking_thread<T, F>(operation: &'static str, work: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> Outcome<T> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome.map_err(|fault| fault.during(operation)),
        Err(stopped) if stopped.is_panic() => std::panic::resume_unwind(stopped.into_panic()),
        Err(stopped) => Err(Error::Storage {
            operation,
            detail: "the program is shutting down".to_owned(),
            source: Box::new(stopped),
        }),
    }
}

/// A connection for writing to a database that is ready for use.
fn prepare(path: &Path, uri: &str) -> Outcome<Connection> {
    let mut connection = connect(path)?;
    if !schema::is_ready(&connection, uri)? {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        schema::create(&transaction, uri)?;
        transaction.commit()?;
    }
    use_write_ahead_log(&connection)?;
    Ok(connection)
}

fn connect(path: &Path) -> Outcome<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    // The same three settings as MLflow's own sessions, and commits that outlive a power cut.
    connection.execute_batch(
        "PRAGMA foreign_keys = ON; PRAGMA case_sensitive_like = ON; PRAGMA synchronous = FULL;",
    )?;
    Ok(connection)
}

/// Switches the write-ahead log on. The setting stays in the file, and MLflow works with it.
///
/// SQLite needs the file for itself at that moment and does not always wait for it, hence the
/// attempts. Where others never leave it alone, or the file system has no shared memory, the old
/// journal stays: readers and writers then wait for each other, and nothing else changes.
fn use_write_ahead_log(connection: &Connection) -> Outcome<()> {
    let deadline = Instant::now() + BUSY_TIMEOUT;
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0)) {
            Ok(mode) => {
                tracing::debug!(journal_mode = mode, "opened the embedded store");
                return Ok(());
            }
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && Instant::now() < deadline =>
            {
                sleep(WAL_RETRY);
            }
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                tracing::warn!(%error, "the embedded store works without its write-ahead log");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
    }
}
