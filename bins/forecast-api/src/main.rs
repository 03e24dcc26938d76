//! Serve forecasts over HTTP.
//!
//! Parse the arguments, start telemetry, check the configuration, serve until a signal, and say by the
//! exit code how it went.

mod cli;
#[cfg(test)]
mod contract;
mod exit;
#[cfg(test)]
mod manual;
mod settings;

use std::process::ExitCode;

use clap::Parser;
use forecast_http::{Ended, serve_until_signal};
use forecast_telemetry::{ApiMetrics, ServiceIdentity};

use crate::cli::Cli;
use crate::exit::Exit;
use crate::settings::Settings;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = run(&cli);
    if let Err(error) = &outcome {
        // Also when logs go elsewhere: whoever started the program looks here.
        eprintln!("forecast-api: {error:#}");
    }
    Exit::of(&outcome).into()
}

fn run(cli: &Cli) -> anyhow::Result<Ended> {
    let service = ServiceIdentity::new("forecast-api", env!("CARGO_PKG_VERSION"));
    let settings = Settings::from_lookup(service, |name| cli.lookup(name))?;
    let telemetry = forecast_telemetry::init(&settings.telemetry)?;
    let metrics = ApiMetrics::new(telemetry.metrics());
    let ended = serve_until_signal(settings.server, settings.mlflow, metrics);
    telemetry.shutdown();
    Ok(ended?)
}
