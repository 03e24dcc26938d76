//! Dates and times as text: ISO 8601 and its close relatives, or a strftime format of the user's.
//!
//! Times are wall-clock times: an offset in the text is read and dropped, because a sales table is
//! kept in the local time of its shops. Day/month and month/day are never guessed.

use chrono::format::{Parsed, StrftimeItems, parse};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime};

/// What a text says as a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeText {
    /// Microseconds of wall-clock time since 1970-01-01.
    At(i64),
    /// Day and month cannot be told apart.
    Ambiguous,
    /// Something else.
    Bad,
}

/// Reads `text`, which has no blanks around it, in the given strftime format or else as ISO.
pub(crate) fn parse_time(text: &str, format: Option<&str>) -> TimeText {
    let parsed = match format {
        Some(format) => parse_format(text, format),
        None => parse_iso(text),
    };
    match parsed.and_then(micros) {
        Some(micros) => TimeText::At(micros),
        None if format.is_none() && looks_like_day_and_month(text) => TimeText::Ambiguous,
        None => TimeText::Bad,
    }
}

/// A number such as 20240131 as a date.
pub(crate) fn compact_date(number: i64) -> Option<i64> {
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(year).ok()?,
        u32::try_from(month).ok()?,
        u32::try_from(day).ok()?,
    )?;
    (number > 0).then(|| micros(date.and_time(NaiveTime::MIN)))?
}

/// Microseconds since the epoch; `None` for years that no table means.
pub(crate) fn micros(time: NaiveDateTime) -> Option<i64> {
    (1..=9999).contains(&time.year()).then(|| time.and_utc().timestamp_micros())
}

/// The inverse of [`micros`]; `None` outside years 1 to 9999.
pub(crate) fn from_micros(micros: i64) -> Option<NaiveDateTime> {
    let time = DateTime::from_timestamp_micros(micros)?.naive_utc();
    (1..=9999).contains(&time.year()).then_some(time)
}

/// A time for people: without the clock at midnight.
pub(crate) fn time_label(time: NaiveDateTime) -> String {
    if time.time() == NaiveTime::MIN { time.date().to_string() } else { time.to_string() }
}

fn parse_format(text: &str, format: &str) -> Option<NaiveDateTime> {
    let mut parsed = Parsed::new();
    parse(&mut parsed, text, StrftimeItems::new(format)).ok()?;
    if parsed.day().is_none() && parsed.ordinal().is_none() && parsed.month().is_some() {
        // A month alone means its first day.
        parsed.set_day(1).ok()?;
    }
    let date = parsed.to_naive_date().ok()?;
    Some(date.and_time(parsed.to_naive_time().unwrap_or(NaiveTime::MIN)))
}

fn parse_iso(text: &str) -> Option<NaiveDateTime> {
    let (date, clock) = match text.find(['T', 't', ' ']) {
        Some(position) => (&text[..position], Some(&text[position + 1..])),
        None => (text, None),
    };
    let date = parse_date(date)?;
    match clock {
        Some(clock) => Some(date.and_time(parse_clock(without_zone(clock)?)?)),
        None => Some(date.and_time(NaiveTime::MIN)),
    }
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    if bytes.len() == 8 && bytes.iter().all(u8::is_ascii_digit) {
        return NaiveDate::from_ymd_opt(
            number(&text[..4])? as i32,
            number(&text[4..6])?,
            number(&text[6..])?,
        );
    }
    let year = number(text.get(..4)?)? as i32;
    let rest = text.get(4..)?;
    if let Some(quarter) = rest.strip_prefix("-Q").or_else(|| rest.strip_prefix('Q')) {
        return NaiveDate::from_ymd_opt(year, (number(quarter)?.checked_sub(1)? % 100) * 3 + 1, 1);
    }
    let separator = rest.chars().next().filter(|sign| matches!(sign, '-' | '/'))?;
    let mut parts = rest[1..].split(separator);
    let month = number(parts.next()?)?;
    match (parts.next(), parts.next()) {
        (Some(day), None) => NaiveDate::from_ymd_opt(year, month, number(day)?),
        (None, _) if separator == '-' => NaiveDate::from_ymd_opt(year, month, 1),
        _ => None,
    }
}

fn parse_clock(text: &str) -> Option<NaiveTime> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.split(':');
    let (hour, minute) = (number(parts.next()?)?, number(parts.next()?)?);
    let second = parts.next().map_or(Some(0), number)?;
    if parts.next().is_some() || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let micros = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    NaiveTime::from_hms_micro_opt(hour, minute, second, micros)
}

/// Cuts `Z`, `UTC`, `+02`, `+0200` or `+02:00` off; `None` when what follows the clock is none of these.
fn without_zone(clock: &str) -> Option<&str> {
    let Some(position) = clock.find(|sign: char| !sign.is_ascii_digit() && sign != ':' && sign != '.') else {
        return Some(clock);
    };
    let (clock, zone) = clock.split_at(position);
    let zone = zone.trim_start();
    let known = matches!(zone, "Z" | "z" | "UTC" | "GMT")
        || zone.strip_prefix(['+', '-']).is_some_and(|offset| {
            let digits = offset.replacen(':', "", 1);
            matches!(digits.len(), 2 | 4) && digits.bytes().all(|byte| byte.is_ascii_digit())
        });
    known.then_some(clock)
}

/// One to four digits; nothing else.
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// `31/01/2024`, `1.2.24` and the like.
fn looks_like_day_and_month(text: &str) -> bool {
    let date = text.split([' ', 'T']).next().unwrap_or(text);
    let Some(separator) = date.chars().find(|sign| matches!(sign, '/' | '.' | '-')) else { return false };
    let parts: Vec<&str> = date.split(separator).collect();
    matches!(parts[..], [first, second, year]
        if first.len() <= 2 && second.len() <= 2 && matches!(year.len(), 2 | 4)
            && parts.iter().all(|part| number(part).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        match parse_time(text, None) {
            TimeText::At(micros) => from_micros(micros).map(time_label),
            _ => None,
        }
    }

    #[test]
    fn iso_and_its_relatives_are_read() {
        for text in ["2024-01-31", "2024/01/31", "2024/1/31", "20240131", "2024-01-31T00:00:00Z"] {
            assert_eq!(read(text).as_deref(), Some("2024-01-31"), "{text}");
        }
        assert_eq!(read("2024-01").as_deref(), Some("2024-01-01"));
        assert_eq!(read("2024-Q3").as_deref(), Some("2024-07-01"));
        for text in ["2024-01-31T13:00", "2024-01-31 13:00:00.000+02:00", "2024-01-31 13:00:00 +0200"] {
            assert_eq!(read(text).as_deref(), Some("2024-01-31 13:00:00"), "{text}");
        }
    }

    #[test]
    fn nonsense_is_bad_and_day_month_is_never_guessed() {
        for text in [
            "2024-13-01",
            "2024-02-30",
            "yesterday",
            "2024-Q5",
            "2024-Q0",
            "2024-01-31T25:00",
            "12",
            "2024-01-31x",
        ] {
            assert_eq!(parse_time(text, None), TimeText::Bad, "{text}");
        }
        for text in ["03/04/2024", "31/12/2024", "3.4.24", "03-04-2024 12:00"] {
            assert_eq!(parse_time(text, None), TimeText::Ambiguous, "{text}");
        }
    }

    #[test]
    fn a_format_decides() {
        let at = |text, format| match parse_time(text, Some(format)) {
            TimeText::At(micros) => from_micros(micros).map(time_label),
            _ => None,
        };
        assert_eq!(at("03/04/2024", "%d/%m/%Y").as_deref(), Some("2024-04-03"));
        assert_eq!(at("03/04/2024", "%m/%d/%Y").as_deref(), Some("2024-03-04"));
        assert_eq!(at("04/2024", "%m/%Y").as_deref(), Some("2024-04-01"));
        assert_eq!(at("03/04/2024 13:30", "%d/%m/%Y %H:%M").as_deref(), Some("2024-04-03 13:30:00"));
        assert_eq!(at("2024-04-03", "%d/%m/%Y"), None);
    }

    #[test]
    fn whole_numbers_may_be_dates() {
        assert_eq!(
            compact_date(20_240_131).and_then(from_micros).map(time_label).as_deref(),
            Some("2024-01-31")
        );
        assert_eq!(compact_date(20_241_331), None);
        assert_eq!(compact_date(-5), None);
    }
}
