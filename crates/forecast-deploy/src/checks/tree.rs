//! The files of a repository that say how it is deployed, read once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::finding::Place;
use super::yaml::{self, Node, SyntaxError};
use crate::contract::{self, Contract};

/// Folders that are read, from the root of the repository.
const FOLDERS: [&str; 4] = ["deploy", "mlflow-server", "ci", ".github"];

/// The file that the root of the repository has.
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
#[derive(Debug, Default)]
pub(super) struct Tree {
    root: PathBuf,
    toolchain: Option<String>,
    pub(super) files: BTreeMap<String, SourceFile>,
    contracts: BTreeMap<String, Contract>,
    /// Settings that could not be read, with why.
    pub(super) unread: Vec<(Place, &'static str)>,
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
        // Says whether this is the root at all.
        fs::metadata(root.join(MANIFEST))
            .map_err(|source| CheckError::Read { path: MANIFEST.to_owned(), source })?;
        let toolchain = fs::read_to_string(root.join("rust-toolchain.toml")).ok();
        let channel = |text: String| {
            text.lines().find_map(|line| Some(line.strip_prefix("channel = ")?.trim_matches('"').to_owned()))
        };
        let toolchain = toolchain.and_then(channel);
        let mut tree = Self { root: root.to_owned(), toolchain, ..Self::default() };
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
            } else if about.is_file() && about.len() > LONGEST_BYTES {
                self.skip(&path, "is longer than 2 MiB");
            } else if about.is_file() {
                let bytes = fs::read(entry.path()).map_err(failed(&path))?;
                match String::from_utf8(bytes) {
                    Ok(text) => {
                        self.files.insert(path.clone(), SourceFile::new(path, text, mode(&about)));
                    }
                    Err(_) => self.skip(&path, "is no text in UTF-8"),
                }
            }
        }
        Ok(())
    }

    /// Keeps a settings file that cannot be read for a finding; others, such as pictures, are none.
    fn skip(&mut self, path: &str, reason: &'static str) {
        let ends = ["yaml", "yml", "json", "sh", "py", "ps1", "ini", "conf", "txt", "Dockerfile"];
        if ends.iter().any(|end| path.ends_with(end)) {
            self.unread.push((Place { file: path.into(), line: 1 }, reason));
        }
    }

    /// Whether something is at a path from the root, read or not.
    pub(super) fn exists(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    pub(super) fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.get(path)
    }

    /// The compiler's version in `rust-toolchain.toml`.
    pub(super) fn toolchain(&self) -> Option<&str> {
        self.toolchain.as_deref()
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

    /// Whether nothing is in it, comments of YAML apart.
    pub(super) fn is_empty(&self) -> bool {
        let is_data = [".yaml", ".yml", ".json"].iter().any(|end| self.path.ends_with(end));
        self.text.trim().is_empty() || (is_data && self.syntax.is_none() && self.documents.is_empty())
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
