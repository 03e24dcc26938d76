//! What a server is started with.

use std::path::PathBuf;

use super::Certificate;

/// Where a server keeps what it knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backend {
    /// A PostgreSQL of its own, empty at first.
    Postgres,
    /// A database file, created where there is none. It stays when the server stops.
    Sqlite(PathBuf),
}

/// What a server does besides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// Folder of the artifacts that it serves; one of its own when absent.
    pub artifacts: Option<PathBuf>,
    /// Asks for this login (`--app-name basic-auth`); everybody may do everything when absent.
    pub login: Option<Login>,
    /// Names that it may be called by; loopback and private addresses when empty.
    pub allowed_hosts: Vec<String>,
    /// Speaks TLS only, with this certificate; plain HTTP when absent.
    pub certificate: Option<Certificate>,
}

/// The administrator of a server with basic authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// User name.
    pub username: String,
    /// At least 12 characters.
    pub password: String,
}
