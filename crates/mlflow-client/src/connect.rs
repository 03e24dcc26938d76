//! Opens the store that a configuration names.

use std::sync::Arc;

use crate::config::{ConfigError, TrackingUri, names};
use crate::rest::RestStore;
use crate::{ClientConfig, MlflowStore, Result};

/// Opens the store that the tracking URI names: a server for `http(s)://`, the embedded store for
/// `sqlite:///`. A server is not called yet; see [`MlflowStore::ping`].
///
/// # Errors
/// [`Error::Config`](crate::Error::Config) if the certificates cannot be read or the credentials
/// cannot be sent; [`Error::Storage`](crate::Error::Storage) if the database cannot be opened.
pub async fn connect(config: &ClientConfig) -> Result<Arc<dyn MlflowStore>> {
    match &config.tracking_uri {
        TrackingUri::Server(address) => Ok(Arc::new(RestStore::new(address, config)?)),
        TrackingUri::Sqlite(_) => Err(ConfigError::one(
            names::TRACKING_URI,
            "the embedded store is not supported by this build; use http://host:5000",
        )
        .into()),
    }
}
