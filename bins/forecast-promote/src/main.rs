//! Move a recorded run through the MLflow registry, and back.
//!
//! Parse → telemetry → checked settings → promote or list → exit code. What is decided is decided
//! in `forecast-deploy`; this program refuses to know better.

mod arguments;
mod command;
#[cfg(test)]
mod contract;
mod exit;
mod output;
mod settings;
mod table;

use std::process::ExitCode;

use clap::Parser;
use forecast_telemetry::{ServiceIdentity, TelemetryConfig, init};
use tokio::runtime::Runtime;

use crate::arguments::Arguments;
use crate::exit::Failure;
use crate::output::{Answer, Output};
use crate::settings::Settings;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.json);
    match run(&arguments, output) {
        Ok(answer) => output.answer(&answer),
        Err(failure) => output.failure(&failure),
    }
}

fn run(arguments: &Arguments, output: Output) -> Result<Answer, Failure> {
    let lookup = |name: &str| std::env::var(name).ok();
    let service = ServiceIdentity::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let telemetry = TelemetryConfig::from_lookup(service, lookup);
    // Both are read before either is complained about.
    let settings = Settings::from(arguments, lookup);
    let (telemetry, settings) = exit::both(telemetry, settings)?;
    let _telemetry = init(&telemetry).map_err(|fault| Failure::Unexpected(fault.into()))?;
    let runtime = Runtime::new().map_err(|fault| Failure::Unexpected(fault.into()))?;
    let outcome = runtime.block_on(command::until_interrupted(&settings, output));
    // A call that still waits for a lock is left alone: transactions happen as a whole or not at all.
    runtime.shutdown_background();
    outcome
}
