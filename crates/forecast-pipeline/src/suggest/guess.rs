//! What the texts of one column look like.

use chrono::{NaiveDate, NaiveDateTime};

use super::table::Column;

/// Distinct values looked at per column.
const MOST_VALUES: usize = 20_000;

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing at all.
    Empty,
    /// Dates or times, to be read in the given format where they are not ISO.
    Time(Option<&'static str>),
    /// Zeros and ones, or yes and no.
    Flag,
    /// Whole numbers.
    Whole,
    /// Numbers with fractions; the mark is a comma in the second case.
    Number,
    /// Numbers with a decimal comma.
    CommaNumber,
    /// Anything else.
    Text,
}

/// The narrowest content that fits every value.
pub(super) fn content(column: &Column) -> Content {
    let known: Vec<&str> = column.known().take(MOST_VALUES).collect();
    let all = |fits: &dyn Fn(&str) -> bool| known.iter().all(|value| fits(value));
    if known.is_empty() {
        return Content::Empty;
    }
    if let Some(format) = time_format(&known) {
        return Content::Time(format);
    }
    if all(&|value| matches!(value.to_lowercase().as_str(), "0" | "1" | "true" | "false")) {
        return Content::Flag;
    }
    if all(&|value| value.parse::<i64>().is_ok()) {
        return Content::Whole;
    }
    if all(&|value| value.parse::<f64>().is_ok_and(f64::is_finite)) {
        let whole = all(&|value| value.parse::<f64>().is_ok_and(|number| number.fract() == 0.0));
        return if whole { Content::Whole } else { Content::Number };
    }
    if all(&|value| value.replacen(',', ".", 1).parse::<f64>().is_ok_and(f64::is_finite)) {
        return Content::CommaNumber;
    }
    Content::Text
}

/// The format of a column of times: the inner `None` for ISO, the outer for no times at all.
#[expect(clippy::option_option, reason = "no times, and times without a format, are different things")]
fn time_format(values: &[&str]) -> Option<Option<&'static str>> {
    if values.iter().all(|value| is_iso(value)) {
        return Some(None);
    }
    // Where both would do, the day comes first, as in most of the world; the file says so.
    ["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y"]
        .into_iter()
        .find(|format| values.iter().all(|value| NaiveDate::parse_from_str(value, format).is_ok()))
        .map(Some)
}

/// Whether `text` is a date or time that needs no format.
pub(super) fn is_iso(text: &str) -> bool {
    let compact = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    if compact {
        return NaiveDate::parse_from_str(text, "%Y%m%d")
            .is_ok_and(|date| (1900..2200).contains(&chrono::Datelike::year(&date)));
    }
    let text = text.trim_end_matches('Z');
    let quarter = text.split_once('Q').is_some_and(|(year, number)| {
        let year = year.strip_suffix('-').unwrap_or(year);
        year.len() == 4 && year.parse::<u16>().is_ok() && matches!(number, "1" | "2" | "3" | "4")
    });
    let month = text.len() == 7 && NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").is_ok();
    quarter
        || month
        || ["%Y-%m-%d", "%Y/%m/%d"].iter().any(|format| NaiveDate::parse_from_str(text, format).is_ok())
        || ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
            .iter()
            .any(|format| NaiveDateTime::parse_from_str(text, format).is_ok())
}

/// How much a column's name speaks for a role: 2 when it is one of the words, 1 when it holds one.
pub(super) fn likeness(name: &str, words: &[&str]) -> u32 {
    let name = name.to_lowercase();
    let parts: Vec<&str> = name.split(|sign: char| !sign.is_alphanumeric()).collect();
    if words.contains(&name.as_str()) { 2 } else { u32::from(words.iter().any(|word| parts.contains(word))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_with_their_format() {
        assert_eq!(time_format(&["2024-01-31", "2024-02-01T10:00:00"]), Some(None));
        assert_eq!(time_format(&["20240131"]), Some(None));
        assert_eq!(time_format(&["2024-Q1", "2024Q2"]), Some(None));
        assert_eq!(time_format(&["2024-Q5"]), None);
        assert_eq!(time_format(&["31/01/2024"]), Some(Some("%d/%m/%Y")));
        assert_eq!(time_format(&["01/31/2024", "02/01/2024"]), Some(Some("%m/%d/%Y")));
        assert_eq!(time_format(&["12345678"]), None);
    }

    #[test]
    fn names_count_by_their_parts() {
        assert_eq!(likeness("Date", &["date"]), 2);
        assert_eq!(likeness("unit_sales", &["sales"]), 1);
        assert_eq!(likeness("salesman", &["sales"]), 0);
    }
}
