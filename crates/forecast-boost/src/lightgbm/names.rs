//! Column names that LightGBM and those who read its files accept.

use std::collections::HashSet;

/// What LightGBM refuses in a name, because its JSON dump does not escape it.
const SPECIAL: [char; 7] = ['"', ',', ':', '[', ']', '{', '}'];

/// Each name with `_` for every character that the format cannot hold, and still all different: where two
/// become alike, the later one gets its place among the columns (from 0) appended.
pub(super) fn written<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut taken = HashSet::new();
    let mut written = Vec::new();
    for (place, name) in names.enumerate() {
        let is_refused = |c: char| c.is_whitespace() || c.is_control() || SPECIAL.contains(&c);
        let mut name: String = name.chars().map(|c| if is_refused(c) { '_' } else { c }).collect();
        if name.is_empty() {
            name.push_str("Column");
        }
        while !taken.insert(name.clone()) {
            name = format!("{name}_{place}");
        }
        written.push(name);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_format_cannot_hold_becomes_an_underscore_and_names_stay_different() {
        let names = ["lag 7", "lag_7", "mean[28]", "größe=1", "", "Column", "lag\n7"];
        let expected = ["lag_7", "lag_7_1", "mean_28_", "größe=1", "Column", "Column_5", "lag_7_6"];
        assert_eq!(written(names.into_iter()), expected);
    }
}
