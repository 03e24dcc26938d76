//! The part of `docs/configuration.md` about this program, written from its command line, so that
//! the two cannot differ.

use clap::{Arg, Command, CommandFactory};
use forecast_pipeline::{SETTING_NAMES, mlflow::config::names};
use forecast_testkit::docs::check_section;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::settings::EXPERIMENT_NAME;

/// Settings that the environment can give as well.
const ENVIRONMENT: [(&str, &str); 2] =
    [("tracking_uri", names::TRACKING_URI), ("experiment", EXPERIMENT_NAME)];

/// Every exit code with its meaning. 2 is clap's.
pub(crate) const CODES: [(u8, &str); 7] = [
    (0, "done"),
    (Exit::Unexpected as u8, "unexpected: please report it"),
    (2, "usage: a flag that does not exist or whose value cannot be read"),
    (
        Exit::Configuration as u8,
        "configuration: settings that are missing, wrong or at odds; all of them are listed",
    ),
    (Exit::Data as u8, "bad data: all problems are listed, each with count, first example and remedy"),
    (Exit::Mlflow as u8, "MLflow unreachable or refusing"),
    (
        Exit::Interrupted as u8,
        "interrupted (Ctrl-C, SIGTERM): the run is marked KILLED and nothing is registered",
    ),
];

#[test]
fn the_manual_says_what_the_program_does() {
    check_section("docs/configuration.md", "forecast-train", &manual()).unwrap();
}

fn manual() -> String {
    let command = Cli::command();
    let mut text = String::from(
        "Only `data`, `time` and `target` are needed. Everything can be a flag or stand in a `forecast.toml`\n\
         (`--config`), which `forecast-train --init sales.csv` writes from a look at the data. Lists have commas\n\
         in flags (`--series store,item`) and brackets in the file (`series = [\"store\", \"item\"]`). An empty\n\
         text, as in `--available ''`, takes back what the file says.\n",
    );
    for heading in ["Data", "Reading", "Forecast", "Backtest", "Recording"] {
        text.push_str(&format!("\n**{heading}**\n\n| Flag | In `forecast.toml` | Environment | Default | Meaning |\n|---|---|---|---|---|\n"));
        let belongs = |argument: &&Arg| argument.get_help_heading() == Some(heading);
        command.get_arguments().filter(belongs).for_each(|argument| text.push_str(&row(argument)));
    }
    text.push_str("\n**What to do**\n\n| Flag | Meaning |\n|---|---|\n");
    for argument in command.get_arguments().filter(|argument| argument.get_help_heading().is_none()) {
        let (meaning, _) = help(argument);
        text.push_str(&format!("| {} | {meaning} |\n", flag(argument)));
    }
    text.push_str(
        "\nCredentials and TLS come from MLflow's own names (`MLFLOW_TRACKING_USERNAME`, …), telemetry from\n\
         OpenTelemetry's, and logging from `FORECAST_LOG` and `FORECAST_LOG_FORMAT`.\n\n\
         **Exit codes**\n\n| Code | Meaning |\n|---|---|\n",
    );
    for (code, meaning) in CODES {
        text.push_str(&format!("| {code} | {meaning} |\n"));
    }
    text
}

fn row(argument: &Arg) -> String {
    let name = argument.get_long().unwrap_or_default().replace('-', "_");
    let key = SETTING_NAMES
        .iter()
        .find(|known| **known == name)
        .map_or_else(|| "–".to_owned(), |key| format!("`{key}`"));
    let variable = ENVIRONMENT
        .iter()
        .find(|(setting, _)| *setting == name)
        .map_or_else(|| "–".to_owned(), |(_, variable)| format!("`{variable}`"));
    let (meaning, default) = help(argument);
    format!("| {} | {key} | {variable} | {default} | {meaning} |\n", flag(argument))
}

/// The flag with its value, or the values that it takes.
fn flag(argument: &Arg) -> String {
    let long = argument.get_long().unwrap_or_default();
    if !argument.get_action().takes_values() {
        return format!("`--{long}`");
    }
    let values: Vec<String> =
        argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    if values.is_empty() {
        let names = argument.get_value_names().unwrap_or_default();
        let name = names.first().map_or_else(|| long.to_uppercase(), ToString::to_string);
        return format!("`--{long} {name}`");
    }
    format!("`--{long} {}`", values.join("\\|"))
}

/// The help in one line, and the default that stands at its end.
fn help(argument: &Arg) -> (String, String) {
    let text = argument.get_help().map(|help| help.to_string().replace('\n', " ")).unwrap_or_default();
    match text.split_once(" [default: ") {
        Some((meaning, default)) => (meaning.to_owned(), default.trim_end_matches(']').to_owned()),
        None => (text, "–".to_owned()),
    }
}

/// Every setting has its row.
#[test]
fn the_manual_misses_no_setting() {
    let manual = manual();
    let command: Command = Cli::command();
    for name in SETTING_NAMES {
        assert!(manual.contains(&format!("| `{name}` |")), "{name}");
    }
    for argument in command.get_arguments() {
        let long = argument.get_long().unwrap_or_default();
        assert!(manual.contains(&format!("`--{long}")), "{long}");
    }
}
