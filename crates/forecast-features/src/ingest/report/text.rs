//! The report for people.

use std::fmt::{self, Write as _};

use super::{ColumnRole, ColumnSummary, QualityReport};

impl QualityReport {
    /// The report as Markdown: a table of facts, one of columns, and the findings.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = String::from("## Data quality\n\n| | |\n|---|---|\n");
        for (name, value) in self.facts() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "| {name} | {value} |");
        }
        if !self.columns.is_empty() {
            text.push_str("\n| Column | Role | Kind | Empty | Range |\n|---|---|---|---|---|\n");
            for column in &self.columns {
                let [role, kind, empty, range] = column_cells(column);
                let _ = writeln!(text, "| `{}` | {role} | {kind} | {empty} | {range} |", column.name);
            }
        }
        text.push_str("\n### Findings\n\n");
        if self.findings.is_empty() {
            text.push_str("Nothing to report.\n");
        }
        for finding in &self.findings {
            let example = match finding.example.to_string() {
                example if example.is_empty() => example,
                example => format!(" First: {example}."),
            };
            let (severity, code, count) = (finding.severity, finding.code, finding.count);
            let (message, remedy) = (&finding.message, &finding.remedy);
            let _ = writeln!(text, "- **{severity}** `{code}` ({count}): {message}.{example} *{remedy}*");
        }
        text
    }

    /// Names and values of the facts worth a line.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let source = if self.frequency_detected { "detected" } else { "given" };
        let kind = if self.looks_like_counts { "counts" } else { "amounts" };
        let demand = self.demand;
        let mut facts = vec![
            ("Rows read", self.rows_read.to_string()),
            ("Series", self.series.to_string()),
            ("Rows of the panel", self.rows.to_string()),
            ("Span", format!("{} to {}", self.first, self.last)),
            ("Frequency", format!("{} ({source})", self.frequency)),
            (
                "Target",
                format!("{kind}, mean {:.4}, {} to {}", self.target.mean, self.target.min, self.target.max),
            ),
            ("Zeros", percent(self.zero_share)),
            (
                "History, periods",
                format!(
                    "{} shortest, {} median, {} longest",
                    self.history.shortest, self.history.median, self.history.longest
                ),
            ),
            (
                "Demand (ADI/CV²)",
                format!(
                    "{} smooth, {} erratic, {} intermittent, {} lumpy, {} without demand",
                    demand.smooth, demand.erratic, demand.intermittent, demand.lumpy, demand.no_demand
                ),
            ),
            (
                "Gaps filled",
                format!(
                    "{} inside, {} at the end ({}, ends {})",
                    self.gaps_inside,
                    self.gaps_at_end,
                    lower(&self.gaps),
                    lower(&self.ends)
                ),
            ),
            (
                "Rows without target / negative / merged",
                format!("{} / {} / {}", self.missing_targets, self.negatives, self.duplicates_merged),
            ),
            (
                "Series constant / dead / ended early",
                format!("{} / {} / {}", self.constant_series, self.dead_series, self.ended_early),
            ),
            (
                "Series shorter than one / two horizons",
                format!("{} / {}", self.shorter_than_horizon, self.shorter_than_two_horizons),
            ),
        ];
        facts.extend(self.available_share.map(|share| ("Available", percent(share))));
        facts.extend(self.future.map(|future| {
            ("Future table", format!("{} rows, {} series covered", future.rows_read, future.series_covered))
        }));
        facts
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn lower(value: &impl fmt::Debug) -> String {
    format!("{value:?}").to_lowercase()
}

fn column_cells(column: &ColumnSummary) -> [String; 4] {
    let role = match column.role {
        ColumnRole::KnownFuture => "known-future",
        ColumnRole::Static => "static",
    };
    let kind = match column.levels {
        Some(levels) => format!("{levels} categories"),
        None => "number".to_owned(),
    };
    let range = column.values.map_or_else(String::new, |values| format!("{} to {}", values.min, values.max));
    [role.to_owned(), kind, percent(column.missing_share), range]
}

impl fmt::Display for QualityReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.facts() {
            writeln!(out, "{name:<42} {value}")?;
        }
        for column in &self.columns {
            let [role, kind, empty, range] = column_cells(column);
            writeln!(
                out,
                "{:<42} {role}, {kind}, {empty} empty {range}",
                format!("column `{}`", column.name)
            )?;
        }
        for finding in &self.findings {
            writeln!(out, "{}: {finding}", finding.severity)?;
        }
        Ok(())
    }
}
