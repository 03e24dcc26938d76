//! The address of a file or folder among the artifacts of a run or a model.

use std::fmt;

use crate::types::{LoggedModelInfo, RunInfo};
use crate::{Error, Result};

/// The address of an artifact, for instance `mlflow-artifacts:/1/models/m-…/artifacts/MLmodel`.
///
/// Roots come from the store ([`RunInfo::artifact_root`], [`LoggedModelInfo::artifact_root`],
/// [`RegistryStore::get_download_uri`](crate::RegistryStore::get_download_uri)); everything below
/// is reached by [`join`](Self::join), which refuses to leave the root.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ArtifactUri(String);

impl ArtifactUri {
    /// An address as a store wrote it. Trailing slashes are dropped.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if it is empty.
    pub fn new(uri: impl Into<String>) -> Result<Self> {
        let mut uri = uri.into();
        uri.truncate(uri.trim_end_matches('/').len());
        if uri.is_empty() {
            return Err(invalid(
                "the artifact URI is empty; the run or model has no artifact location".to_owned(),
            ));
        }
        Ok(Self(uri))
    }

    /// The address of something below this one.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] unless `path` is relative, its parts are joined by single `/`,
    /// and none of them is empty, `.`, `..` or holds a backslash, `#`, `%`, `?` or a control character.
    pub fn join(&self, path: &str) -> Result<Self> {
        check_relative(path)?;
        // A query belongs to the scheme (`mlflow-artifacts:/1?x=y`) and stays behind the path.
        Ok(Self(match self.0.split_once('?') {
            Some((before, query)) => format!("{}/{path}?{query}", before.trim_end_matches('/')),
            None => format!("{}/{path}", self.0),
        }))
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What comes before the first `:`; nothing for a plain path.
    #[must_use]
    pub fn scheme(&self) -> Option<&str> {
        self.0.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| scheme.len() > 1)
    }
}

impl fmt::Display for ArtifactUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl RunInfo {
    /// Where the files of this run are.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if the store gave the run no location.
    pub fn artifact_root(&self) -> Result<ArtifactUri> {
        ArtifactUri::new(self.artifact_uri.clone())
    }
}

impl LoggedModelInfo {
    /// Where the files of this model are.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if the store gave the model no location.
    pub fn artifact_root(&self) -> Result<ArtifactUri> {
        ArtifactUri::new(self.artifact_uri.clone())
    }
}

/// Refuses a path that might leave the folder it is relative to.
pub(crate) fn check_relative(path: &str) -> Result<()> {
    let fault = if path.is_empty() {
        "is empty"
    } else if path.contains('\\') || path.chars().any(char::is_control) {
        "holds a backslash or a control character"
    } else if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        "is absolute or has an empty, `.` or `..` part"
    } else if path.contains(['#', '%', '?']) {
        // A server takes these apart or decodes them a second time.
        "holds `#`, `%` or `?`"
    } else if path.as_bytes().get(1) == Some(&b':') {
        "starts with a drive letter"
    } else {
        return Ok(());
    };
    Err(invalid(format!("the artifact path {path:?} {fault}; give a relative path with parts joined by `/`")))
}

fn invalid(detail: String) -> Error {
    Error::InvalidParameter { operation: "address an artifact", detail }
}

#[cfg(test)]
mod tests {
    use super::ArtifactUri;

    #[test]
    fn joins_below_the_root() {
        let root = ArtifactUri::new("mlflow-artifacts:/1/abc/artifacts/").unwrap();
        assert_eq!(root.join("a/b c.txt").unwrap().as_str(), "mlflow-artifacts:/1/abc/artifacts/a/b c.txt");
        assert_eq!(root.scheme(), Some("mlflow-artifacts"));
        let queried = ArtifactUri::new("mlflow-artifacts:/1?token=x").unwrap();
        assert_eq!(queried.join("f").unwrap().as_str(), "mlflow-artifacts:/1/f?token=x");
        assert_eq!(ArtifactUri::new("/var/artifacts").unwrap().scheme(), None);
        assert_eq!(ArtifactUri::new("C:/artifacts").unwrap().scheme(), None);
    }

    #[test]
    fn refuses_to_leave_the_root() {
        let root = ArtifactUri::new("mlflow-artifacts:/1").unwrap();
        for path in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            "./a",
            "a\\b",
            "a\nb",
            "C:x",
            "a#b",
            "a%41",
            "a?b",
        ] {
            assert!(root.join(path).is_err(), "{path:?}");
        }
        assert!(ArtifactUri::new("/").is_err());
    }
}
