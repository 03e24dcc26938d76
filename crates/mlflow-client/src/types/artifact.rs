//! Files that belong to a run or a model.

use serde::{Deserialize, Serialize};

use super::wire;

/// One entry of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileInfo {
    /// Path relative to the folder that was listed, parts joined by `/`.
    pub path: String,
    /// Whether it is a folder.
    #[serde(default)]
    pub is_dir: bool,
    /// Size in bytes; absent for folders.
    #[serde(rename = "file_size", with = "wire::optional_int64", default)]
    pub size_bytes: Option<i64>,
}

/// What a transfer of a folder moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Transfer {
    /// Number of files.
    pub files: u64,
    /// Bytes in all of them together.
    pub bytes: u64,
}

impl std::ops::AddAssign for Transfer {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
    }
}
