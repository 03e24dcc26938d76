//! The HTTP client with the certificates that the configuration trusts.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, ClientBuilder};
use url::Url;

use crate::config::{ConfigError, Tls, names};

/// How long an unused connection is kept. Below the 75 s after which common proxies close it.
const POOL_IDLE: Duration = Duration::from_secs(60);

/// Builds the client for one server.
pub(super) fn client(address: &Url, tls: &Tls, connect: Duration) -> Result<reqwest::Client, ConfigError> {
    // One provider serves the whole process; an error means that somebody installed one already.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .user_agent(concat!("mlflow-client-rust/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(connect)
        .pool_idle_timeout(POOL_IDLE);
    trust(builder, address, tls)?.build().map_err(|fault| {
        ConfigError::one(names::SERVER_CERT_PATH, format!("cannot set up TLS: {}", innermost(&fault)))
    })
}

fn trust(builder: ClientBuilder, address: &Url, tls: &Tls) -> Result<ClientBuilder, ConfigError> {
    if address.scheme() == "http" {
        // Without TLS nothing is to be trusted, and a container may hold no certificates at all.
        return Ok(builder.tls_certs_only([]));
    }
    Ok(match tls {
        Tls::System => builder,
        Tls::Insecure => builder.tls_danger_accept_invalid_certs(true),
        Tls::CaFile(path) => {
            let problem = |fault: String| {
                ConfigError::one(names::SERVER_CERT_PATH, format!("{}: {fault}", path.display()))
            };
            let pem = std::fs::read(path).map_err(|fault| problem(fault.to_string()))?;
            let certificates = Certificate::from_pem_bundle(&pem)
                .map_err(|fault| problem(format!("{}; give a PEM file", innermost(&fault))))?;
            if certificates.is_empty() {
                return Err(problem(
                    "holds no certificate; give a PEM file with `BEGIN CERTIFICATE`".to_owned(),
                ));
            }
            builder.tls_certs_merge(certificates)
        }
    })
}

/// The last error of a chain, which says most.
pub(super) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
