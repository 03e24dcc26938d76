//! The HTTP forecast API: routes, wire types, errors, OpenAPI, readiness, hot swap and the page.
//!
//! [`Server::bind`] takes a checked [`ServerConfig`] and where MLflow is; [`Server::run`] serves until it
//! is told to stop, and drains. A task of its own follows the alias in the registry and swaps models in;
//! requests never wait for the registry, and the last good model is kept on disk.
//!
//! What this crate refuses: training, reading the environment, and answering a request with anything but
//! what the served model says.

mod answer;
pub mod config;
mod gate;
mod middleware;
mod problem;
mod request;
mod routes;
mod served;
mod server;
mod source;
mod state;
pub mod wire;

pub use config::{ConfigError, ConfigProblem, Drain, Limits, SETTINGS, ServerConfig, Setting};
pub use problem::{Code, Fault, PROBLEM_JSON};
pub use server::{Ended, ServeError, Server, Stop, serve_until_signal};

use state::ServiceState;

/// The OpenAPI description of the service, as `/openapi.json` answers it.
#[must_use]
pub fn openapi_json() -> String {
    routes::openapi_json()
}
