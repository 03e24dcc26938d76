//! Fit, backtest and record demand-forecast models.
//!
//! The library does the work; here is the command line, the terminal and the exit code.

mod cli;
#[cfg(test)]
mod contract;
mod exit;
mod init;
mod interrupt;
#[cfg(test)]
mod manual;
mod progress;
mod say;
mod settings;
mod summary;
mod train;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let outcome = match &cli.init {
        Some(data) => init::write_config(data, cli.config.as_deref()),
        None => train::train(&cli),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
