//! Where the checkout is that is being tested.

use std::env;
use std::path::PathBuf;

/// The root of the workspace: the nearest folder with a `Cargo.lock`, up from the package whose test
/// runs. Asked for when a test runs, not when it is compiled, since several checkouts may share one
/// target directory. Without such a folder, the current one.
#[must_use]
pub fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let start = package.or_else(|| env::current_dir().ok()).unwrap_or_default();
    let root = start.ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    root.map_or(start.clone(), PathBuf::from)
}
