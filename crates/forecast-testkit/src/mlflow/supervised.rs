//! A process that ends with ours, whatever happens to us.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{DevEnvironment, HarnessError};

const SUPERVISOR: &str = include_str!("supervise.py");
const LOG: &str = "log.txt";
/// How much of a log an error shows.
const LOG_TAIL_BYTES: u64 = 6_000;
/// Pause between two looks at whether a server is ready.
const POLL: Duration = Duration::from_millis(50);
/// The supervisor kills after 5 s; it needs a moment to say so.
const STOP_DEADLINE: Duration = Duration::from_secs(20);

/// A command to run under supervision.
#[derive(Debug)]
pub(super) struct Job<'a> {
    /// What people call it.
    pub(super) what: &'static str,
    /// Its folder, removed when it stops. Its log is in there.
    pub(super) dir: TempDir,
    /// Who runs it; ourselves when absent.
    pub(super) user: Option<&'a str>,
    /// The signal that stops it.
    pub(super) stop_signal: &'static str,
    /// Program and arguments.
    pub(super) command: Vec<String>,
    /// Variables to set besides.
    pub(super) env: Vec<(&'static str, String)>,
}

/// A running command. Dropping it stops its whole process group and removes its folder.
#[derive(Debug)]
pub(super) struct Supervised {
    what: &'static str,
    child: Child,
    /// Closing this is what stops the command. `None` only while it is being dropped.
    lifeline: Option<ChildStdin>,
    dir: PathBuf,
}

impl Supervised {
    pub(super) fn start(dev: &DevEnvironment, job: Job<'_>) -> Result<Self, HarnessError> {
        let log_path = job.dir.path().join(LOG);
        let file = |source| HarnessError::File { path: log_path.clone(), source };
        let log = File::create(&log_path).map_err(file)?;
        let errors = log.try_clone().map_err(file)?;
        let mut child = dev
            .command("python")
            .arg("-c")
            .arg(SUPERVISOR)
            .arg(job.dir.path())
            .args([job.user.unwrap_or("-"), job.stop_signal])
            .args(&job.command)
            .envs(job.env)
            .stdin(Stdio::piped())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .map_err(|source| HarnessError::Spawn { command: job.command.join(" "), source })?;
        let lifeline = child.stdin.take();
        Ok(Self { what: job.what, child, lifeline, dir: job.dir.keep() })
    }

    /// Waits until `ready` finds what it looks for.
    pub(super) fn wait<T>(
        &mut self,
        deadline: Duration,
        mut ready: impl FnMut(&Self) -> Option<T>,
    ) -> Result<T, HarnessError> {
        let start = Instant::now();
        loop {
            if let Some(found) = ready(self) {
                return Ok(found);
            }
            if !matches!(self.child.try_wait(), Ok(None)) {
                return Err(HarnessError::Ended { what: self.what, log: self.log_tail() });
            }
            if start.elapsed() > deadline {
                return Err(HarnessError::NotReady {
                    what: self.what,
                    waited: deadline,
                    log: self.log_tail(),
                });
            }
            std::thread::sleep(POLL);
        }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn log(&self) -> String {
        fs::read(self.dir.join(LOG)).map_or_else(
            |fault| format!("(no log: {fault})"),
            |bytes| String::from_utf8_lossy(&bytes).into_owned(),
        )
    }

    pub(super) fn log_tail(&self) -> String {
        tail(&self.dir.join(LOG)).unwrap_or_else(|fault| format!("(no log: {fault})"))
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- the end of the log of {} ---\n{}", self.what, self.log_tail());
        }
        drop(self.lifeline.take());
        let start = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && start.elapsed() < STOP_DEADLINE {
            std::thread::sleep(POLL);
        }
        // The supervisor did this already unless the command had ended by itself.
        let _ignored = fs::remove_dir_all(&self.dir);
    }
}

fn tail(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(LOG_TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
