//! The result on standard output: for people, or one JSON object for scripts.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use forecast_pipeline::TrainingOutcome;

use crate::exit::Failure;
use crate::say::result;

/// The registered model that `forecast-promote` takes when none is named.
const DEFAULT_MODEL: &str = "demand-forecast";

/// A line below the header and no others.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─'));

/// One JSON object on one line.
pub(crate) fn print_json(outcome: &TrainingOutcome) -> Result<(), Failure> {
    let line = serde_json::to_string(outcome).map_err(anyhow::Error::from)?;
    result(&format!("{line}\n"))
}

/// The leaderboard, where everything is, and how to go on.
pub(crate) fn print_summary(outcome: &TrainingOutcome, tracking_uri: Option<&str>) -> Result<(), Failure> {
    let mut lines =
        vec![leaderboard(outcome).to_string(), String::new(), outcome.headline.clone(), String::new()];
    lines.push(format!("Run       {}", outcome.run_url.as_deref().unwrap_or(&outcome.run_location)));
    lines.push(format!("Report    {}", outcome.report));
    lines.push(format!("Model     {}", outcome.model_uri));
    if let (Some(name), Some(version)) = (&outcome.registered_model, outcome.registered_version) {
        lines.push(format!("Version   {name} version {version}"));
    }
    if let Some(path) = &outcome.forecast_file {
        lines.push(format!("Forecasts {path}"));
    }
    lines.push(format!("\nPut it into production:\n  {}\n", promote_line(outcome, tracking_uri)));
    result(&lines.join("\n"))
}

fn leaderboard(outcome: &TrainingOutcome) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_header(["", "Model", "WAPE", "MAE", "RMSE", "MASE", "RMSSE", "Bias", "Fit"]);
    for row in &outcome.leaderboard {
        table.add_row([
            row.rank.to_string(),
            if row.champion { format!("{} ★", row.model) } else { row.model.clone() },
            percent(row.accuracy.wape),
            number(row.accuracy.mae),
            number(row.accuracy.rmse),
            number(row.accuracy.mase),
            number(row.accuracy.rmsse),
            percent(row.accuracy.bias),
            format!("{:.1} s", row.fit_seconds),
        ]);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.1} %", 100.0 * share) } else { "–".to_owned() }
}

/// A measure with as many decimals as matter: sales are counted in millions and in millionths.
fn number(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => "–".to_owned(),
        size if size >= 10_000.0 => format!("{value:.0}"),
        size if size > 0.0 && size < 0.01 => format!("{value:.1e}"),
        _ => format!("{value:.3}"),
    }
}

/// The exact command to go on with.
fn promote_line(outcome: &TrainingOutcome, tracking_uri: Option<&str>) -> String {
    let mut line = format!("forecast-promote --run-id {}", outcome.run_id);
    if let Some(name) = outcome.registered_model.as_deref().filter(|name| *name != DEFAULT_MODEL) {
        line.push_str(&format!(" --name {}", quoted(name)));
    }
    match tracking_uri {
        Some(uri) => format!("MLFLOW_TRACKING_URI={} {line}", quoted(uri)),
        None => line,
    }
}

/// A word as a POSIX shell takes it.
fn quoted(word: &str) -> String {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "-_./:@".contains(sign);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::{number, quoted};

    #[test]
    fn measures_keep_the_digits_that_matter() {
        assert_eq!([0.0, 0.5, 123.456].map(number), ["0.000", "0.500", "123.456"]);
        assert_eq!([123_456.789, 0.000_012_3, f64::NAN].map(number), ["123457", "1.2e-5", "–"]);
    }

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("sqlite:///a.db"), "sqlite:///a.db");
        assert_eq!(quoted("it's mine"), r"'it'\''s mine'");
    }
}
