//! Rows that are already in memory, such as those of a request, read like a file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::catalogue::ProblemCode;
use super::collect::{Collector, Role};
use super::header::nearest;
use super::locator::RowUnit;
use super::numbers::number_text;
use super::reporter::Reporter;

/// One cell of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// No value.
    Null,
    /// Yes or no.
    Flag(bool),
    /// A number; whole numbers beyond 2^53 lose their last digits.
    Number(f64),
    /// Text.
    Text(String),
}

/// A row: its cells by column name.
pub type Row = BTreeMap<String, Cell>;

/// Reads `rows` as the table `name` (`history`, `future`). Columns without a role are noted, since
/// whoever builds a row by hand may have mistyped a name.
pub(crate) fn read_rows(name: &str, rows: &[Row], collector: &mut Collector<'_>) {
    if rows.is_empty() {
        return;
    }
    let columns = columns_of(rows);
    let first_row = collector.rows();
    let roles = collector.begin_file(name, RowUnit::Index, &columns);
    note_unknown_columns(&columns, rows, first_row, collector);
    for row in rows {
        for &(position, role) in &roles {
            push_cell(row.get(&columns[position]).unwrap_or(&Cell::Null), role, collector);
        }
        collector.finish_rows(1);
    }
}

/// Every column that any row has, by name.
fn columns_of(rows: &[Row]) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = rows.iter().flat_map(BTreeMap::keys).collect();
    names.into_iter().cloned().collect()
}

fn note_unknown_columns(columns: &[String], rows: &[Row], first_row: usize, collector: &mut Collector<'_>) {
    let known: Vec<String> = collector.spec.columns().map(str::to_owned).collect();
    for column in columns.iter().filter(|column| !known.contains(column)) {
        let having = rows.iter().enumerate().filter(|(_, row)| row.contains_key(column));
        let (count, first) =
            having.fold((0, None), |(count, first), (row, _)| (count + 1, first.or(Some(row))));
        let note = match nearest(column, known.iter().map(String::as_str)) {
            Some(near) => format!("known: {}; did you mean `{near}`?", known.join(", ")),
            None => format!("known: {}", known.join(", ")),
        };
        let Reporter { ledger, locator } = &mut collector.reporter;
        ledger.note_many(ProblemCode::UnknownColumn.of(column), count, || {
            locator.place(first_row + first.unwrap_or(0)).with_column(column).with_note(note)
        });
    }
}

fn push_cell(cell: &Cell, role: Role, collector: &mut Collector<'_>) {
    match cell {
        Cell::Null => collector.push_text(role, ""),
        Cell::Flag(flag) => collector.push_text(role, if *flag { "true" } else { "false" }),
        Cell::Text(text) => collector.push_text(role, text),
        Cell::Number(number) => push_number(*number, role, collector),
    }
}

fn push_number(number: f64, role: Role, collector: &mut Collector<'_>) {
    let Collector { target, available, statics, covariates, reporter, .. } = collector;
    match role {
        Role::Key(_) | Role::Time => collector.push_text(role, &number_text(number)),
        Role::Target => target.push_number(Some(number), reporter),
        Role::Available => {
            if let Some(flags) = available {
                flags.push_number(Some(number), reporter);
            }
        }
        Role::Static(column) => statics[column].push_number(Some(number)),
        Role::Covariate(column) => covariates[column].push_number(Some(number), reporter),
    }
}
