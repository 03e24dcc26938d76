//! Public holidays by country, from the rules of the `holidays-rs` library.
//!
//! National holidays only. A country that the library does not know is refused with the list of
//! those it does; its holidays can still be given as a known-future column of the table.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, NaiveDate};
use holidays_rs::{Calendar, Country, Date};
use serde::{Deserialize, Serialize};

/// Distances to a holiday stop counting here: further away it does not matter.
const FAR_DAYS: u32 = 15;

/// A country whose public holidays are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HolidayCountry(Country);

/// A country whose holidays are not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no public holidays are known for `{asked}`: use one of {}, or give the holidays as a known-future column",
    HolidayCountry::names().join(", ")
)]
pub struct UnknownCountry {
    /// What was asked for.
    pub asked: String,
}

/// Two-letter codes (ISO 3166-1) of the countries that are most often asked for.
const CODES: [(&str, &str); 38] = [
    ("AT", "Austria"),
    ("AU", "Australia"),
    ("BE", "Belgium"),
    ("BR", "Brazil"),
    ("CA", "Canada"),
    ("CH", "Switzerland"),
    ("CY", "Cyprus"),
    ("CZ", "Czechia"),
    ("DE", "Germany"),
    ("DK", "Denmark"),
    ("EE", "Estonia"),
    ("ES", "Spain"),
    ("FI", "Finland"),
    ("FR", "France"),
    ("GB", "United Kingdom"),
    ("GR", "Greece"),
    ("HR", "Croatia"),
    ("ID", "Indonesia"),
    ("IE", "Ireland"),
    ("IS", "Iceland"),
    ("IT", "Italy"),
    ("LI", "Liechtenstein"),
    ("LT", "Lithuania"),
    ("LU", "Luxembourg"),
    ("LV", "Latvia"),
    ("MC", "Monaco"),
    ("MT", "Malta"),
    ("MX", "Mexico"),
    ("NL", "Netherlands"),
    ("NO", "Norway"),
    ("NZ", "New Zealand"),
    ("PL", "Poland"),
    ("PT", "Portugal"),
    ("RO", "Romania"),
    ("SE", "Sweden"),
    ("SI", "Slovenia"),
    ("SK", "Slovakia"),
    ("US", "United States"),
];

impl HolidayCountry {
    /// English names of all countries.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        Country::ALL.iter().map(|country| country.name()).collect()
    }

    /// The name as part of a feature name: `united_kingdom`.
    pub(super) fn slug(self) -> String {
        self.0
            .name()
            .chars()
            .map(|letter| if letter.is_alphanumeric() { letter.to_ascii_lowercase() } else { '_' })
            .collect()
    }
}

impl fmt::Display for HolidayCountry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.name())
    }
}

impl FromStr for HolidayCountry {
    type Err = UnknownCountry;

    /// Reads an English name or a two-letter code, in any case.
    fn from_str(text: &str) -> Result<Self, UnknownCountry> {
        let asked = text.trim();
        let code = CODES.iter().find(|(code, _)| code.eq_ignore_ascii_case(asked));
        let name = code.map_or(asked, |(_, name)| name);
        Country::ALL
            .iter()
            .find(|country| country.name().eq_ignore_ascii_case(name))
            .map(|&country| Self(country))
            .ok_or_else(|| UnknownCountry { asked: asked.to_owned() })
    }
}

impl Serialize for HolidayCountry {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for HolidayCountry {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Holidays of one country over a stretch of years, sorted.
#[derive(Clone, Debug)]
pub(super) struct HolidayList {
    country: HolidayCountry,
    first_year: i32,
    last_year: i32,
    dates: Vec<NaiveDate>,
}

impl HolidayList {
    /// The holidays of the years `first` to `last`, and of those around them.
    pub(super) fn new(country: HolidayCountry, first: i32, last: i32) -> Self {
        let (first_year, last_year) = (first - 1, last + 1);
        let calendar = Calendar::new(country.0);
        let mut dates: Vec<NaiveDate> = (first_year..=last_year)
            .flat_map(|year| calendar.holidays_in(year))
            .filter_map(|(date, _)| to_chrono(date))
            .collect();
        dates.sort_unstable();
        dates.dedup();
        Self { country, first_year, last_year, dates }
    }

    /// Writes how many holidays lie in `first..=last`, the days from `first` to the next one and
    /// from the one before; both distances end at [`FAR_DAYS`].
    pub(super) fn write(&self, first: NaiveDate, last: NaiveDate, out: &mut [f32]) {
        if first.year() <= self.first_year || last.year() >= self.last_year {
            return Self::new(self.country, first.year(), last.year()).write(first, last, out);
        }
        let from = self.dates.partition_point(|date| *date < first);
        let to = self.dates.partition_point(|date| *date <= last);
        let distance = |other: Option<&NaiveDate>| {
            let days = other.map(|date| first.signed_duration_since(*date).num_days().unsigned_abs());
            days.map_or(FAR_DAYS, |days| days.min(u64::from(FAR_DAYS)) as u32) as f32
        };
        let until = distance(self.dates.get(from));
        let since = distance(self.dates[..to].last());
        out.copy_from_slice(&[(to - from) as f32, until, since]);
    }
}

fn to_chrono(date: Date) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(date.year, u32::from(date.month), u32::from(date.day))
}

/// The last day before `next`; the day itself where periods are shorter than a day.
pub(super) fn last_day(first: NaiveDate, next: NaiveDate) -> NaiveDate {
    next.checked_sub_days(Days::new(1)).unwrap_or(first).max(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn countries_are_found_by_name_and_code() {
        for text in ["France", "fr", " FRANCE "] {
            assert_eq!(text.parse::<HolidayCountry>().unwrap().to_string(), "France");
        }
        for (code, name) in CODES {
            assert_eq!(code.parse::<HolidayCountry>().unwrap().to_string(), name);
        }
        let error = "Atlantis".parse::<HolidayCountry>().unwrap_err().to_string();
        assert!(error.contains("`Atlantis`") && error.contains("United Kingdom"));
    }

    #[test]
    fn days_know_their_holidays() {
        let list = HolidayList::new("FR".parse().unwrap(), 2024, 2024);
        let mut out = [0.0; 3];
        list.write(day("2024-07-14"), day("2024-07-14"), &mut out);
        assert_eq!(out, [1.0, 0.0, 0.0]);
        list.write(day("2024-07-12"), day("2024-07-12"), &mut out);
        assert_eq!(out, [0.0, 2.0, 15.0]);
        list.write(day("2024-12-23"), day("2024-12-29"), &mut out);
        assert_eq!(out[0], 1.0);
    }

    #[test]
    fn years_outside_of_the_list_are_looked_up() {
        let list = HolidayList::new("FR".parse().unwrap(), 2024, 2024);
        let mut out = [0.0; 3];
        list.write(day("2031-05-01"), day("2031-05-01"), &mut out);
        assert_eq!(out[0], 1.0);
    }
}
