//! From flags, file and environment to a checked configuration and a store.

use std::path::Path;

use forecast_pipeline::mlflow::ClientConfig;
use forecast_pipeline::mlflow::config::{HeaderInjector, names};
use forecast_pipeline::{Settings, TrainingConfig};

use crate::cli::{Cli, SettingFlags};
use crate::exit::Failure;

/// MLflow's own name for the experiment of a program that names none.
const EXPERIMENT_NAME: &str = "MLFLOW_EXPERIMENT_NAME";

/// What to train and where to record it.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) training: TrainingConfig,
    pub(crate) client: ClientConfig,
    /// The tracking URI, where flags or file and not the environment name it.
    pub(crate) own_tracking_uri: Option<String>,
}

/// Puts everything together: flags win over the file, the file over the environment.
pub(crate) fn plan(cli: &Cli) -> Result<Plan, Failure> {
    let file = match &cli.config {
        Some(path) => from_file(path)?,
        None => Settings::default(),
    };
    let mut settings = from_flags(&cli.settings)?.over(&file).map_err(Failure::configuration)?;
    settings.experiment = settings.experiment.or_else(|| variable(EXPERIMENT_NAME));
    let own_tracking_uri = settings.tracking_uri.clone();

    let client = ClientConfig::from_lookup(|name| match &own_tracking_uri {
        Some(uri) if name == names::TRACKING_URI => Some(uri.clone()),
        _ => variable(name),
    });
    match (settings.check(), client) {
        (Ok(training), Ok(client)) => Ok(Plan {
            training,
            client: ClientConfig { headers: Some(trace_headers()), ..client },
            own_tracking_uri,
        }),
        (Err(training), Err(client)) => Err(Failure::configuration(format!("{training}\n{client}"))),
        (Err(training), Ok(_)) => Err(Failure::configuration(training)),
        (Ok(_), Err(client)) => Err(Failure::configuration(client)),
    }
}

fn from_file(path: &Path) -> Result<Settings, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::configuration(format!(
            "cannot read {}: {error}; forecast-train --init writes a first one from your data",
            path.display()
        ))
    })?;
    Settings::from_toml(&text).map_err(|error| Failure::configuration(format!("{}: {error}", path.display())))
}

fn from_flags(flags: &SettingFlags) -> Result<Settings, Failure> {
    let table = toml::Table::try_from(flags).map_err(Failure::configuration)?;
    Settings::from_table(table).map_err(|error| Failure::configuration(format!("flags: {error}")))
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
