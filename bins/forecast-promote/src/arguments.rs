//! The command line.

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Parser, ValueEnum};
use forecast_deploy::promotion::Target;

const AFTER_HELP: &str = "\
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

Asking for the same promotion again changes nothing.

Environment:
  MLFLOW_TRACKING_URI                 where runs are recorded [default: sqlite:///mlflow.db]
  MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD, MLFLOW_TRACKING_TOKEN
  MLFLOW_TRACKING_SERVER_CERT_PATH, MLFLOW_TRACKING_INSECURE_TLS
  FORECAST_MODEL                      the registered model [default: demand-forecast]
  FORECAST_LOG, FORECAST_LOG_FORMAT   what is logged on standard error, and how
  OTEL_EXPORTER_OTLP_ENDPOINT         where telemetry is sent, if anywhere

Exit codes:
  0 done   1 unexpected   2 usage   10 promotion refused   64 configuration
  69 MLflow unreachable or refusing   130 interrupted";

/// Move a recorded run through the MLflow registry: to staging, to production, and back.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER_HELP, group = ArgGroup::new("action").required(true))]
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

    use super::Arguments;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
