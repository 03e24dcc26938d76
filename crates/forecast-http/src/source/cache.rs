//! The models on local disk: `<cache>/<model>/<alias>/<version>-<id>/` with the files of a version, and
//! `last-good.json` beside them.
//!
//! A folder appears under its name only when its files are complete and have been read once. The pointer
//! is replaced in one step, after the model answers. Programs that share the folder do each other no
//! harm. What the files are worth is for the artifact's own checksums to say.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use mlflow_client::types::ModelVersion;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::SourceError;

const POINTER: &str = "last-good.json";
/// After this, a download that is not complete is nobody's any more.
const ABANDONED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Which version a served model is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// Registered model.
    pub(crate) name: String,
    /// Version.
    pub(crate) version: u64,
    /// Run that trained it.
    pub(crate) run_id: String,
    /// Alias that was followed.
    pub(crate) alias: String,
    /// Registry it came from, without credentials.
    pub(crate) registry: String,
    /// Where the version came from: tells versions apart after a registry has begun anew.
    pub(crate) source: String,
}

impl Identity {
    pub(crate) fn of(version: &ModelVersion, alias: &str, registry: &str) -> Self {
        Self {
            name: version.name.clone(),
            version: version.version,
            run_id: version.run_id.clone(),
            alias: alias.to_owned(),
            registry: registry.to_owned(),
            source: version.source.clone(),
        }
    }
}

/// The copies of one model and alias.
#[derive(Clone, Debug)]
pub(crate) struct ModelCache {
    root: PathBuf,
    /// Where this program downloads to: always the same place, so that what is wrong with a download is
    /// said in the same words every time.
    incoming: PathBuf,
}

impl ModelCache {
    pub(crate) fn new(cache_dir: &Path, model: &str, alias: &str) -> Self {
        let root = cache_dir.join(file_name(model)).join(file_name(alias));
        let incoming = root.join(format!(".incoming-{}", Uuid::new_v4()));
        Self { root, incoming }
    }

    /// Where the files of a version are or would be.
    pub(crate) fn folder(&self, identity: &Identity) -> PathBuf {
        self.root.join(format!("{}-{}", identity.version, file_name(&identity.source)))
    }

    /// A new empty folder to download into.
    pub(crate) fn staging(&self) -> Result<PathBuf, SourceError> {
        let path = self.incoming.clone();
        if path.exists() {
            self.remove(&path);
        }
        fs::create_dir_all(&path).map_err(at(&path))?;
        Ok(path)
    }

    /// Why a download failed: where a file could not be written, it is this folder's fault and not the
    /// registry's. The same words every time, whatever the file was called.
    pub(crate) fn fault(&self, error: mlflow_client::Error) -> SourceError {
        match error {
            mlflow_client::Error::File { path, source, .. } if path.starts_with(&self.root) => {
                SourceError::Cache { path: self.root.clone(), source }
            }
            other => SourceError::Registry(other),
        }
    }

    /// Gives a complete download its name. Another program may have been first: its copy is as good.
    pub(crate) fn keep(&self, staging: &Path, identity: &Identity) -> Result<(), SourceError> {
        let folder = self.folder(identity);
        match fs::rename(staging, &folder) {
            Err(_) if folder.exists() => fs::remove_dir_all(staging).map_err(at(staging)),
            other => other.map_err(at(&folder)),
        }
    }

    /// Which version was good last, if any ever was.
    pub(crate) fn last_good(&self) -> Result<Option<Identity>, SourceError> {
        let path = self.root.join(POINTER);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.map_err(at(&path))?,
        };
        let identity = serde_json::from_slice(&text).map_err(|error| at(&path)(error.into()))?;
        Ok(Some(identity))
    }

    /// Notes that a version is good, and removes what is neither it nor the one before.
    pub(crate) fn note_good(&self, identity: &Identity) -> Result<(), SourceError> {
        let before = self.last_good().ok().flatten();
        let path = self.root.join(POINTER);
        let text = serde_json::to_vec_pretty(identity).map_err(|error| at(&path)(error.into()))?;
        let fresh = self.root.join(format!(".pointer-{}", Uuid::new_v4()));
        fs::write(&fresh, text).map_err(at(&self.root))?;
        fs::rename(&fresh, &path).map_err(at(&path))?;
        let wanted: Vec<PathBuf> =
            [Some(identity), before.as_ref()].into_iter().flatten().map(|known| self.folder(known)).collect();
        self.remove_except(&wanted).map_err(at(&self.root))
    }

    /// Removes a copy that turned out to be no good.
    pub(crate) fn remove(&self, folder: &Path) {
        if let Err(error) = fs::remove_dir_all(folder)
            && error.kind() != ErrorKind::NotFound
        {
            tracing::warn!(folder = %folder.display(), %error, "cannot remove a copy of a model");
        }
    }

    fn remove_except(&self, wanted: &[PathBuf]) -> io::Result<()> {
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            let path = entry.path();
            // Downloads of other programs are theirs, unless those died long ago.
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            let in_use = if hidden { is_recent(&entry) } else { wanted.contains(&path) };
            if path.is_dir() && !in_use {
                self.remove(&path);
            }
        }
        Ok(())
    }
}

/// Whether something was changed less than [`ABANDONED_AFTER`] ago, or nobody can say.
fn is_recent(entry: &fs::DirEntry) -> bool {
    let age = entry.metadata().and_then(|metadata| metadata.modified()).map(|at| at.elapsed());
    !matches!(age, Ok(Ok(age)) if age > ABANDONED_AFTER)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> SourceError {
    let path = path.to_owned();
    move |source| SourceError::Cache { path, source }
}

/// A text as the name of a file: other characters than letters, digits, `_`, `-` and `.` become `-`, and
/// a leading dot too.
fn file_name(text: &str) -> String {
    const LONGEST: usize = 100;
    let safe = |(position, c): (usize, char)| match c {
        '.' if position > 0 => c,
        c if c.is_ascii_alphanumeric() || c == '_' => c,
        _ => '-',
    };
    let skipped = text.chars().count().saturating_sub(LONGEST);
    text.chars().skip(skipped).enumerate().map(safe).collect()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn identity(version: u64) -> Identity {
        Identity {
            name: "m".to_owned(),
            version,
            run_id: "r".to_owned(),
            alias: "production".to_owned(),
            registry: "sqlite:///x.db".to_owned(),
            source: format!("models:/m-{version}"),
        }
    }

    fn download(cache: &ModelCache, version: u64) {
        let staging = cache.staging().unwrap();
        fs::write(staging.join("model"), version.to_string()).unwrap();
        cache.keep(&staging, &identity(version)).unwrap();
        cache.note_good(&identity(version)).unwrap();
    }

    #[test]
    fn the_last_good_version_and_the_one_before_stay() {
        let dir = tempfile::tempdir().unwrap();
        let cache = ModelCache::new(dir.path(), "a model", "production");
        assert_eq!(cache.last_good().unwrap(), None);
        for version in 1..=3 {
            download(&cache, version);
        }
        assert_eq!(cache.last_good().unwrap(), Some(identity(3)));
        let kept = [1, 2, 3].map(|version| cache.folder(&identity(version)).exists());
        assert_eq!(kept, [false, true, true]);
        download(&cache, 3);
        assert_eq!(fs::read_to_string(cache.folder(&identity(3)).join("model")).unwrap(), "3");
    }

    #[test]
    fn a_full_disk_is_told_in_the_same_words_every_time() {
        let dir = tempfile::tempdir().unwrap();
        let cache = ModelCache::new(dir.path(), "m", "production");
        let full = || {
            let path = cache.staging().unwrap().join("model.bin");
            let source = io::Error::from(ErrorKind::StorageFull);
            cache
                .fault(mlflow_client::Error::File { operation: "download artifact", path, source })
                .to_string()
        };
        let text = full();
        assert_eq!(text, full());
        assert!(text.contains("set FORECAST_CACHE_DIR to a folder that can be written"), "{text}");
    }

    #[test]
    fn only_downloads_that_were_abandoned_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let cache = ModelCache::new(dir.path(), "m", "production");
        let other = || ModelCache::new(dir.path(), "m", "production");
        let (running, dead) = (other().staging().unwrap(), other().staging().unwrap());
        let long_ago = SystemTime::now() - 2 * ABANDONED_AFTER;
        fs::File::open(&dead).unwrap().set_modified(long_ago).unwrap();
        download(&cache, 1);
        assert!(running.exists() && !dead.exists());
    }

    #[test]
    fn no_text_leaves_the_folder() {
        assert_eq!(file_name("../../etc"), "-.-..-etc");
        assert_eq!(file_name(".hidden"), "-hidden");
        assert_eq!(file_name(&"x".repeat(300)).len(), 100);
    }
}
