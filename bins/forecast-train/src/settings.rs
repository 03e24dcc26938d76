//! From flags, file and environment to a checked configuration and a store.

use std::fmt::Display;
use std::path::Path;

use forecast_core::Horizon;
use forecast_pipeline::mlflow::ClientConfig;
use forecast_pipeline::mlflow::config::{HeaderInjector, names};
use forecast_pipeline::{ConfigError, Settings, TrainingConfig, usual_horizon};
use forecast_telemetry::{ServiceIdentity, TelemetryConfig};

use crate::cli::{Cli, SettingFlags};
use crate::exit::Failure;

/// MLflow's own name for the experiment of a program that names none.
pub(crate) const EXPERIMENT_NAME: &str = "MLFLOW_EXPERIMENT_NAME";

/// The horizon where the spacing of the rows cannot be told.
const DAILY_HORIZON: u32 = 28;

/// What to train and where to record it.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) training: TrainingConfig,
    pub(crate) client: ClientConfig,
    pub(crate) telemetry: TelemetryConfig,
    /// The tracking URI, where flags or file and not the environment name it.
    pub(crate) own_tracking_uri: Option<String>,
}

/// Puts everything together: flags win over the environment, the environment over the file. Whatever
/// is wrong with any of them is in one failure.
pub(crate) fn plan(cli: &Cli) -> Result<Plan, Failure> {
    let mut problems = Vec::new();
    let service = ServiceIdentity::new("forecast-train", env!("CARGO_PKG_VERSION"));
    let telemetry = noted(TelemetryConfig::from_lookup(service, variable), &mut problems);
    let file = match &cli.config {
        Some(path) => noted(from_file(path), &mut problems),
        None => Some(Settings::default()),
    };
    let flags = noted(from_flags(&cli.settings), &mut problems);
    let own_tracking_uri = match (&cli.settings.tracking_uri, &file) {
        (Some(uri), _) => Some(uri.clone()),
        (None, Some(file)) if variable(names::TRACKING_URI).is_none() => file.tracking_uri.clone(),
        _ => None,
    };
    let client = ClientConfig::from_lookup(|name| match &own_tracking_uri {
        Some(uri) if name == names::TRACKING_URI => Some(uri.clone()),
        _ => variable(name),
    });
    let client = noted(client, &mut problems);
    let settings = flags.zip(file).map(|(flags, file)| merged(&flags, &file, cli.no_availability));
    let training = settings.and_then(|settings| noted(settings.and_then(Settings::check), &mut problems));
    match (training, client, telemetry) {
        (Some(training), Some(client), Some(telemetry)) => Ok(Plan {
            training,
            client: ClientConfig { headers: Some(trace_headers()), ..client },
            telemetry,
            own_tracking_uri,
        }),
        _ => Err(Failure::configuration(problems.join("\n"))),
    }
}

/// The value, or the error's text among the problems.
fn noted<T, E: Display>(outcome: Result<T, E>, problems: &mut Vec<String>) -> Option<T> {
    outcome.map_err(|error| problems.push(error.to_string())).ok()
}

/// Flags over environment over file, and the usual horizon where none of them gives one.
fn merged(flags: &Settings, file: &Settings, no_availability: bool) -> Result<Settings, ConfigError> {
    let environment = Settings { experiment: variable(EXPERIMENT_NAME), ..Settings::default() };
    let mut settings = flags.over(&environment.over(file)?)?;
    if no_availability {
        settings.available = None;
    }
    if settings.horizon.is_none() {
        settings.horizon = horizon_for(&settings);
    }
    Ok(settings)
}

fn from_file(path: &Path) -> Result<Settings, String> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        format!(
            "cannot read {}: {error}; forecast-train --init writes a first one from your data",
            path.display()
        )
    })?;
    Settings::from_toml(&text).map_err(|error| format!("{}: {error}", path.display()))
}

fn from_flags(flags: &SettingFlags) -> Result<Settings, String> {
    let table = toml::Table::try_from(flags).map_err(|error| error.to_string())?;
    Settings::from_table(table).map_err(|error| format!("flags: {error}"))
}

/// The horizon where nobody gives one. Where the table does not tell, it is that of daily data:
/// reading the table in earnest then says what is wrong with it.
fn horizon_for(settings: &Settings) -> Option<Horizon> {
    let (data, time) = (settings.data.as_ref()?.0.first()?, settings.time.as_ref()?);
    let horizon = usual_horizon(Path::new(data), time, settings.time_format.as_deref())
        .or_else(|| Horizon::new(DAILY_HORIZON).ok())?;
    eprintln!("horizon {horizon}, as usual for such data; choose another with --horizon");
    Some(horizon)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// Carries the trace of this run to the MLflow server.
fn trace_headers() -> HeaderInjector {
    HeaderInjector::new(|| {
        let mut headers = Vec::new();
        forecast_telemetry::inject_headers(|name, value| headers.push((name.to_owned(), value.to_owned())));
        headers
    })
}
