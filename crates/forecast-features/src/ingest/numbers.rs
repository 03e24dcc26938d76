//! Numbers and flags as people write them in text.

use super::options::DecimalMark;

/// What a text says as a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum NumberText {
    /// A number, perhaps infinite.
    Number(f64),
    /// Nothing, or a word for nothing.
    Missing,
    /// Something else.
    Bad,
}

/// Words that programs write for a missing number.
const MISSING_WORDS: [&str; 8] = ["na", "n/a", "nan", "null", "none", "nil", "-", "?"];

/// Reads `text`, which has no blanks around it.
pub(crate) fn parse_number(text: &str, decimal: DecimalMark) -> NumberText {
    let bytes = text.as_bytes();
    if bytes.is_empty() {
        return NumberText::Missing;
    }
    // Whole numbers are most of what sales tables hold.
    if bytes.len() <= 15 && bytes.iter().all(u8::is_ascii_digit) {
        let whole = bytes.iter().fold(0u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
        return NumberText::Number(whole as f64);
    }
    if !bytes.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b',' | b'e' | b'E'))
        || !bytes.iter().any(u8::is_ascii_digit)
    {
        return parse_word(text);
    }
    let parsed = match decimal {
        DecimalMark::Point => text.parse(),
        DecimalMark::Comma if bytes.contains(&b'.') => return NumberText::Bad,
        DecimalMark::Comma => text.replace(',', ".").parse(),
    };
    parsed.map_or(NumberText::Bad, NumberText::Number)
}

fn parse_word(text: &str) -> NumberText {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if MISSING_WORDS.iter().any(|word| is(word)) {
        return NumberText::Missing;
    }
    let unsigned = text.trim_start_matches(['+', '-']);
    if unsigned.eq_ignore_ascii_case("inf") || unsigned.eq_ignore_ascii_case("infinity") {
        return NumberText::Number(f64::INFINITY);
    }
    NumberText::Bad
}

/// Yes or no; `None` for anything else.
pub(crate) fn parse_flag(text: &str) -> Option<bool> {
    const YES: [&str; 5] = ["1", "true", "yes", "y", "t"];
    const NO: [&str; 5] = ["0", "false", "no", "n", "f"];
    if YES.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Some(true);
    }
    if NO.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Some(false);
    }
    match parse_number(text, DecimalMark::Point) {
        NumberText::Number(1.0) => Some(true),
        NumberText::Number(0.0) => Some(false),
        _ => None,
    }
}

/// The text of a number, the same whatever its type was: `7` for `7`, `7.0` and `"7"`.
pub(crate) fn number_text(number: f64) -> String {
    // Adding zero turns -0 into 0.
    (number + 0.0).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_with_either_mark() {
        use DecimalMark::{Comma, Point};
        assert_eq!(parse_number("12", Point), NumberText::Number(12.0));
        assert_eq!(parse_number("-1.5e2", Point), NumberText::Number(-150.0));
        assert_eq!(parse_number("1,5", Comma), NumberText::Number(1.5));
        assert_eq!(parse_number("1,5", Point), NumberText::Bad);
        assert_eq!(parse_number("1.234,5", Comma), NumberText::Bad);
        assert_eq!(parse_number("NaN", Point), NumberText::Missing);
        assert_eq!(parse_number("", Point), NumberText::Missing);
        assert_eq!(parse_number("-Infinity", Point), NumberText::Number(f64::INFINITY));
        assert_eq!(parse_number("12 pcs", Point), NumberText::Bad);
        assert_eq!(parse_number("1-2", Point), NumberText::Bad);
    }

    #[test]
    fn flags_are_words_or_digits() {
        assert_eq!(parse_flag("TRUE"), Some(true));
        assert_eq!(parse_flag("0.0"), Some(false));
        assert_eq!(parse_flag("2"), None);
        assert_eq!(number_text(-0.0), "0");
        assert_eq!(number_text(7.25), "7.25");
    }
}
