//! Blocks marked `text` quote our programs: every line of them can still be printed.

use super::markdown::page;
use super::template::{explains, of_sources};
use super::{GUIDE, OPERATIONS};
use crate::workspace::rust_files;

/// What operating systems, MLflow and others say within our messages.
const FOREIGN: &[&str] = &[
    "Connection refused (os error 111)",
    "Permission denied (os error 13)",
    "Permission denied",
    "Address already in use (os error 98)",
    "No space left on device (os error 28)",
    "failed to lookup address information: Name or service not known",
    "received corrupt message of type InvalidContentType",
    "404 Not Found",
    "404 page not found",
    "You are not authenticated. Please see \
     https://www.mlflow.org/docs/latest/auth/index.html#authenticating-to-mlflow on how to authenticate.",
];

/// A message without the variable that it is about, and without the cause that the system gave.
fn core(line: &str) -> &str {
    let line = line.trim();
    let (name, rest) = line.split_once(": ").unwrap_or((line, line));
    let of_setting = name.contains('_') && !name.contains(char::is_lowercase) && !name.contains(' ');
    let line = if of_setting { rest } else { line };
    let cause = FOREIGN.iter().find_map(|cause| line.strip_suffix(cause)?.strip_suffix(": "));
    cause.unwrap_or(line)
}

#[test]
fn every_quoted_message_is_one_that_the_programs_print() {
    let templates = of_sources(rust_files());
    let mut unknown = Vec::new();
    let mut quoted = 0;
    for path in [GUIDE, OPERATIONS] {
        for block in page(path).blocks.iter().filter(|block| block.language == "text") {
            for line in block.text.lines().filter(|line| !line.trim().is_empty()) {
                quoted += 1;
                if !explains(&templates, line.trim(), FOREIGN) && !explains(&templates, core(line), FOREIGN) {
                    unknown.push(format!("{path}:{}: {line}", block.line));
                }
            }
        }
    }
    assert_eq!(unknown, Vec::<String>::new(), "no program of ours prints this");
    assert!(quoted > 15, "only {quoted} messages are quoted");
}
