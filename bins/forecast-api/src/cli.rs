//! The command line. Every flag has an environment variable beside it; the flag wins.

use clap::Parser;
use clap::builder::styling::{AnsiColor, Styles};
use forecast_http::{Setting, config};

/// Which MLflow. The variable and its meaning are MLflow's own; the flag is as in the other programs.
const TRACKING_URI: Setting = Setting {
    variable: "MLFLOW_TRACKING_URI",
    flag: "tracking-uri",
    default: "sqlite:///mlflow.db",
    meaning: "which MLflow: http(s)://… or sqlite:///file.db",
};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Yellow.on_default().bold())
    .usage(AnsiColor::Yellow.on_default().bold())
    .literal(AnsiColor::Green.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "Examples:
  # Serve the production model of the store in this folder on localhost:8080
  forecast-api
  # Serve on every address, from an MLflow server
  MLFLOW_TRACKING_URI=http://mlflow:5000 forecast-api --bind 0.0.0.0:8080
  # Try the staging model beside it
  forecast-api --alias staging --bind 127.0.0.1:8081 --cache-dir /tmp/staging-cache

Without a model the server lives and is not ready: /health/ready says why, and a model is served as
soon as one is promoted. The last good model is kept on disk and served when MLflow is away.

Environment:
  FORECAST_BIND, FORECAST_MODEL, …   every flag has one; see each flag
  MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD, MLFLOW_TRACKING_TOKEN,
  MLFLOW_TRACKING_SERVER_CERT_PATH, MLFLOW_TRACKING_INSECURE_TLS
  FORECAST_LOG              what is logged: a level or directives such as info,forecast_http=debug
  FORECAST_LOG_FORMAT       human or json
  OTEL_EXPORTER_OTLP_ENDPOINT and its kin: where telemetry goes

Signals:
  SIGTERM  not ready at once, answers for the drain delay, finishes what has begun, exits with 0
  SIGINT   finishes what has begun, exits with 130

Exit codes:
  0 told to stop   1 unexpected   2 usage   64 configuration   130 interrupted";

/// Serve forecasts over HTTP, from the model that an alias of the MLflow registry names.
#[derive(Debug, Default, Parser)]
#[command(version, styles = STYLES, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    /// Address and port to listen on [env: FORECAST_BIND] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    bind: Option<String>,
    /// Which MLflow: http(s)://… or sqlite:///file.db
    /// [env: MLFLOW_TRACKING_URI] [default: sqlite:///mlflow.db]
    #[arg(long, value_name = "URI")]
    tracking_uri: Option<String>,
    /// Registered model to serve [env: FORECAST_MODEL] [default: demand-forecast]
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Alias of the model to follow [env: FORECAST_ALIAS] [default: production]
    #[arg(long, value_name = "ALIAS")]
    alias: Option<String>,
    /// Folder that keeps the last known good model [env: FORECAST_CACHE_DIR] [default: forecast-cache]
    #[arg(long, value_name = "FOLDER")]
    cache_dir: Option<String>,
    /// Seconds between two looks at the alias [env: FORECAST_POLL_SECONDS] [default: 15]
    #[arg(long, value_name = "SECONDS")]
    poll_seconds: Option<String>,
    /// Longest request body, in bytes [env: FORECAST_MAX_BODY_BYTES] [default: 16777216]
    #[arg(long, value_name = "BYTES", help_heading = "Limits")]
    max_body_bytes: Option<String>,
    /// Most series in one request [env: FORECAST_MAX_SERIES] [default: 1000]
    #[arg(long, value_name = "COUNT", help_heading = "Limits")]
    max_series: Option<String>,
    /// Most rows of history in one request [env: FORECAST_MAX_HISTORY_ROWS] [default: 200000]
    #[arg(long, value_name = "ROWS", help_heading = "Limits")]
    max_history_rows: Option<String>,
    /// Seconds after SIGTERM in which new requests are still answered
    /// [env: FORECAST_DRAIN_DELAY_SECONDS] [default: 5]
    #[arg(long, value_name = "SECONDS", help_heading = "Ending")]
    drain_delay_seconds: Option<String>,
    /// Seconds that requests may take to finish after that [env: FORECAST_DRAIN_SECONDS] [default: 30]
    #[arg(long, value_name = "SECONDS", help_heading = "Ending")]
    drain_seconds: Option<String>,
}

impl Cli {
    /// A setting by its environment name: the flag's value where there is one, else the environment's.
    pub(crate) fn lookup(&self, name: &str) -> Option<String> {
        let flag = self.flags().into_iter().find(|(setting, _)| setting.variable == name);
        flag.and_then(|(_, value)| value.clone()).or_else(|| std::env::var(name).ok())
    }

    fn flags(&self) -> [(Setting, &Option<String>); 11] {
        [
            (config::BIND, &self.bind),
            (TRACKING_URI, &self.tracking_uri),
            (config::MODEL, &self.model),
            (config::ALIAS, &self.alias),
            (config::CACHE_DIR, &self.cache_dir),
            (config::POLL_SECONDS, &self.poll_seconds),
            (config::MAX_BODY_BYTES, &self.max_body_bytes),
            (config::MAX_SERIES, &self.max_series),
            (config::MAX_HISTORY_ROWS, &self.max_history_rows),
            (config::DRAIN_DELAY_SECONDS, &self.drain_delay_seconds),
            (config::DRAIN_SECONDS, &self.drain_seconds),
        ]
    }
}

/// The flags with their variables, defaults and meanings, for the manual.
#[cfg(test)]
pub(crate) fn settings() -> Vec<Setting> {
    Cli::default().flags().into_iter().map(|(setting, _)| setting).collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use forecast_http::SETTINGS;

    use super::*;

    #[test]
    fn the_help_says_what_the_settings_say() {
        Cli::command().debug_assert();
        let command = Cli::command();
        let flags: Vec<_> = command.get_arguments().filter(|flag| flag.get_long().is_some()).collect();
        let settings = settings();
        assert_eq!(flags.len(), settings.len());
        assert!(SETTINGS.iter().all(|setting| settings.contains(setting)), "a setting without a flag");
        for setting in settings {
            let flag = flags.iter().find(|flag| flag.get_long() == Some(setting.flag)).unwrap();
            let help = flag.get_help().unwrap().to_string();
            let meaning = help.to_lowercase();
            assert!(meaning.starts_with(&setting.meaning.to_lowercase()), "{help}");
            let names = format!("[env: {}] [default: {}]", setting.variable, setting.default);
            assert!(help.ends_with(&names), "{help} does not end with {names}");
        }
    }

    #[test]
    fn the_help_names_every_exit_code() {
        for (code, _) in crate::exit::CODES {
            assert!(EXAMPLES.contains(&format!("  {} ", *code as u8)), "{code:?}");
        }
    }

    #[test]
    fn a_flag_wins_over_the_environment() {
        let cli = Cli::parse_from(["forecast-api", "--bind", "127.0.0.1:0", "--tracking-uri", "http://m"]);
        assert_eq!(cli.lookup("FORECAST_BIND").as_deref(), Some("127.0.0.1:0"));
        assert_eq!(cli.lookup("MLFLOW_TRACKING_URI").as_deref(), Some("http://m"));
        assert_eq!(cli.lookup("PATH"), std::env::var("PATH").ok());
    }
}
