//! Numbers, dates and counts as people write them.

use forecast_core::{Frequency, Period};

use super::chart::period_label;

const NONE: &str = "–";
/// The sign with a space that no line breaks at.
const PERCENT: &str = "\u{a0}%";

/// A share in percent.
pub(super) fn percent(share: f64, decimals: usize) -> String {
    if share.is_finite() { format!("{:.decimals$}{PERCENT}", 100.0 * share) } else { NONE.to_owned() }
}

/// A share in percent with its sign.
pub(super) fn signed_percent(share: f64, decimals: usize) -> String {
    if share.is_finite() { format!("{}{PERCENT}", signed(100.0 * share, decimals)) } else { NONE.to_owned() }
}

/// A number with its sign, a real minus, and no sign for what rounds to zero.
pub(super) fn signed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    let size = format!("{:.decimals$}", value.abs());
    match size.parse::<f64>() {
        Ok(0.0) => size,
        _ if value < 0.0 => format!("−{size}"),
        _ => format!("+{size}"),
    }
}

/// A measure with as many decimals as matter.
pub(super) fn decimal(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => NONE.to_owned(),
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size > 0.0 && size < 0.01 => format!("{value:.1e}"),
        _ => format!("{value:.3}"),
    }
}

/// Digits in threes, with thin spaces.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// `1 window`, `3 windows`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// One period of a frequency.
pub(super) fn unit(frequency: Frequency) -> &'static str {
    steps_word(frequency, 1)
}

/// So many periods of a frequency.
pub(super) fn steps_word(frequency: Frequency, count: usize) -> &'static str {
    let (one, many) = match frequency {
        Frequency::Hourly => ("hour", "hours"),
        Frequency::Daily => ("day", "days"),
        Frequency::Weekly(_) => ("week", "weeks"),
        Frequency::MonthStart | Frequency::MonthEnd => ("month", "months"),
        Frequency::QuarterStart | Frequency::QuarterEnd => ("quarter", "quarters"),
    };
    if count == 1 { one } else { many }
}

/// What seasonal naive repeats.
pub(super) fn season(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::Hourly => "the same hour of the day before",
        Frequency::Daily => "the same day of the week before",
        Frequency::Weekly(_) => "the same week of the year before",
        Frequency::MonthStart | Frequency::MonthEnd => "the same month of the year before",
        Frequency::QuarterStart | Frequency::QuarterEnd => "the same quarter of the year before",
    }
}

/// First and last period.
pub(super) fn period_range(frequency: Frequency, first: Period, last: Period) -> String {
    format!("{} – {}", period_label(frequency, first), period_label(frequency, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(percent(0.2134, 1), "21.3\u{a0}%");
        assert_eq!(percent(f64::NAN, 1), "–");
        assert_eq!(signed_percent(-0.24, 0), "−24\u{a0}%");
        assert_eq!(signed(-0.04, 1), "0.0");
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(counted(1, "window", "windows"), "1 window");
        assert_eq!(decimal(1234.5), "1234");
        assert_eq!([decimal(0.0), decimal(0.012_34), decimal(0.000_012_34)], ["0.000", "0.012", "1.2e-5"]);
    }
}
