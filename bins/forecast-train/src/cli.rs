//! The command line. Flags of settings have the names that they have in `forecast.toml`.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser};
use serde::Serialize;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Yellow.on_default().bold())
    .usage(AnsiColor::Yellow.on_default().bold())
    .literal(AnsiColor::Green.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "Examples:
  # Look at a table and write a commented forecast.toml for it
  forecast-train --init sales.csv
  # Train as the file says; flags win over it
  forecast-train --config forecast.toml --horizon 14
  # Everything on the command line
  forecast-train --data sales.csv --time date --target sales --series store,item \\
    --frequency daily --horizon 28 --known-future price,promotion --future next28days.parquet \\
    --forecast-out forecast.parquet
  # In a script: the last line of standard output is one JSON object
  forecast-train --config forecast.toml --json | tail -n 1 | jq -r .run_id

Environment:
  MLFLOW_TRACKING_URI       which MLflow; sqlite:///mlflow.db in this folder when not set
  MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD, MLFLOW_TRACKING_TOKEN,
  MLFLOW_TRACKING_SERVER_CERT_PATH, MLFLOW_TRACKING_INSECURE_TLS
  MLFLOW_EXPERIMENT_NAME    the experiment where --experiment is not given
  FORECAST_LOG              what is logged: a level or directives such as info,forecast_model=debug
  OTEL_EXPORTER_OTLP_ENDPOINT and its kin: where telemetry goes

Exit codes:
  0 done   1 unexpected   2 usage   64 configuration   65 bad data
  69 MLflow unreachable or refusing   130 interrupted (Ctrl-C, SIGTERM)";

/// Train demand-forecast models on a sales table: check it, backtest every model, and record the
/// best one in MLflow with a report.
#[derive(Debug, Parser)]
#[command(version, styles = STYLES, after_help = EXAMPLES, max_term_width = 100, args_override_self = true)]
pub(crate) struct Cli {
    /// Settings file; flags win over it. With --init, the file to write [default: forecast.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Look at a table and write a commented forecast.toml for it, then stop
    #[arg(long, value_name = "DATA")]
    pub(crate) init: Option<PathBuf>,
    /// Print the result as one JSON object, the last line of standard output
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) settings: SettingFlags,
    /// Take back the availability column that the settings file names
    #[arg(long, conflicts_with = "available", help_heading = "Data")]
    pub(crate) no_availability: bool,
}

/// Flags that are settings; serialised they make a table like that of `forecast.toml`.
#[derive(Debug, Default, Args, Serialize)]
pub(crate) struct SettingFlags {
    /// Sales table: file, folder or pattern, CSV (plain or gzip) or Parquet; may be repeated
    #[arg(long, value_name = "PATH", help_heading = "Data")]
    data: Option<Vec<String>>,
    /// Values of the known-future columns for the days to forecast; may be repeated
    #[arg(long, value_name = "PATH", help_heading = "Data")]
    future: Option<Vec<String>>,
    /// Column with the date or time
    #[arg(long, value_name = "COLUMN", help_heading = "Data")]
    time: Option<String>,
    /// Column with the number to forecast
    #[arg(long, value_name = "COLUMN", help_heading = "Data")]
    target: Option<String>,
    /// Columns that together name a series
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "Data")]
    series: Option<Vec<String>>,
    /// Columns with one value per series, such as a category
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "Data")]
    r#static: Option<Vec<String>>,
    /// Columns known in advance: prices, promotions, events
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "Data")]
    known_future: Option<Vec<String>>,
    /// Static or known-future columns that look like numbers but are categories
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "Data")]
    categorical: Option<Vec<String>>,
    /// Column that is 1 where the product could be bought, else 0
    #[arg(long, value_name = "COLUMN", help_heading = "Data")]
    available: Option<String>,
    /// How dates are written when not as 2024-01-31, for instance %d/%m/%Y
    #[arg(long, value_name = "FORMAT", help_heading = "Data")]
    time_format: Option<String>,

    /// hourly, daily, weekly-mon … weekly-sun, month-start, month-end, quarter-start or quarter-end
    /// [default: found out]
    #[arg(long, help_heading = "Reading")]
    frequency: Option<String>,
    /// Decimal mark of numbers in text [default: point]
    #[arg(long, value_parser = ["point", "comma"], help_heading = "Reading")]
    decimal: Option<String>,
    /// Several rows for one series and time: refuse, add up, or take the last [default: error]
    #[arg(long, value_parser = ["error", "sum", "last"], help_heading = "Reading")]
    duplicates: Option<String>,
    /// Periods without a row [default: zero for counts, else missing]
    #[arg(long, value_parser = ["zero", "forward", "missing"], help_heading = "Reading")]
    gaps: Option<String>,
    /// Where series end [default: aligned where gaps are zero, else ragged]
    #[arg(long, value_parser = ["aligned", "ragged"], help_heading = "Reading")]
    ends: Option<String>,
    /// Targets below zero: keep and say so, refuse, or make zero [default: keep]
    #[arg(long, value_parser = ["keep", "error", "clip"], help_heading = "Reading")]
    negatives: Option<String>,
    /// Fewest periods that the longest series must have [default: the horizon and one more]
    #[arg(long, value_name = "PERIODS", help_heading = "Reading")]
    min_history: Option<u32>,
    /// Periods without a sale after which a series is called dead [default: two seasons or horizons]
    #[arg(long, value_name = "PERIODS", help_heading = "Reading")]
    dead_after: Option<u32>,
    /// Most rows once gaps are filled: a guard against mistyped years [default: 500000000]
    #[arg(long, value_name = "ROWS", help_heading = "Reading")]
    max_panel_rows: Option<u32>,

    /// How many periods ahead to forecast [default: what is usual: 48 hours, 28 days, 13 weeks, 12
    /// months, 4 quarters, or less where the history is short]
    #[arg(long, value_name = "PERIODS", help_heading = "Forecast")]
    horizon: Option<u32>,
    /// Quantile levels [default: 0.1,0.5,0.9]
    #[arg(long, value_name = "LEVELS", value_delimiter = ',', help_heading = "Forecast")]
    quantiles: Option<Vec<f64>>,
    /// Countries whose public holidays matter, such as FR
    #[arg(long, value_name = "COUNTRIES", value_delimiter = ',', help_heading = "Forecast")]
    holidays: Option<Vec<String>>,
    /// Write the forecasts of all series to this file (.parquet or .csv)
    #[arg(long, value_name = "FILE", help_heading = "Forecast")]
    forecast_out: Option<String>,

    /// Models to compare: naive, seasonal-naive, moving-average, drift, ridge, elastic-net,
    /// random-forest, extra-trees, boosted [default: all]
    #[arg(long, value_name = "MODELS", value_delimiter = ',', help_heading = "Backtest")]
    models: Option<Vec<String>>,
    /// Backtest windows [default: 3, or fewer where the history is short]
    #[arg(long, value_name = "N", help_heading = "Backtest")]
    windows: Option<u32>,
    /// Periods between two windows [default: the horizon]
    #[arg(long, value_name = "PERIODS", help_heading = "Backtest")]
    step: Option<u32>,
    /// Whether models are fitted anew in each window [default: every_window]
    #[arg(long, value_parser = ["every_window", "first_window"], help_heading = "Backtest")]
    refit: Option<String>,
    /// What the champion is chosen by: mae, rmse, wape, smape, mase, rmsse, bias or pinball
    /// [default: wape]
    #[arg(long, help_heading = "Backtest")]
    metric: Option<String>,
    /// What random numbers are drawn from [default: 7]
    #[arg(long, value_parser = clap::value_parser!(i64).range(0..), help_heading = "Backtest")]
    seed: Option<i64>,
    /// Threads to compute with; does not change the result [default: all]
    #[arg(long, value_name = "N", help_heading = "Backtest")]
    threads: Option<u32>,
    /// Memory for the rows that global models learn from, in megabytes [default: 2048]
    #[arg(long, value_name = "MB", help_heading = "Backtest")]
    memory_budget_mb: Option<u32>,

    /// Which MLflow: http(s)://… or sqlite:///file.db [default: sqlite:///mlflow.db]
    #[arg(long, value_name = "URI", help_heading = "Recording")]
    pub(crate) tracking_uri: Option<String>,
    /// Experiment that the run belongs to [default: demand-forecast]
    #[arg(long, value_name = "NAME", help_heading = "Recording")]
    experiment: Option<String>,
    /// What to call the run
    #[arg(long, value_name = "NAME", help_heading = "Recording")]
    run_name: Option<String>,
    /// Tags of the run; may be repeated
    #[arg(long, alias = "tag", value_name = "KEY=VALUE", help_heading = "Recording")]
    tags: Option<Vec<String>>,
    /// Make a version of this registered model when all is done
    #[arg(long, value_name = "NAME", help_heading = "Recording")]
    register: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_help_names_every_model() {
        let names: Vec<&str> = forecast_pipeline::Family::all().iter().map(|family| family.name()).collect();
        let command = Cli::command();
        let models = command.get_arguments().find(|argument| argument.get_id() == "models").unwrap();
        let help = models.get_help().unwrap().to_string().replace('\n', " ");
        assert!(help.contains(&names.join(", ")), "{help}");
    }

    #[test]
    fn the_command_is_sound_and_has_a_flag_for_every_setting() {
        let command = Cli::command();
        command.clone().debug_assert();
        for name in forecast_pipeline::SETTING_NAMES {
            let flag = name.replace('_', "-");
            assert!(command.get_arguments().any(|argument| argument.get_long() == Some(&flag)), "--{flag}");
        }
    }
}
