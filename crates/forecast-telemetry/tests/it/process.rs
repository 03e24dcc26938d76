//! Running a test's body in a process of its own, because `init` is for a whole process.

use std::env;
use std::process::Command;
use std::time::{Duration, Instant};

/// Set in the processes that run a body.
const MARK: &str = "FORECAST_TELEMETRY_TEST_CHILD";

/// What a body wrote to standard error and standard output, and how long it took.
pub(crate) struct Ended {
    pub(crate) stderr: String,
    pub(crate) stdout: String,
    pub(crate) took: Duration,
}

/// In the test's first run, runs the same test again in another process with `variables` and
/// returns what it did; in that process, runs `body` and returns `None`.
pub(crate) fn alone(test: &str, variables: &[(&str, &str)], body: impl FnOnce()) -> Option<Ended> {
    if env::var_os(MARK).is_some() {
        body();
        return None;
    }
    let started = Instant::now();
    let output = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .envs(variables.iter().copied())
        .env(MARK, "1")
        .output()
        .unwrap();
    let ended = Ended {
        stderr: String::from_utf8(output.stderr).unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        took: started.elapsed(),
    };
    assert!(output.status.success(), "{}\n{}", ended.stdout, ended.stderr);
    Some(ended)
}
