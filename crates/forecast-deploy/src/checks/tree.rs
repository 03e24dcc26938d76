//! The files of a repository that say how it is deployed, read once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::finding::Place;
use super::yaml::{self, Node, SyntaxError};
use crate::contract::{self, Contract};

/// Folders that are read, from the root of the repository.
const FOLDERS: [&str; 4] = ["deploy", "mlflow-server", "ci", ".github"];

/// The file that says the version.
const MANIFEST: &str = "Cargo.toml";

/// Folders within them that hold data or caches.
const SKIPPED: [&str; 5] = ["mlartifacts", "backups", "data", "node_modules", "__pycache__"];

/// Longer files are no settings.
const LONGEST_BYTES: u64 = 2 << 20;

/// Files could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A file or folder.
    #[error("{path} cannot be read: {source}; run the check from the root of the repository")]
    Read {
        /// Path from the root.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A program's contract.
    #[error(
        "{path} is not a contract: {source}; write it anew with UPDATE_DOCS=1 cargo test --workspace --bins contract"
    )]
    Contract {
        /// Path from the root.
        path: String,
        /// Why.
        source: serde_json::Error,
    },
}

/// The deployment files of a repository.
#[derive(Debug)]
pub(super) struct Tree {
    root: PathBuf,
    version: String,
    pub(super) files: BTreeMap<String, SourceFile>,
    contracts: BTreeMap<String, Contract>,
}

/// A text file.
#[derive(Debug)]
pub(super) struct SourceFile {
    /// From the root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
    pub(super) mode: Mode,
    /// Its documents, where it is YAML or JSON.
    pub(super) documents: Vec<Node>,
    /// Why it has none.
    pub(super) syntax: Option<SyntaxError>,
}

/// Whether a file can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Plain,
    Executable,
}

impl Tree {
    /// Reads the deployment files under `root`.
    pub(super) fn read(root: &Path) -> Result<Self, CheckError> {
        let manifest = fs::read_to_string(root.join(MANIFEST))
            .map_err(|source| CheckError::Read { path: MANIFEST.to_owned(), source })?;
        let version = manifest.lines().find_map(|line| line.strip_prefix("version = ")).unwrap_or_default();
        let version = version.trim_matches('"').to_owned();
        let mut tree =
            Self { root: root.to_owned(), version, files: BTreeMap::new(), contracts: BTreeMap::new() };
        for folder in FOLDERS {
            if root.join(folder).is_dir() {
                tree.read_folder(folder)?;
            }
        }
        let prefix = format!("{}/", contract::FOLDER);
        for file in tree.files.values().filter(|file| file.path.starts_with(&prefix)) {
            let contract: Contract = serde_json::from_str(&file.text)
                .map_err(|source| CheckError::Contract { path: file.path.clone(), source })?;
            tree.contracts.insert(contract.program.clone(), contract);
        }
        Ok(tree)
    }

    fn read_folder(&mut self, folder: &str) -> Result<(), CheckError> {
        let failed = |path: &str| {
            let path = path.to_owned();
            move |source| CheckError::Read { path, source }
        };
        for entry in fs::read_dir(self.root.join(folder)).map_err(failed(folder))? {
            let entry = entry.map_err(failed(folder))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{folder}/{name}");
            let about = entry.metadata().map_err(failed(&path))?;
            if about.is_dir() && !SKIPPED.contains(&name.as_str()) {
                self.read_folder(&path)?;
            } else if about.is_file() && about.len() <= LONGEST_BYTES {
                let bytes = fs::read(entry.path()).map_err(failed(&path))?;
                if let Ok(text) = String::from_utf8(bytes) {
                    self.files.insert(path.clone(), SourceFile::new(path, text, mode(&about)));
                }
            }
        }
        Ok(())
    }

    /// Whether something is at a path from the root, read or not.
    pub(super) fn exists(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    pub(super) fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.get(path)
    }

    /// The version of the workspace, which is that of the image.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// The files under a folder.
    pub(super) fn under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a SourceFile> {
        self.files.values().filter(move |file| file.path.starts_with(folder))
    }

    pub(super) fn contract(&self, program: &str) -> Option<&Contract> {
        self.contracts.get(program)
    }
}

impl SourceFile {
    fn new(path: String, text: String, mode: Mode) -> Self {
        let is_data = [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end));
        let parsed = if is_data { yaml::parse(&path, &text) } else { Ok(Vec::new()) };
        let (documents, syntax) = match parsed {
            Ok(documents) => (documents, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        Self { path, text, mode, documents, syntax }
    }

    /// The lines with their numbers.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    /// A line of the file.
    pub(super) fn place(&self, line: usize) -> Place {
        Place { file: self.path.as_str().into(), line }
    }

    /// The first line that holds the text; the first of all where none does.
    pub(super) fn place_of(&self, text: &str) -> Place {
        self.place(self.lines().find(|(_, line)| line.contains(text)).map_or(1, |(number, _)| number))
    }
}

#[cfg(unix)]
fn mode(about: &fs::Metadata) -> Mode {
    use std::os::unix::fs::PermissionsExt;
    if about.permissions().mode() & 0o111 == 0 { Mode::Plain } else { Mode::Executable }
}

/// Where files have no such mark, every file can be run.
#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> Mode {
    Mode::Executable
}
