//! Which file of this machine an artifact URI means.
//!
//! `mlflow-artifacts:/1/…` is below the artifact root, `file:` URIs and absolute paths are
//! themselves. Every URI is checked part by part, so that none leads out of the folder it starts
//! in. Refused: other schemes, other machines and queries.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::fault::{Fault, Outcome};
use crate::artifact_uri::check_relative;
use crate::{ArtifactUri, Error, Result};

/// The folder below the artifact root in which files wait until they are complete. It is on the
/// same file system as their destination, and outside every experiment's folder.
const INCOMING: &str = ".incoming";

/// The places of artifacts.
#[derive(Debug, Clone)]
pub(super) struct ArtifactPlaces {
    root: PathBuf,
}

/// Where one artifact is, and where it waits until it is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The file or folder.
    pub(super) path: PathBuf,
    /// A file that nobody else uses, on the same file system.
    pub(super) incoming: PathBuf,
}

impl ArtifactPlaces {
    /// Places below `root`, which need not exist yet. Files that killed processes left incomplete
    /// long ago are removed.
    ///
    /// # Errors
    /// `File` if there is no current folder to make `root` absolute with.
    pub(super) async fn new(root: PathBuf) -> Result<Self> {
        let root = std::path::absolute(&root).map_err(|source| Error::File {
            operation: "open the embedded store",
            path: root,
            source,
        })?;
        super::artifact_files::remove_stale(root.join(INCOMING)).await;
        Ok(Self { root })
    }

    /// The folder that `mlflow-artifacts:/` means.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The place of an artifact or folder.
    ///
    /// # Errors
    /// A URI outside this store, or one that would leave its folder.
    pub(super) fn place(&self, uri: &ArtifactUri) -> Outcome<Place> {
        let name = format!("{}.part", Uuid::new_v4().simple());
        if let Some(rest) = uri.as_str().strip_prefix("mlflow-artifacts:") {
            let below = below_root(uri, rest)?;
            return Ok(Place { path: self.root.join(below), incoming: self.root.join(INCOMING).join(name) });
        }
        let path = local_path(uri)?;
        let incoming = match path.parent() {
            Some(folder) => folder.join(format!(".{name}")),
            None => return Err(refused(uri, "names the root of the file system")),
        };
        Ok(Place { path, incoming })
    }
}

/// True for a file that waits until it is complete.
pub(super) fn is_incoming(name: &str) -> bool {
    name == INCOMING || (name.starts_with('.') && name.ends_with(".part"))
}

/// The path below the root in `mlflow-artifacts:/path` or `mlflow-artifacts:///path`.
fn below_root<'a>(uri: &ArtifactUri, rest: &'a str) -> Outcome<&'a str> {
    let path = match rest.strip_prefix("//") {
        Some(with_host) => match with_host.strip_prefix('/') {
            Some(path) => path,
            None => return Err(refused(uri, "names a server; this store has none")),
        },
        None => match rest.strip_prefix('/') {
            Some(path) => path,
            None => return Err(refused(uri, "is not absolute")),
        },
    };
    check_relative(path)?;
    Ok(path)
}

fn local_path(uri: &ArtifactUri) -> Outcome<PathBuf> {
    let path = match uri.scheme() {
        None => PathBuf::from(uri.as_str()),
        Some("file") => url::Url::parse(uri.as_str())
            .ok()
            .and_then(|url| url.to_file_path().ok())
            .ok_or_else(|| refused(uri, "is not a file URI of this machine"))?,
        Some(scheme) => {
            return Err(Fault::Unsupported(format!(
                "artifact URI {uri}: the embedded store reads mlflow-artifacts: and file: only; for {scheme}: start `mlflow server` \
                 and set MLFLOW_TRACKING_URI to its address"
            )));
        }
    };
    // `Url` resolves `..` by itself, so the text is checked as well as the path.
    let climbs = uri.as_str().split('/').any(|part| part == "..")
        || path.components().any(|part| part.as_os_str() == "..");
    if climbs || !path.is_absolute() {
        return Err(refused(uri, "must be absolute and without `..`"));
    }
    Ok(path)
}

fn refused(uri: &ArtifactUri, why: &str) -> Fault {
    Fault::Invalid(format!("artifact URI {uri} {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(uri: &str) -> Outcome<PathBuf> {
        let places = ArtifactPlaces { root: PathBuf::from("/data/mlartifacts") };
        places.place(&ArtifactUri::new(uri).unwrap()).map(|place| place.path)
    }

    #[test]
    fn artifacts_are_below_the_root() {
        for uri in ["mlflow-artifacts:/1/r/artifacts/a b.txt", "mlflow-artifacts:///1/r/artifacts/a b.txt"] {
            assert_eq!(path(uri).unwrap(), Path::new("/data/mlartifacts/1/r/artifacts/a b.txt"));
        }
        assert_eq!(path("file:///srv/a%20b").unwrap(), Path::new("/srv/a b"));
        assert_eq!(path("/srv/a").unwrap(), Path::new("/srv/a"));
    }

    #[test]
    fn no_uri_leads_out_of_its_folder() {
        for uri in [
            "mlflow-artifacts:/../x",
            "mlflow-artifacts:/1/../../x",
            "mlflow-artifacts://host:1/x",
            "mlflow-artifacts:x",
            "mlflow-artifacts:/1/./x",
            "mlflow-artifacts:/1?x=/y",
            "file:///srv/../etc/passwd",
            "file:///srv/%2e%2e/etc/passwd/..",
            "file://host/srv",
            "relative/path",
            "/srv/../etc",
            "s3://bucket/x",
        ] {
            assert!(path(uri).is_err(), "{uri} was accepted");
        }
    }

    #[test]
    fn incomplete_files_wait_on_the_same_file_system() {
        let places = ArtifactPlaces { root: PathBuf::from("/data") };
        let place = places.place(&ArtifactUri::new("mlflow-artifacts:/1/x").unwrap()).unwrap();
        assert!(place.incoming.starts_with("/data/.incoming"));
        let beside = places.place(&ArtifactUri::new("file:///srv/x").unwrap()).unwrap().incoming;
        assert_eq!(beside.parent(), Some(Path::new("/srv")));
        assert!(is_incoming(beside.file_name().unwrap().to_str().unwrap()));
    }
}
