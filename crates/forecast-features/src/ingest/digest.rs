//! A fingerprint of the source files: the same bytes, the same digest, wherever they lie.

use std::fs::File;
use std::io::Read;

use sha2::{Digest, Sha256};

use super::error::IngestError;
use super::source::{SourceFile, io_error};

/// Hexadecimal digits kept; a tracking server takes at most 36.
const DIGITS: usize = 32;

/// The first 32 digits of the SHA-256 of a single file, as `sha256sum` prints it; of several files,
/// those of the SHA-256 of their digests in reading order.
pub(crate) fn digest_files(files: &[SourceFile]) -> Result<String, IngestError> {
    let digests = files.iter().map(digest_file).collect::<Result<Vec<_>, _>>()?;
    let digest = match digests.as_slice() {
        [single] => single.clone(),
        several => hex::encode(Sha256::digest(several.concat())),
    };
    Ok(digest[..DIGITS].to_owned())
}

/// A fingerprint of text, for rows that came in memory.
pub(crate) fn digest_text(text: &str) -> String {
    hex::encode(Sha256::digest(text))[..DIGITS].to_owned()
}

fn digest_file(source: &SourceFile) -> Result<String, IngestError> {
    let fail = |error| io_error(&source.path, error);
    let mut file = File::open(&source.path).map_err(fail)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer).map_err(fail)?;
        if count == 0 {
            return Ok(hex::encode(hasher.finalize()));
        }
        hasher.update(&buffer[..count]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::source::resolve_sources;

    #[test]
    fn the_digest_is_that_of_sha256sum() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.csv");
        std::fs::write(&path, "abc").unwrap();
        let files = resolve_sources(&[path.display().to_string()]).unwrap();
        assert_eq!(digest_files(&files).unwrap(), "ba7816bf8f01cfea414140de5dae2223");
        assert_eq!(digest_text("abc"), "ba7816bf8f01cfea414140de5dae2223");
    }
}
