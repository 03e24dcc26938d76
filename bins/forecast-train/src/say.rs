//! Words on standard error and results on standard output, where somebody may have stopped reading.
//!
//! `println!` and `eprintln!` panic there, as in `forecast-train … | head -1`: a training must not die
//! of that.

use std::fmt::Display;
use std::io::{ErrorKind, Write, stderr, stdout};

use crate::exit::Failure;

/// One line on standard error; nobody is told where nobody listens.
pub(crate) fn say(line: impl Display) {
    drop(writeln!(stderr(), "{line}"));
}

/// The result on standard output. That nobody reads it to its end is no failure.
///
/// # Errors
/// It cannot be written, such as to a full disk.
pub(crate) fn result(text: &str) -> Result<(), Failure> {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let problem = "all is recorded, but the result cannot be written to standard output";
            Err(anyhow::anyhow!("{problem}: {error}").into())
        }
        _ => Ok(()),
    }
}
