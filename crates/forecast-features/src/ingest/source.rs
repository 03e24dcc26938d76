//! From paths, directories and glob patterns to an ordered list of files, each with its format.
//!
//! Files of a directory or pattern are read in the order of their paths; a file that is named
//! twice is read once. The format is told from the first bytes, not from the name.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::error::{ConfigError, IngestError};

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    CsvGzip,
    Parquet,
}

/// A file to read.
#[derive(Clone, Debug)]
pub(crate) struct SourceFile {
    pub(crate) path: PathBuf,
    /// The path as messages show it.
    pub(crate) name: String,
    pub(crate) format: Format,
    pub(crate) bytes: u64,
    /// Keeps the temporary copy of a cloud object alive.
    #[cfg(feature = "cloud")]
    pub(crate) _copy: Option<std::sync::Arc<tempfile::TempDir>>,
}

/// Name endings of tables, looked for in directories.
const TABLE_ENDINGS: [&str; 7] = [".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz", ".parquet"];

/// All files that `sources` stand for.
pub(crate) fn resolve_sources(sources: &[String]) -> Result<Vec<SourceFile>, IngestError> {
    if sources.is_empty() {
        return Err(IngestError::Config(vec![ConfigError::NoSource]));
    }
    let mut files: Vec<SourceFile> = Vec::new();
    for source in sources {
        let source = source.strip_prefix("file://").unwrap_or(source);
        if is_url(source) {
            files.extend(from_cloud(source)?);
            continue;
        }
        for path in expand(source)? {
            let path = std::path::absolute(&path)
                .map(|full| (full, path.clone()))
                .map_err(|e| io_error(&path, e))?;
            if !files.iter().any(|file| std::path::absolute(&file.path).is_ok_and(|known| known == path.0)) {
                files.push(open_source(path.1)?);
            }
        }
    }
    Ok(files)
}

/// The local files that `sources` (paths, directories or glob patterns) stand for, in the order they
/// are read in. A plain path is taken as it is, whether there is such a file or not.
///
/// # Errors
/// A directory without a table, a pattern that matches nothing, an address, or a folder that cannot
/// be read.
pub fn source_files(sources: &[String]) -> Result<Vec<PathBuf>, IngestError> {
    let mut files = Vec::new();
    for source in sources {
        let source = source.strip_prefix("file://").unwrap_or(source);
        if is_url(source) {
            return Err(IngestError::NoFiles {
                source_name: source.to_owned(),
                reason: "is not on this machine".to_owned(),
            });
        }
        files.extend(expand(source)?);
    }
    Ok(files)
}

/// Whether `path`, which need not exist, is or would be one of the files that `sources` stand for.
#[must_use]
pub fn is_source(path: &Path, sources: &[String]) -> bool {
    let Some(path) = resolved(path) else { return false };
    let named = path.file_name().is_some_and(|name| is_table_name(&name.to_string_lossy()));
    sources.iter().map(|source| source.strip_prefix("file://").unwrap_or(source)).any(|source| {
        let place = Path::new(source);
        if place.is_dir() {
            return named && place.canonicalize().is_ok_and(|folder| path.starts_with(folder));
        }
        resolved(place).is_some_and(|file| file == path)
            || expand(source)
                .is_ok_and(|files| files.iter().filter_map(|file| resolved(file)).any(|f| f == path))
            || pattern_of(source).is_some_and(|pattern| pattern.matches_path(&path))
    })
}

/// The full path without links; the file itself need not exist.
fn resolved(path: &Path) -> Option<PathBuf> {
    let folder = match path.parent()? {
        here if here.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    path.canonicalize()
        .or_else(|_| {
            Ok::<_, std::io::Error>(folder.canonicalize()?.join(path.file_name().unwrap_or_default()))
        })
        .ok()
}

/// The pattern with its full path.
fn pattern_of(source: &str) -> Option<glob::Pattern> {
    let full = std::path::absolute(source).ok()?;
    source.contains(['*', '?', '[']).then(|| glob::Pattern::new(full.to_str()?).ok())?
}

#[cfg(not(feature = "cloud"))]
fn from_cloud(url: &str) -> Result<Vec<SourceFile>, IngestError> {
    Err(IngestError::CloudNotBuilt { url: url.to_owned() })
}

#[cfg(feature = "cloud")]
fn from_cloud(url: &str) -> Result<Vec<SourceFile>, IngestError> {
    let copies = super::cloud::download(url)?;
    let open = |copy: super::cloud::Download| {
        Ok(SourceFile { name: copy.url, _copy: Some(copy.folder), ..open_source(copy.path)? })
    };
    copies.into_iter().map(open).collect()
}

/// Whether `source` is an address rather than a path.
pub(crate) fn is_url(source: &str) -> bool {
    source.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+')
    })
}

pub(crate) fn io_error(path: &Path, source: std::io::Error) -> IngestError {
    IngestError::Io { path: path.to_owned(), source }
}

fn expand(source: &str) -> Result<Vec<PathBuf>, IngestError> {
    let path = Path::new(source);
    if path.is_dir() {
        let mut files = Vec::new();
        list_tables(path, &mut files)?;
        return non_empty(
            source,
            files,
            "is a directory without a table in it (.csv, .tsv, .txt, plain or .gz, or .parquet)",
        );
    }
    if path.exists() || !source.contains(['*', '?', '[']) {
        return Ok(vec![path.to_owned()]);
    }
    let pattern = glob::glob(source).map_err(|error| IngestError::NoFiles {
        source_name: source.to_owned(),
        reason: format!("is not a pattern: {error}"),
    })?;
    let mut files = Vec::new();
    for entry in pattern {
        let path = entry.map_err(|error| {
            let path = error.path().to_owned();
            io_error(&path, error.into())
        })?;
        if path.is_file() {
            files.push(path);
        }
    }
    non_empty(source, files, "matches no file")
}

fn non_empty(source: &str, mut files: Vec<PathBuf>, reason: &str) -> Result<Vec<PathBuf>, IngestError> {
    if files.is_empty() {
        return Err(IngestError::NoFiles { source_name: source.to_owned(), reason: reason.to_owned() });
    }
    files.sort();
    Ok(files)
}

/// Tables below a directory, without hidden files and the marks that engines leave (`_SUCCESS`).
fn list_tables(directory: &Path, files: &mut Vec<PathBuf>) -> Result<(), IngestError> {
    for entry in std::fs::read_dir(directory).map_err(|error| io_error(directory, error))? {
        let path = entry.map_err(|error| io_error(directory, error))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() && !name.starts_with(['.', '_']) {
            list_tables(&path, files)?;
        } else if is_table_name(&name) {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether a file of a directory is a table, by its name.
pub(crate) fn is_table_name(name: &str) -> bool {
    let name = name.to_lowercase();
    !name.starts_with(['.', '_']) && TABLE_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

fn open_source(path: PathBuf) -> Result<SourceFile, IngestError> {
    let mut file = File::open(&path).map_err(|error| io_error(&path, error))?;
    let bytes = file.metadata().map_err(|error| io_error(&path, error))?.len();
    let mut magic = Vec::new();
    file.by_ref().take(4).read_to_end(&mut magic).map_err(|error| io_error(&path, error))?;
    let looks_like_parquet = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet"));
    let format = match magic.as_slice() {
        [0x1f, 0x8b, ..] => Format::CsvGzip,
        b"PAR1" => Format::Parquet,
        _ if looks_like_parquet => Format::Parquet,
        _ => Format::Csv,
    };
    let name = path.display().to_string();
    Ok(SourceFile {
        path,
        name,
        format,
        bytes,
        #[cfg(feature = "cloud")]
        _copy: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_walked_in_order_and_nothing_is_read_twice() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.parquet", "notes.md", "_SUCCESS", ".hidden.csv"] {
            std::fs::write(directory.path().join(name), "x").unwrap();
        }
        let root = directory.path().display().to_string();
        let sources = [root.clone(), format!("{root}/*.csv"), format!("{root}/b.csv")];
        let names: Vec<String> = resolve_sources(&sources)
            .unwrap()
            .iter()
            .map(|file| file.path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        // A pattern matches what it says, hidden files too.
        assert_eq!(names, ["a.parquet", "b.csv", ".hidden.csv"]);
    }

    #[test]
    fn a_file_that_would_be_read_is_known_as_one() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("sales")).unwrap();
        std::fs::write(root.join("sales/a.csv"), "x").unwrap();
        let reads = |source: &str, file: &str| {
            is_source(&root.join(file), &[root.join(source).display().to_string()])
        };
        assert!(reads("sales/a.csv", "sales/a.csv") && reads("sales/a.csv", "sales/../sales/a.csv"));
        assert!(reads("sales", "sales/a.csv") && reads("sales", "sales/new.parquet"));
        assert!(reads("sales/*.csv", "sales/a.csv") && reads("sales/*.csv", "sales/new.csv"));
        assert!(!reads("sales/a.csv", "sales/new.csv") && !reads("sales", "new.csv"));
        assert!(!reads("sales/*.csv", "sales/new.parquet") && !reads("gone.csv", "no/such/folder/f.csv"));
    }

    #[test]
    fn nothing_found_is_said_in_so_many_words() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().display().to_string();
        let message = |source: String| resolve_sources(&[source]).unwrap_err().to_string();
        assert!(message(root.clone()).contains("without a table"));
        assert!(message(format!("{root}/*.csv")).contains("matches no file"));
        assert!(message(format!("{root}/sales.csv")).contains("cannot read"));
        assert!(is_url("s3://bucket/sales.parquet") && !is_url("C:/sales.csv"));
    }
}
