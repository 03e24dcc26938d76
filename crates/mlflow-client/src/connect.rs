//! Opens the store that a configuration names.

use std::sync::Arc;

use crate::config::TrackingUri;
use crate::embedded::EmbeddedStore;
use crate::rest::RestStore;
use crate::{ClientConfig, MlflowStore, Result};

/// Opens the store that the tracking URI names: a server for `http(s)://`, the embedded store for
/// `sqlite:///`. A server is not called yet (see [`MlflowStore::ping`]); a database is created
/// where there is none.
///
/// # Errors
/// [`Error::Config`](crate::Error::Config) if the certificates cannot be read or the credentials
/// cannot be sent; for a database, see [`EmbeddedStore::open`].
pub async fn connect(config: &ClientConfig) -> Result<Arc<dyn MlflowStore>> {
    match &config.tracking_uri {
        TrackingUri::Server(address) => Ok(Arc::new(RestStore::new(address, config)?)),
        TrackingUri::Sqlite(uri) => {
            Ok(Arc::new(EmbeddedStore::open(uri, config.artifact_root.as_deref()).await?))
        }
    }
}
