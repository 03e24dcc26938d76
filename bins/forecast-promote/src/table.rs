//! The table of versions.

use chrono::DateTime;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use forecast_deploy::promotion::{ListedVersion, Listing};
use mlflow_client::types::Stage;

/// A line below the header and nothing else: rows are one line each.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// The versions as a table, or how to get one.
pub(crate) fn versions(listing: &Listing, tracking_uri: &str) -> String {
    let model = &listing.model;
    if listing.versions.is_empty() {
        return format!(
            "{model} has no versions at {tracking_uri}. To make one, register it while training:\n  \
             forecast-train … --register {model}\nor promote a run that is recorded already:\n  \
             forecast-promote --run-id …"
        );
    }
    let mut table = Table::new();
    table
        .load_style(STYLE)
        // Run ids are there to be copied: never broken over lines.
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(["", "version", "alias", "stage", "run", "created (UTC)", "champion", "WAPE"]);
    for entry in &listing.versions {
        table.add_row(row(entry));
    }
    for number in [1, 7] {
        if let Some(column) = table.column_mut(number) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    format!("{model} at {tracking_uri} (* is in production)\n\n{}", table.trim_fmt())
}

fn row(entry: &ListedVersion) -> [String; 8] {
    let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    let created = DateTime::from_timestamp_millis(entry.created_ms)
        .map(|moment| moment.format("%Y-%m-%d %H:%M").to_string())
        .unwrap_or_default();
    [
        if entry.current { "*".to_owned() } else { String::new() },
        entry.version.to_string(),
        or_dash(&entry.aliases.join(", ")),
        if entry.stage == Stage::None { "-".to_owned() } else { entry.stage.to_string() },
        or_dash(&entry.run_id),
        or_dash(&created),
        or_dash(entry.champion.as_deref().unwrap_or_default()),
        entry.wape.map_or_else(|| "-".to_owned(), |wape| format!("{wape:.4}")),
    ]
}

#[cfg(test)]
mod tests {
    use forecast_deploy::promotion::{ListedVersion, Listing};
    use mlflow_client::types::Stage;

    use super::versions;

    #[test]
    fn the_table_shows_what_is_in_production() {
        let entry = ListedVersion {
            version: 2,
            aliases: vec!["production".into(), "staging".into()],
            stage: Stage::Production,
            run_id: "0123456789abcdef0123456789abcdef".into(),
            created_ms: 1_767_225_600_000,
            champion: Some("ridge".into()),
            wape: Some(0.213_45),
            current: true,
        };
        let former = ListedVersion {
            version: 1,
            aliases: vec![],
            stage: Stage::Archived,
            run_id: String::new(),
            champion: None,
            wape: None,
            current: false,
            ..entry.clone()
        };
        let listing = Listing { model: "demand-forecast".into(), versions: vec![entry, former] };
        insta::assert_snapshot!(versions(&listing, "sqlite:///mlflow.db"));
    }

    #[test]
    fn an_empty_list_says_how_to_get_a_version() {
        let listing = Listing { model: "demand-forecast".into(), versions: vec![] };
        insta::assert_snapshot!(versions(&listing, "sqlite:///mlflow.db"));
    }
}
