//! The process-wide TLS implementation: ring, through rustls.
//!
//! The HTTP clients of the workspace are built without a provider of their own, so that the tree
//! holds one. It has to be installed before the first `https` request.

/// Installs ring as the TLS provider of the process; does nothing when one is installed already.
pub fn install_tls_provider() {
    // An error means that another part of the program came first, which serves as well.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
}
