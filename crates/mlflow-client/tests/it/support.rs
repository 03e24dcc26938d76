//! What the tests share.

use mlflow_client::ClientConfig;
use mlflow_client::config::TrackingUri;

/// A name that no other test, process or earlier run has used: stores outlive tests.
pub(crate) fn unique(prefix: &str) -> String {
    format!("{prefix}-{}", uuid::Uuid::new_v4().simple())
}

/// The configuration for a server.
pub(crate) fn config(url: &str) -> ClientConfig {
    let (uri, auth) = TrackingUri::parse(url).unwrap();
    ClientConfig { auth, ..ClientConfig::new(uri) }
}

/// Asserts that a call failed in a certain way, and gives the error's text.
macro_rules! refused {
    ($call:expr, $variant:ident) => {
        match $call {
            Err(error @ mlflow_client::Error::$variant { .. }) => error.to_string(),
            other => panic!("expected {}, got {other:?}", stringify!($variant)),
        }
    };
}
pub(crate) use refused;
