//! Date arithmetic that seasons and holidays share.

use chrono::{Datelike, NaiveDate, Weekday};

/// Easter Sunday by the anonymous Gregorian computus (Meeus, *Astronomical Algorithms*, chapter 8).
pub(super) fn easter(year: i32) -> Option<NaiveDate> {
    let golden = year % 19;
    let (century, rest) = (year / 100, year % 100);
    let correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - epact - rest % 4) % 7;
    let shift = (golden + 11 * epact + 22 * weekday) / 451;
    let sum = epact + weekday - 7 * shift + 114;
    NaiveDate::from_ymd_opt(year, (sum / 31).unsigned_abs(), (sum % 31 + 1).unsigned_abs())
}

/// The nth given weekday of a month, counted from 1.
pub(super) fn nth_weekday(year: i32, month: u32, (nth, weekday): (u8, Weekday)) -> Option<NaiveDate> {
    NaiveDate::from_weekday_of_month_opt(year, month, weekday, nth)
}

/// The last given weekday of a month.
pub(super) fn last_weekday(year: i32, month: u32, weekday: Weekday) -> Option<NaiveDate> {
    nth_weekday(year, month, (5, weekday)).or_else(|| nth_weekday(year, month, (4, weekday)))
}

/// The first day of Eid al-Fitr and Eid al-Adha as the Emirates announced them.
/// Other years have no Eid in the sample: the moon is not computed.
pub(super) fn eid(year: i32) -> Option<[NaiveDate; 2]> {
    let (fitr, adha) = match year {
        2021 => ((5, 13), (7, 20)),
        2022 => ((5, 2), (7, 9)),
        2023 => ((4, 21), (6, 28)),
        2024 => ((4, 10), (6, 16)),
        2025 => ((3, 30), (6, 6)),
        2026 => ((3, 20), (5, 27)),
        _ => return None,
    };
    Some([NaiveDate::from_ymd_opt(year, fitr.0, fitr.1)?, NaiveDate::from_ymd_opt(year, adha.0, adha.1)?])
}

/// How far `date` is into the days that lead up to `event`: 0 at `lead_days` before, 1 on the day
/// itself, 0 after it.
pub(super) fn ramp(date: NaiveDate, event: Option<NaiveDate>, lead_days: i64) -> f64 {
    let Some(event) = event else { return 0.0 };
    let before = (event - date).num_days();
    if (0..lead_days).contains(&before) { 1.0 - before as f64 / lead_days as f64 } else { 0.0 }
}

/// How far the year is around, in radians: 0 on 1 January.
pub(super) fn year_angle(date: NaiveDate) -> f64 {
    std::f64::consts::TAU * f64::from(date.ordinal0()) / 365.25
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(year, month, day)
    }

    #[test]
    fn easter_falls_where_it_did() {
        assert_eq!(easter(2000), date(2000, 4, 23));
        assert_eq!(easter(2024), date(2024, 3, 31));
        assert_eq!(easter(2025), date(2025, 4, 20));
        assert_eq!(easter(2026), date(2026, 4, 5));
    }

    #[test]
    fn weekdays_of_a_month_are_counted_from_either_end() {
        assert_eq!(nth_weekday(2025, 11, (4, Weekday::Thu)), date(2025, 11, 27));
        assert_eq!(last_weekday(2025, 5, Weekday::Mon), date(2025, 5, 26));
        assert_eq!(last_weekday(2025, 8, Weekday::Sun), date(2025, 8, 31));
    }

    #[test]
    fn a_ramp_rises_to_the_day_and_ends_with_it() {
        let event = date(2025, 2, 14);
        let at = |day| ramp(date(2025, 2, day).unwrap(), event, 10);
        assert_eq!((at(4), at(14), at(15)), (0.0, 1.0, 0.0));
        assert!(at(9) < at(10));
        assert_eq!(ramp(NaiveDate::MIN, None, 10), 0.0);
    }
}
