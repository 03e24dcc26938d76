//! Calendar features: what is known of a period from its date alone.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use serde::{Deserialize, Serialize};

/// A field of the date with which a period begins (on which it ends, for month and quarter ends).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalendarField {
    /// 0 to 23; a category.
    HourOfDay,
    /// 0 for Monday to 6 for Sunday; a category.
    DayOfWeek,
    /// 1 to 31.
    DayOfMonth,
    /// 1 to 366.
    DayOfYear,
    /// ISO week, 1 to 53.
    WeekOfYear,
    /// 0 for January to 11 for December; a category.
    MonthOfYear,
    /// 0 to 3; a category.
    QuarterOfYear,
    /// 1 on the first day of a month, else 0.
    IsMonthStart,
    /// 1 on the last day of a month, else 0.
    IsMonthEnd,
}

impl CalendarField {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::HourOfDay => "hour_of_day",
            Self::DayOfWeek => "day_of_week",
            Self::DayOfMonth => "day_of_month",
            Self::DayOfYear => "day_of_year",
            Self::WeekOfYear => "week_of_year",
            Self::MonthOfYear => "month_of_year",
            Self::QuarterOfYear => "quarter_of_year",
            Self::IsMonthStart => "is_month_start",
            Self::IsMonthEnd => "is_month_end",
        }
    }

    pub(super) fn cardinality(self) -> Option<u32> {
        match self {
            Self::HourOfDay => Some(24),
            Self::DayOfWeek => Some(7),
            Self::MonthOfYear => Some(12),
            Self::QuarterOfYear => Some(4),
            _ => None,
        }
    }

    pub(super) fn of(self, timestamp: NaiveDateTime) -> f32 {
        let date = timestamp.date();
        let number = match self {
            Self::HourOfDay => timestamp.hour(),
            Self::DayOfWeek => date.weekday().num_days_from_monday(),
            Self::DayOfMonth => date.day(),
            Self::DayOfYear => date.ordinal(),
            Self::WeekOfYear => date.iso_week().week(),
            Self::MonthOfYear => date.month0(),
            Self::QuarterOfYear => date.month0() / 3,
            Self::IsMonthStart => u32::from(date.day() == 1),
            Self::IsMonthEnd => u32::from(is_month_end(date)),
        };
        number as f32
    }
}

fn is_month_end(date: NaiveDate) -> bool {
    date.succ_opt().is_none_or(|next| next.month() != date.month())
}

/// Writes `sin(2πkx), cos(2πkx)` for k = 1, 2, …, where x is the share of the year that has gone by.
pub(super) fn fourier(timestamp: NaiveDateTime, out: &mut [f32]) {
    let date = timestamp.date();
    let day = f64::from(date.ordinal0()) + f64::from(timestamp.hour()) / 24.0;
    let length = if date.leap_year() { 366.0 } else { 365.0 };
    for (index, pair) in out.chunks_exact_mut(2).enumerate() {
        let angle = std::f64::consts::TAU * (index + 1) as f64 * day / length;
        pair[0] = angle.sin() as f32;
        pair[1] = angle.cos() as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_those_of_a_wall_calendar() {
        let leap: NaiveDateTime = "2024-02-29T13:00:00".parse().unwrap();
        let expect = [
            (CalendarField::HourOfDay, 13.0),
            (CalendarField::DayOfWeek, 3.0),
            (CalendarField::DayOfMonth, 29.0),
            (CalendarField::DayOfYear, 60.0),
            (CalendarField::WeekOfYear, 9.0),
            (CalendarField::MonthOfYear, 1.0),
            (CalendarField::QuarterOfYear, 0.0),
            (CalendarField::IsMonthStart, 0.0),
            (CalendarField::IsMonthEnd, 1.0),
        ];
        for (field, value) in expect {
            assert_eq!(field.of(leap), value, "{field:?}");
        }
    }

    #[test]
    fn a_year_is_one_turn() {
        let mut out = [0.0; 4];
        fourier("2023-01-01T00:00:00".parse().unwrap(), &mut out);
        assert_eq!(out, [0.0, 1.0, 0.0, 1.0]);
        fourier("2023-07-02T12:00:00".parse().unwrap(), &mut out);
        assert!((out[1] + 1.0).abs() < 1e-6 && (out[3] - 1.0).abs() < 1e-6);
    }
}
