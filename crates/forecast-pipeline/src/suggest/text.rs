//! The suggestion as a commented `forecast.toml`.

use std::path::Path;

use toml::Value;

use super::roles::Roles;
use super::table::TableHead;

/// Writes every setting, guessed ones with their reason, others as comments with their default.
pub(super) fn write(data: &Path, table: &TableHead, roles: &Roles) -> String {
    let name = |at: usize| quoted(&table.columns[at].name);
    let list = |positions: &[usize]| {
        let names: Vec<String> = positions.iter().map(|&at| name(at)).collect();
        format!("[{}]", names.join(", "))
    };
    let mut text = String::from(
        "# Settings of forecast-train. Flags of the same names win (known_future is --known-future).\n\
         # Paths start at the folder that forecast-train is started in.\n\n",
    );
    let mut line = |text_line: &str| {
        text.push_str(text_line);
        text.push('\n');
    };
    line("# The sales table: files, folders or patterns; CSV (plain or gzip) or Parquet.");
    line(&format!("data = [{}]", quoted(&data.display().to_string())));
    line("");
    line("# What the columns are. These are guesses from the first rows: please check them.");
    line(&format!("time = {}", name(roles.time)));
    match roles.time_format {
        Some(format) => line(&format!("time_format = {}  # is the day before the month?", quoted(format))),
        None => line("# time_format = \"%d/%m/%Y\"  # for dates that are not written as 2024-01-31"),
    }
    line(&format!("target = {}  # what to forecast", name(roles.target)));
    let why = if roles.unique {
        "with the time they name one row"
    } else {
        "CHECK: several rows have the same series and time"
    };
    line(&format!("series = {}  # {why}", list(&roles.series)));
    line(&format!("static = {}  # one value per series, such as a category", list(&roles.statics)));
    line(&format!(
        "known_future = {}  # known in advance: prices, promotions, events",
        list(&roles.known_future)
    ));
    match roles.available {
        Some(at) => {
            line(&format!("available = {}  # days without stock teach nothing about demand", name(at)));
        }
        None => line("# available = \"in_stock\"  # 1 where the product could be bought, else 0"),
    }
    line("# categorical = []  # columns that look like numbers but are categories");
    if !roles.unused.is_empty() {
        let unused: Vec<&str> = roles.unused.iter().map(|&at| table.columns[at].name.as_str()).collect();
        line(&format!("# Not used: {}.", unused.join(", ")));
    }
    line("");
    line("# The values of known_future for the days to forecast, one row per series and day.");
    line("# future = [\"next.csv\"]");
    line("");
    line("# How the table is read.");
    match roles.frequency {
        Some(frequency) => line(&format!("frequency = {}", quoted(&frequency.to_string()))),
        None => line("# frequency = \"daily\"  # found out from the dates when left out"),
    }
    if roles.comma {
        line("decimal = \"comma\"");
    } else {
        line("# decimal = \"point\"  # or comma");
    }
    line("# duplicates = \"error\"  # or sum, last: several rows for one series and time");
    line("# gaps = \"zero\"  # or forward, missing; when left out: zero for counts, else missing");
    line("# ends = \"aligned\"  # or ragged; when left out: aligned where gaps are zero");
    line("# negatives = \"keep\"  # or error, clip");
    line(
        "# min_history = 29  # fewest periods of the longest series; the horizon and one more when left out",
    );
    line("# dead_after = 56  # periods without a sale after which a series is called dead");
    line("# max_panel_rows = 500000000  # a guard against mistyped years");
    line("");
    line("# The forecast.");
    line(&format!("horizon = {}  # periods ahead", roles.horizon));
    line("quantiles = [0.1, 0.5, 0.9]");
    line("# holidays = [\"FR\"]  # countries whose public holidays matter");
    line("");
    line("# The backtest that chooses the champion.");
    line("# windows = 3  # 3 when left out, or fewer where the history is short");
    line("metric = \"wape\"  # or mae, rmse, smape, mase, rmsse, bias, pinball");
    let families: Vec<String> =
        forecast_model::Family::all().iter().map(|family| quoted(&family.to_string())).collect();
    line(&format!("# models = [{}]  # all when left out", families.join(", ")));
    line("# step = 28  # periods between two windows; the horizon when left out");
    line("# refit = \"every_window\"  # or first_window: quicker");
    line("seed = 7");
    line("# threads = 4  # all of the machine's when left out; does not change the result");
    line("# memory_budget_mb = 2048  # for the rows that global models learn from");
    line("");
    line("# Where it is recorded. Which MLflow: MLFLOW_TRACKING_URI, else a file here, mlflow.db.");
    line("# tracking_uri = \"http://localhost:5000\"");
    line("# experiment = \"demand-forecast\"");
    line("# run_name = \"spring range\"");
    line("# tags = [\"team=planning\"]");
    line("# register = \"demand-forecast\"  # make a version of the champion at once");
    line("# forecast_out = \"forecast.parquet\"  # or .csv: the forecasts of all series");
    text
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}
