//! Checks the deployment files of the folder that it is started in, and prints what is wrong as a
//! compiler does. Exit code 0: nothing; 1: findings; 64: files that cannot be read.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use forecast_deploy::checks::{GROUPS, check};

fn main() -> ExitCode {
    let root = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let findings = match check(&root) {
        Ok(findings) => findings,
        Err(error) => {
            eprintln!("check-deploy: {error}");
            return ExitCode::from(64);
        }
    };
    let mut out = io::stdout().lock();
    // Whoever stops reading has seen enough.
    let _ = findings.iter().try_for_each(|finding| writeln!(out, "{finding}"));
    let rules: usize = GROUPS.iter().map(|group| group.rules.len()).sum();
    let _ = writeln!(out, "{} findings, {rules} rules", findings.len());
    if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
