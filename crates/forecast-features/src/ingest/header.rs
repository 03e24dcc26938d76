//! Finds the columns of a spec in the header of a source.

use super::catalogue::ProblemCode;
use super::collect::Role;
use super::ledger::Ledger;
use super::problem::Place;

/// Which columns were found and which were not.
#[derive(Debug)]
pub(crate) struct Header {
    /// Position in the source and role.
    pub(crate) found: Vec<(usize, Role)>,
    /// Roles without a column.
    pub(crate) absent: Vec<Role>,
}

/// Looks `wanted` up among `columns`; notes what is missing, with the nearest name, or doubled.
pub(crate) fn match_columns(
    file: &str,
    columns: &[String],
    wanted: &[(Role, &str)],
    ledger: &mut Ledger,
) -> Header {
    let mut header = Header { found: Vec::new(), absent: Vec::new() };
    for &(role, name) in wanted {
        let mut positions = columns.iter().enumerate().filter(|(_, column)| *column == name);
        match (positions.next(), positions.next()) {
            (None, _) => {
                ledger.note(ProblemCode::MissingColumn.of(name), || {
                    Place::file(file).with_note(found_note(name, columns))
                });
                header.absent.push(role);
            }
            (Some((first, _)), second) => {
                if let Some((second, _)) = second {
                    ledger.note(ProblemCode::DuplicateColumn.of(name), || {
                        Place::file(file).with_note(format!("columns {} and {}", first + 1, second + 1))
                    });
                }
                header.found.push((first, role));
            }
        }
    }
    header
}

/// "found: a, b, c; did you mean `b`?"
fn found_note(name: &str, columns: &[String]) -> String {
    const MOST_LISTED: usize = 20;
    let mut note = match columns.len() {
        0 => "found no columns".to_owned(),
        count if count > MOST_LISTED => {
            format!("found: {} and {} more", columns[..MOST_LISTED].join(", "), count - MOST_LISTED)
        }
        _ => format!("found: {}", columns.join(", ")),
    };
    if let Some(near) = nearest(name, columns.iter().map(String::as_str)) {
        note.push_str(&format!("; did you mean `{near}`?"));
    }
    note
}

/// The candidate most like `name`, if one is alike at all.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const LEAST_LIKENESS: f64 = 0.8;
    let wanted = name.to_lowercase();
    candidates
        .map(|candidate| (strsim::jaro_winkler(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness >= LEAST_LIKENESS)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let columns = ["Date", "store", "unit_sales"];
        assert_eq!(nearest("date", columns.into_iter()), Some("Date"));
        assert_eq!(nearest("units_sale", columns.into_iter()), Some("unit_sales"));
        assert_eq!(nearest("qqq", columns.into_iter()), None);
    }
}
