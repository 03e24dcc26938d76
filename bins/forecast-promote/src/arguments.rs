//! The command line.

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Parser, ValueEnum};
use forecast_deploy::promotion::Target;

use crate::exit::CODES;

const EXAMPLES: &str = "\
Examples:
  forecast-promote --list
      the versions of demand-forecast, and which of them is in production
  forecast-promote --run-id 4f1c… --to staging
      make a version from the run where there is none, and put it on trial
  forecast-promote --run-id 4f1c… --dry-run
      what a promotion to production would change
  forecast-promote --run-id 4f1c…
      put it into production; prints the command that goes back
  forecast-promote --run-id 4f1c… --json | tail -n 1 | jq .version
      for scripts

Asking for the same promotion again changes nothing.";

const ENVIRONMENT: &str = "\
Environment:
  MLFLOW_TRACKING_URI                 where runs are recorded [default: sqlite:///mlflow.db]
  MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD, MLFLOW_TRACKING_TOKEN
  MLFLOW_TRACKING_SERVER_CERT_PATH, MLFLOW_TRACKING_INSECURE_TLS
  FORECAST_MODEL                      the registered model [default: demand-forecast]
  FORECAST_LOG, FORECAST_LOG_FORMAT   what is logged on standard error, and how
  OTEL_EXPORTER_OTLP_ENDPOINT         where telemetry is sent, if anywhere
Flags win over the environment.";

/// Examples, environment and exit codes.
fn after_help() -> String {
    let codes: String = CODES.iter().map(|(code, word, _)| format!("\n  {code:>3}  {word}")).collect();
    format!("{EXAMPLES}\n\n{ENVIRONMENT}\n\nExit codes:{codes}")
}

/// Move a recorded run through the MLflow registry: to staging, to production, and back.
#[derive(Debug, Parser)]
#[command(version, after_help = after_help(), max_term_width = 100, group = ArgGroup::new("action").required(true))]
pub(crate) struct Arguments {
    /// Promote the model of this run.
    #[arg(long, value_name = "ID", group = "action", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) run_id: Option<String>,

    /// List the versions of the registered model.
    #[arg(long, group = "action", conflicts_with_all = ["to", "dry_run"])]
    pub(crate) list: bool,

    /// Where the run is to be.
    #[arg(long, value_name = "TARGET", value_enum, default_value_t = To::Production)]
    pub(crate) to: To,

    /// The registered model [default: FORECAST_MODEL, else demand-forecast].
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// Say what would be changed, and change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Print one JSON object as the last line of standard output, also on failure.
    #[arg(long)]
    pub(crate) json: bool,

    /// Where runs are recorded: an http(s):// address or sqlite:///file.db
    /// [default: MLFLOW_TRACKING_URI, else sqlite:///mlflow.db].
    #[arg(long, value_name = "URI")]
    pub(crate) tracking_uri: Option<String>,
}

/// Where the run is to be.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum To {
    /// On trial.
    Staging,
    /// In use.
    Production,
}

impl From<To> for Target {
    fn from(to: To) -> Self {
        match to {
            To::Staging => Self::Staging,
            To::Production => Self::Production,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use forecast_testkit::docs::{check_section, table};
    use mlflow_client::config::VARIABLES;

    use super::{Arguments, CODES, after_help};
    use crate::settings::{DEFAULT_MODEL, MODEL_VARIABLE};

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn help_names_every_variable_of_mlflow() {
        let help = after_help();
        for variable in VARIABLES {
            assert!(help.contains(variable.name), "{}", variable.name);
        }
    }

    #[test]
    fn the_configuration_page_names_every_flag_variable_and_exit_code() {
        let command = Arguments::command();
        let flags = command.get_arguments().filter(|flag| !flag.is_hide_set()).map(|flag| {
            let long = flag.get_long().unwrap_or_default();
            let values = flag.get_value_names().filter(|_| flag.get_action().takes_values());
            let value = values.map(|names| format!(" <{}>", names.join("> <"))).unwrap_or_default();
            let mut meaning = flag.get_help().map(ToString::to_string).unwrap_or_default();
            if let [default] = flag.get_default_values()
                && !value.is_empty()
            {
                let choices: Vec<_> =
                    flag.get_possible_values().iter().map(|choice| choice.get_name().to_owned()).collect();
                meaning.push_str(&format!(": {} [default: {}]", choices.join(" or "), default.display()));
            }
            [format!("`--{long}{value}`"), meaning]
        });
        let flags = table(["Flag", "Meaning"], flags);
        let model =
            [format!("`{MODEL_VARIABLE}`"), format!("`{DEFAULT_MODEL}`"), "The registered model.".to_owned()];
        let variables = table(["Variable", "Where not set", "Meaning"], [model]);
        let codes = table(
            ["Exit code", "", "Meaning"],
            CODES.map(|(code, word, meaning)| [code.to_string(), word.to_owned(), meaning.to_owned()]),
        );
        let text = format!(
            "{flags}\nBesides the variables of [MLflow](#mlflow), of which `--tracking-uri` replaces the address, and of \
             [telemetry](#telemetry):\n\n{variables}\n{codes}"
        );
        check_section("docs/configuration.md", "forecast-promote", &text).unwrap();
    }
}
