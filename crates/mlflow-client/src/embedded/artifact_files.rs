//! Copies and lists the files behind artifacts.
//!
//! A file appears under its name only when all of it is on the disk: it is written elsewhere on
//! the same file system, synchronised, and renamed. A process that is killed leaves at most a file
//! in the waiting place, which [`remove_stale`] takes away a day later.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::artifact_place::{Place, is_incoming};
use crate::types::FileInfo;

/// After this long no living process still writes to a waiting file.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// What could not be done with a file.
#[derive(Debug)]
pub(super) struct FileFault {
    /// The file.
    pub(super) path: PathBuf,
    /// What the system said.
    pub(super) source: io::Error,
}

/// Creates the folders that a place needs.
pub(super) fn make_room(place: &Place) -> Result<(), FileFault> {
    for folder in [place.incoming.parent(), place.path.parent()].into_iter().flatten() {
        fs::create_dir_all(folder).map_err(|error| fault(folder, error))?;
    }
    Ok(())
}

/// Copies a file to a place whose folders exist, replacing what was there. Returns its size in
/// bytes.
pub(super) fn copy_in(from: &Path, to: &Place) -> Result<u64, FileFault> {
    let mut source = File::open(from).map_err(|error| fault(from, error))?;
    appear(to, |incoming| io::copy(&mut source, incoming))
}

/// Writes bytes to a place whose folders exist, replacing what was there.
pub(super) fn write_in(bytes: &[u8], to: &Place) -> Result<(), FileFault> {
    appear(to, |incoming| incoming.write_all(bytes))
}

/// The entries of a folder by name; none if there is no such folder.
pub(super) fn list(folder: &Path) -> Result<Vec<FileInfo>, FileFault> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(fault(folder, error)),
    };
    let mut listed = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| fault(folder, error))?;
        let path = entry.path();
        let name = entry.file_name().into_string().map_err(|name| fault(&path, unreadable_name(&name)))?;
        if is_incoming(&name) {
            continue;
        }
        // Follows links. A file that was deleted since the folder was read is not there any more.
        let found = match fs::metadata(&path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(fault(&path, error)),
        };
        let size_bytes = (!found.is_dir()).then(|| i64::try_from(found.len()).unwrap_or(i64::MAX));
        listed.push(FileInfo { path: name, is_dir: found.is_dir(), size_bytes });
    }
    listed.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(listed)
}

/// Removes files that have waited for more than a day. What cannot be removed stays: this is
/// tidying, and nothing depends on it.
pub(super) async fn remove_stale(folder: PathBuf) {
    let tidied = tokio::task::spawn_blocking(move || {
        let Ok(entries) = fs::read_dir(&folder) else { return };
        for entry in entries.flatten() {
            let age =
                entry.metadata().and_then(|found| found.modified()).ok().and_then(|at| at.elapsed().ok());
            if age.is_some_and(|age| age > STALE)
                && let Err(error) = fs::remove_file(entry.path())
            {
                tracing::debug!(file = %entry.path().display(), %error, "a file left by a killed process stays");
            }
        }
    });
    if let Err(error) = tidied.await {
        tracing::debug!(%error, "could not look for files left by killed processes");
    }
}

/// Lets a file appear at a place once `write` has filled it.
fn appear<T>(to: &Place, write: impl FnOnce(&mut File) -> io::Result<T>) -> Result<T, FileFault> {
    let written = fill(&to.incoming, write).and_then(|written| {
        fs::rename(&to.incoming, &to.path).map_err(|error| fault(&to.path, error))?;
        Ok(written)
    });
    if written.is_err() {
        // The first error is the one to report; there may be nothing to remove.
        drop(fs::remove_file(&to.incoming));
    } else if let Some(folder) = to.path.parent() {
        // The name is on the disk only when the folder is.
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| fault(folder, error))?;
    }
    written
}

fn fill<T>(path: &Path, write: impl FnOnce(&mut File) -> io::Result<T>) -> Result<T, FileFault> {
    let fill = || {
        let mut file = File::create_new(path)?;
        let written = write(&mut file)?;
        file.sync_all()?;
        Ok(written)
    };
    fill().map_err(|error| fault(path, error))
}

fn unreadable_name(name: &OsString) -> io::Error {
    io::Error::other(format!("the name {name:?} is not valid Unicode; rename the file"))
}

fn fault(path: &Path, source: io::Error) -> FileFault {
    FileFault { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(folder: &Path, name: &str) -> Place {
        Place { path: folder.join(name), incoming: folder.join(".incoming").join("x.part") }
    }

    #[test]
    fn a_file_appears_whole_and_replaces_the_earlier_one() {
        let folder = tempfile::tempdir().unwrap();
        let to = place(folder.path(), "a/b.txt");
        assert!(write_in(b"one", &to).is_err(), "the folders do not exist yet");
        make_room(&to).unwrap();
        write_in(b"one", &to).unwrap();
        fs::write(folder.path().join("source"), "three").unwrap();
        assert_eq!(copy_in(&folder.path().join("source"), &to).unwrap(), 5);
        assert_eq!(fs::read(&to.path).unwrap(), b"three");
        assert!(!to.incoming.exists());
    }

    #[test]
    fn a_failed_write_leaves_the_earlier_file() {
        let folder = tempfile::tempdir().unwrap();
        let to = place(folder.path(), "b.txt");
        make_room(&to).unwrap();
        write_in(b"one", &to).unwrap();
        let failed =
            appear(&to, |file| file.write_all(b"tw").and(Err::<(), _>(io::Error::other("unplugged"))))
                .unwrap_err();
        assert_eq!(failed.source.to_string(), "unplugged");
        assert_eq!(fs::read(&to.path).unwrap(), b"one");
        assert!(!to.incoming.exists());
    }

    #[test]
    fn lists_by_name_without_waiting_files() {
        let folder = tempfile::tempdir().unwrap();
        assert!(list(&folder.path().join("nowhere")).unwrap().is_empty());
        fs::create_dir(folder.path().join("z")).unwrap();
        fs::create_dir(folder.path().join(".incoming")).unwrap();
        fs::write(folder.path().join("b"), "12").unwrap();
        fs::write(folder.path().join(".0.part"), "").unwrap();
        let listed = list(folder.path()).unwrap();
        assert_eq!(
            listed,
            [
                FileInfo { path: "b".into(), is_dir: false, size_bytes: Some(2) },
                FileInfo { path: "z".into(), is_dir: true, size_bytes: None },
            ]
        );
    }
}
