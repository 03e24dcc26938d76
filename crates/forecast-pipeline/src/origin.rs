//! Who runs what: facts about the caller that MLflow shows beside a run.

use std::path::Path;
use std::process::{Command, Stdio};

/// Who runs what. Nothing here is found out by the library: callers say what they want shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunOrigin {
    /// The user's name.
    pub user: Option<String>,
    /// The program's name.
    pub program: String,
    /// The commit of the working directory.
    pub git_commit: Option<String>,
}

/// The commit that is checked out in the git repository around `folder`; `None` outside of one,
/// before its first commit, or where git is not installed.
#[must_use]
pub fn git_commit(folder: &Path) -> Option<String> {
    let output = Command::new("git")
        .args(["rev-parse", "--verify", "--quiet", "HEAD"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let commit = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .then_some(commit)
}

#[cfg(test)]
mod tests {
    use super::git_commit;

    #[test]
    fn outside_of_a_repository_there_is_no_commit() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(git_commit(folder.path()), None);
    }
}
