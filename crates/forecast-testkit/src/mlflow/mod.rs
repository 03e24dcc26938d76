//! Real MLflow servers for tests, on real PostgreSQL or SQLite.
//!
//! Nothing here is an imitation: the processes are MLflow's own server from the environment that
//! `ci/setup-dev.sh` makes, and PostgreSQL from the machine or from that environment. They listen
//! on loopback (PostgreSQL on a Unix socket only), at ports the system chooses, and end with the
//! process that started them, however it ends.
//!
//! What it refuses: skipping. Where the environment is missing, starting is an error that says
//! how to make it.

mod certificate;
mod dev;
mod error;
mod options;
mod postgres;
mod server;
mod supervised;

pub use certificate::Certificate;
pub use dev::DevEnvironment;
pub use error::HarnessError;
pub use options::{Backend, Login, Options};
pub use postgres::Postgres;
pub use server::MlflowServer;
