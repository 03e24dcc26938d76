//! Which real servers a test run used.
//!
//! A test run that passes without having started the servers it is about proves little. Whatever starts a
//! real server notes it here; `ci/test.sh` names the file, prints what stands in it, and fails where a
//! server that must be there is not.

use std::fs::OpenOptions;
use std::io::{self, Write};

/// The environment variable that names the file; without it nothing is noted.
pub const LEDGER_VARIABLE: &str = "FORECAST_SERVER_LEDGER";

/// Notes that a real server is up, such as `mlflow 3.17.2 on postgresql`.
///
/// # Errors
/// What writing the file reports. The line is one write to the end of the file, so that tests of several
/// processes may note at once.
pub fn note_real_server(server: &str) -> io::Result<()> {
    match std::env::var_os(LEDGER_VARIABLE) {
        Some(path) => note_in(path.as_ref(), server),
        None => Ok(()),
    }
}

fn note_in(path: &std::path::Path, server: &str) -> io::Result<()> {
    let mut ledger = OpenOptions::new().create(true).append(true).open(path)?;
    ledger.write_all(format!("{}\n", server.replace('\n', " ")).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_lines_one_after_the_other() {
        let ledger = tempfile::NamedTempFile::new().unwrap();
        note_in(ledger.path(), "mlflow 3.17.2").unwrap();
        note_in(ledger.path(), "two\nlines").unwrap();
        assert_eq!(std::fs::read_to_string(ledger.path()).unwrap(), "mlflow 3.17.2\ntwo lines\n");
    }
}
