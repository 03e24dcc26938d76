//! A certificate that no authority has signed.

use std::path::{Path, PathBuf};

use super::{DevEnvironment, HarnessError};

/// A self-signed certificate for `localhost` and `127.0.0.1`, with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// PEM file of the certificate, to be trusted by clients.
    pub certificate: PathBuf,
    /// PEM file of its key.
    pub key: PathBuf,
}

impl Certificate {
    /// Makes one in a folder.
    ///
    /// # Errors
    /// [`HarnessError`].
    pub fn self_signed(dir: &Path) -> Result<Self, HarnessError> {
        let made = Self { certificate: dir.join("certificate.pem"), key: dir.join("key.pem") };
        let output = DevEnvironment::find()?
            .command("python")
            .args(["-c", include_str!("self_signed.py")])
            .args([&made.certificate, &made.key])
            .output()
            .map_err(|source| HarnessError::Spawn { command: "python".to_owned(), source })?;
        if output.status.success() {
            return Ok(made);
        }
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(HarnessError::Ended { what: "making a certificate", log })
    }
}
