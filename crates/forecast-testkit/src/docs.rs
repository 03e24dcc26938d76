//! Parts of the documentation that come from the code, and the check that they still do.
//!
//! A document marks such a part with `<!-- begin NAME -->` and `<!-- end NAME -->`. The test that knows
//! what should stand there calls [`check_section`]; run with `UPDATE_DOCS=1` it writes it instead.

use std::{env, fs};

use crate::workspace;

/// The environment variable that makes the checks write.
const UPDATE: &str = "UPDATE_DOCS";

/// Compares the part `name` of `document` (a path from the root of the workspace) with `expected`.
///
/// # Errors
/// What to do: mark the part, or run the test again with `UPDATE_DOCS=1`.
pub fn check_section(document: &str, name: &str, expected: &str) -> Result<(), String> {
    let path = workspace::root().join(document);
    let text = fs::read_to_string(&path).map_err(|error| format!("{document}: {error}"))?;
    let updated = with_section(&text, name, expected).map_err(|error| format!("{document}: {error}"))?;
    if updated == text {
        return Ok(());
    }
    if env::var_os(UPDATE).is_some() {
        return fs::write(&path, updated).map_err(|error| format!("{document}: {error}"));
    }
    Err(format!("{document}: the part `{name}` is out of date: run this test again with {UPDATE}=1"))
}

/// Compares a file (a path from the root of the workspace) that comes from the code as a whole.
///
/// # Errors
/// What to do: run the test again with `UPDATE_DOCS=1`.
pub fn check_file(file: &str, expected: &str) -> Result<(), String> {
    let path = workspace::root().join(file);
    if fs::read_to_string(&path).is_ok_and(|text| text == expected) {
        return Ok(());
    }
    if env::var_os(UPDATE).is_none() {
        return Err(format!("{file} is out of date: run this test again with {UPDATE}=1"));
    }
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(|()| fs::write(&path, expected)).map_err(|error| format!("{file}: {error}"))
}

/// A Markdown table. Bars within cells are escaped, line ends become spaces.
#[must_use]
pub fn table<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let line = |cells: [String; N]| {
        format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|").replace('\n', " ")).join(" | "))
    };
    let rule = format!("|{}\n", "---|".repeat(N));
    let rows: String = rows.into_iter().map(line).collect();
    line(header.map(str::to_owned)) + &rule + &rows
}

/// `text` with its part `name` replaced.
fn with_section(text: &str, name: &str, content: &str) -> Result<String, String> {
    let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
    let missing = || format!("mark the part with `{}` and `{end}`", begin.trim());
    let (before, rest) = text.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(&end).ok_or_else(missing)?;
    Ok(format!("{before}{begin}\n{}\n\n{end}{after}", content.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_keeps_its_cells_apart() {
        let text = table(["a", "b"], [["x|y".to_owned(), "1\n2".to_owned()]]);
        assert_eq!(text, "| a | b |\n|---|---|\n| x\\|y | 1 2 |\n");
    }

    #[test]
    fn a_part_is_replaced_and_nothing_else() {
        let text = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n";
        let new = with_section(text, "x", "new\n").unwrap();
        assert_eq!(new, "a\n<!-- begin x -->\n\nnew\n\n<!-- end x -->\nb\n");
        assert_eq!(with_section(&new, "x", "new").unwrap(), new);
        assert!(with_section(text, "y", "new").unwrap_err().contains("<!-- begin y -->"));
    }
}
