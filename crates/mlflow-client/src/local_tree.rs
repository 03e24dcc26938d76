//! Folders of this machine.

use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Paths of all files below `root`, relative to it, parts joined by `/`, sorted.
pub(crate) async fn files_below(root: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let place = root.join(&folder);
        let mut entries = tokio::fs::read_dir(&place).await.map_err(|source| reading(&place, source))?;
        while let Some(entry) = entries.next_entry().await.map_err(|source| reading(&place, source))? {
            let path = entry.path();
            let Ok(name) = entry.file_name().into_string() else {
                return Err(reading(
                    &path,
                    std::io::Error::other("the name is not valid Unicode; rename the file"),
                ));
            };
            let relative = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            // Follows links, as a person who puts one there would expect.
            let kind = tokio::fs::metadata(&path).await.map_err(|source| reading(&path, source))?;
            if kind.is_dir() {
                folders.push(relative);
            } else if kind.is_file() {
                files.push(relative);
            } else {
                return Err(reading(&path, std::io::Error::other("neither a file nor a folder; remove it")));
            }
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// Creates a folder and those above it.
pub(crate) async fn create_dir(path: &Path) -> Result<()> {
    tokio::fs::create_dir_all(path).await.map_err(|source| Error::File {
        operation: "download artifacts",
        path: path.to_owned(),
        source,
    })
}

fn reading(path: &Path, source: std::io::Error) -> Error {
    Error::File { operation: "upload artifacts", path: PathBuf::from(path), source }
}

#[cfg(test)]
mod tests {
    use super::files_below;

    #[tokio::test]
    async fn lists_files_in_order_with_slashes() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("b/c")).unwrap();
        for file in ["b/c/2", "b/1", "a", "z"] {
            std::fs::write(root.path().join(file), "x").unwrap();
        }
        assert_eq!(files_below(root.path()).await.unwrap(), ["a", "b/1", "b/c/2", "z"]);
        let missing = files_below(&root.path().join("nowhere")).await.unwrap_err().to_string();
        assert!(missing.contains("nowhere"), "{missing}");
    }
}
