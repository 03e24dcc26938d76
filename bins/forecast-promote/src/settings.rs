//! From arguments and environment to checked settings.

use std::path::Path;

use forecast_deploy::promotion::Target;
use mlflow_client::ClientConfig;
use mlflow_client::config::{HeaderInjector, TrackingUri, names};

use crate::arguments::Arguments;

/// The environment's name for the registered model.
pub(crate) const MODEL_VARIABLE: &str = "FORECAST_MODEL";

/// The registered model where nothing is said.
pub(crate) const DEFAULT_MODEL: &str = "demand-forecast";

/// Checked settings.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The registered model.
    pub(crate) model: String,
    /// Where MLflow is.
    pub(crate) client: ClientConfig,
    /// Whether the address came from the command line: then commands to give have to repeat it.
    pub(crate) address: Address,
    /// What to do.
    pub(crate) action: Action,
}

/// Where the tracking URI came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Address {
    /// `--tracking-uri`.
    Argument,
    /// The environment, or the default.
    Environment,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// List the versions.
    List,
    /// Promote a run.
    Promote { run_id: String, target: Target, effect: Effect },
}

/// Whether a promotion takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It does.
    Change,
    /// It is only shown.
    DryRun,
}

/// Settings that are not usable.
#[derive(Debug)]
pub(crate) struct SettingsError {
    /// At least one, each with what to set.
    pub(crate) problems: Vec<String>,
}

impl Settings {
    /// Checks the arguments, and the environment behind `lookup` where they are silent.
    pub(crate) fn from(
        arguments: &Arguments,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let mut problems = Vec::new();
        let model = arguments.name.clone().or_else(|| lookup(MODEL_VARIABLE).filter(|name| !name.is_empty()));
        let model = model.unwrap_or_else(|| DEFAULT_MODEL.to_owned());
        if model.trim().is_empty() || model.contains(['/', ':']) {
            problems.push(format!(
                "the registered model's name {model:?} is empty or holds / or :; change --name or {MODEL_VARIABLE}"
            ));
        }
        let client = ClientConfig::from_lookup(|name| match &arguments.tracking_uri {
            // Said of the setting's name in messages, which is close enough to find it.
            Some(uri) if name == names::TRACKING_URI => Some(uri.clone()),
            _ => lookup(name),
        });
        let client = match client {
            Ok(client) => client,
            Err(fault) => {
                problems.extend(fault.problems.iter().map(ToString::to_string));
                ClientConfig::default()
            }
        };
        if problems.is_empty()
            && let Some(problem) = missing_database(&client.tracking_uri)
        {
            problems.push(problem);
        }
        if !problems.is_empty() {
            return Err(SettingsError { problems });
        }
        let headers = HeaderInjector::new(|| {
            let mut headers = Vec::new();
            forecast_telemetry::inject_headers(|name, value| {
                headers.push((name.to_owned(), value.to_owned()));
            });
            headers
        });
        Ok(Self {
            model,
            client: ClientConfig { headers: Some(headers), ..client },
            address: match arguments.tracking_uri {
                Some(_) => Address::Argument,
                None => Address::Environment,
            },
            action: action(arguments),
        })
    }
}

fn action(arguments: &Arguments) -> Action {
    match &arguments.run_id {
        Some(run_id) => Action::Promote {
            run_id: run_id.trim().to_owned(),
            target: arguments.to.into(),
            effect: if arguments.dry_run { Effect::DryRun } else { Effect::Change },
        },
        None => Action::List,
    }
}

/// Opening an embedded store creates it; here, where nothing can be in a new one, that would only
/// hide a wrong address.
fn missing_database(uri: &TrackingUri) -> Option<String> {
    let TrackingUri::Sqlite(uri) = uri else { return None };
    let path = Path::new(uri.strip_prefix("sqlite:///")?);
    // What is not a file's name at all is said better by the store itself.
    if path.exists() || path == Path::new(":memory:") {
        return None;
    }
    let place = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Some(format!(
        "there is no MLflow store at {uri} ({} does not exist); set MLFLOW_TRACKING_URI or --tracking-uri to \
         the store that forecast-train recorded to, or change to its folder",
        place.display()
    ))
}

impl Settings {
    /// The command that promotes another run of the same model in the same store.
    pub(crate) fn command_for(&self, run_id: &str, target: Target) -> String {
        let mut command = format!("forecast-promote --run-id {run_id}");
        if target == Target::Staging {
            command.push_str(" --to staging");
        }
        if self.model != DEFAULT_MODEL {
            command.push_str(&format!(" --name {}", quoted(&self.model)));
        }
        if self.address == Address::Argument {
            command.push_str(&format!(" --tracking-uri {}", quoted(&self.client.tracking_uri.to_string())));
        }
        command
    }
}

/// A word for the shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}
