//! From flags, file and environment to a checked configuration and a store.

use std::fmt::Display;
use std::path::Path;

use forecast_core::Horizon;
use forecast_pipeline::mlflow::ClientConfig;
use forecast_pipeline::mlflow::config::{HeaderInjector, names};
use forecast_pipeline::{ConfigError, ConfigProblem, Settings, TrainingConfig, usual_horizon};
use forecast_telemetry::{ServiceIdentity, TelemetryConfig};

use crate::cli::{Cli, SettingFlags};
use crate::exit::Failure;
use crate::say::say;

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
    let mut problems = Problems::default();
    let service = ServiceIdentity::new("forecast-train", env!("CARGO_PKG_VERSION"));
    let telemetry = problems.noted(TelemetryConfig::from_lookup(service, variable));
    let file = cli.config.as_deref().map(|path| from_file(path, &mut problems)).unwrap_or_default();
    let flags = from_flags(&cli.settings, &mut problems);
    let own_tracking_uri = match (&cli.settings.tracking_uri, variable(names::TRACKING_URI)) {
        (Some(uri), _) => Some(uri.clone()),
        (None, None) => file.tracking_uri.clone(),
        (None, Some(_)) => None,
    };
    let client = problems.noted(ClientConfig::from_lookup(|name| match &own_tracking_uri {
        Some(uri) if name == names::TRACKING_URI => Some(uri.clone()),
        _ => variable(name),
    }));
    let checked = merged(&flags, &file, cli.no_availability).and_then(Settings::check);
    let checked = checked.and_then(|training| training.check_output().map(|()| training));
    let training = checked.map_err(|error| problems.add("", error.problems)).ok();
    match (training, client, telemetry) {
        (Some(training), Some(client), Some(telemetry)) if problems.texts.is_empty() => Ok(Plan {
            training,
            client: ClientConfig { headers: Some(trace_headers()), ..client },
            telemetry,
            own_tracking_uri,
        }),
        _ => Err(Failure::configuration(problems.report())),
    }
}

/// Everything that is wrong, from wherever it comes.
#[derive(Default)]
struct Problems {
    texts: Vec<String>,
    /// Settings with a problem of their own: that they are missing then is no news.
    settings: Vec<String>,
}

impl Problems {
    /// The value, or the error's text among the problems.
    fn noted<T, E: Display>(&mut self, outcome: Result<T, E>) -> Option<T> {
        outcome.map_err(|error| self.texts.push(error.to_string())).ok()
    }

    /// Problems of settings, `place` before each.
    fn add(&mut self, place: &str, problems: Vec<ConfigProblem>) {
        let known = self.settings.clone();
        for problem in problems.into_iter().filter(|problem| !known.contains(&problem.setting)) {
            self.texts.push(format!("{place}{problem}"));
            self.settings.push(problem.setting);
        }
    }

    fn report(&self) -> String {
        match self.texts.as_slice() {
            [single] => single.clone(),
            several => {
                let lines: Vec<String> =
                    several.iter().zip(1..).map(|(text, number)| format!("{number}. {text}")).collect();
                format!("the configuration has {} problems:\n{}", several.len(), lines.join("\n"))
            }
        }
    }
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

fn from_file(path: &Path, problems: &mut Problems) -> Settings {
    let place = format!("{}: ", path.display());
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{place}{error}; forecast-train --init writes a first one from your data"));
    let table = problems
        .noted(text)
        .and_then(|text| problems.noted(toml::from_str(&text).map_err(|error| format!("{place}{error}"))));
    let (settings, wrong) = Settings::sound_part(table.unwrap_or_default());
    problems.add(&place, wrong);
    settings
}

fn from_flags(flags: &SettingFlags, problems: &mut Problems) -> Settings {
    let table = problems.noted(toml::Table::try_from(flags)).unwrap_or_default();
    let (settings, wrong) = Settings::sound_part(table);
    problems.add("", wrong);
    settings
}

/// The horizon where nobody gives one. Where the table does not tell, it is that of daily data:
/// reading the table in earnest then says what is wrong with it.
fn horizon_for(settings: &Settings) -> Option<Horizon> {
    let daily = Horizon::new(DAILY_HORIZON).ok();
    let (Some(data), Some(time)) = (&settings.data, &settings.time) else { return daily };
    let horizon = usual_horizon(&data.0, time, settings.time_format.as_deref()).or(daily)?;
    say(format_args!("horizon {horizon}, as usual for such data; choose another with --horizon"));
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
