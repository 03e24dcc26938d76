//! The public holidays that shops in the sample's countries notice, and what each does to sales.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::calendar::{easter, eid, last_weekday, nth_weekday};
use super::catalogue::Country;

/// A public holiday on a given day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Holiday {
    /// English name, as it stands in the `holiday` column.
    pub(super) name: &'static str,
    /// What demand is multiplied by; 0 where boutiques are closed.
    pub(super) effect: f64,
}

/// When a holiday falls.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// Month and day.
    Fixed(u32, u32),
    /// Days after Easter Sunday.
    Easter(i64),
    /// The nth weekday of a month: month, n, weekday.
    Nth(u32, u8, Weekday),
    /// The last weekday of a month.
    Last(u32, Weekday),
    /// Within the three days of Eid al-Fitr (0) or Eid al-Adha (1).
    Eid(usize),
}

const CLOSED: f64 = 0.0;

/// Each country's holidays, the first that matches counts.
fn rules(country: Country) -> &'static [(Rule, &'static str, f64)] {
    use Rule::{Easter, Eid, Fixed, Last, Nth};
    use Weekday::{Mon, Thu};
    match country {
        Country::France => &[
            (Fixed(1, 1), "New Year's Day", CLOSED),
            (Easter(1), "Easter Monday", 0.8),
            (Fixed(5, 1), "Labour Day", CLOSED),
            (Fixed(5, 8), "Victory Day", 0.9),
            (Easter(39), "Ascension Day", 0.9),
            (Easter(50), "Whit Monday", 0.9),
            (Fixed(7, 14), "Bastille Day", 0.6),
            (Fixed(8, 15), "Assumption Day", 0.5),
            (Fixed(11, 1), "All Saints' Day", 0.7),
            (Fixed(11, 11), "Armistice Day", 1.1),
            (Fixed(12, 25), "Christmas Day", CLOSED),
        ],
        Country::UnitedKingdom => &[
            (Fixed(1, 1), "New Year's Day", 0.4),
            (Easter(-2), "Good Friday", 1.2),
            (Easter(1), "Easter Monday", 1.1),
            (Nth(5, 1, Mon), "Early May Bank Holiday", 1.2),
            (Last(5, Mon), "Spring Bank Holiday", 1.2),
            (Last(8, Mon), "Summer Bank Holiday", 1.2),
            (Fixed(12, 25), "Christmas Day", CLOSED),
            (Fixed(12, 26), "Boxing Day", 1.9),
        ],
        Country::Japan => &[
            (Fixed(1, 1), "New Year's Day", 0.2),
            (Nth(1, 2, Mon), "Coming of Age Day", 1.4),
            (Fixed(2, 11), "National Foundation Day", 1.3),
            (Fixed(2, 23), "Emperor's Birthday", 1.3),
            (Fixed(4, 29), "Showa Day", 1.4),
            (Fixed(5, 3), "Constitution Day", 1.6),
            (Fixed(5, 4), "Greenery Day", 1.6),
            (Fixed(5, 5), "Children's Day", 1.6),
            (Nth(7, 3, Mon), "Marine Day", 1.3),
            (Fixed(8, 11), "Mountain Day", 1.2),
            (Nth(9, 3, Mon), "Respect for the Aged Day", 1.3),
            (Nth(10, 2, Mon), "Sports Day", 1.3),
            (Fixed(11, 3), "Culture Day", 1.3),
            (Fixed(11, 23), "Labour Thanksgiving Day", 1.3),
        ],
        Country::Emirates => &[
            (Fixed(1, 1), "New Year's Day", 1.3),
            (Eid(0), "Eid al-Fitr", 1.8),
            (Eid(1), "Eid al-Adha", 1.5),
            (Fixed(12, 2), "National Day", 1.4),
            (Fixed(12, 3), "National Day", 1.4),
        ],
        Country::UnitedStates => &[
            (Fixed(1, 1), "New Year's Day", 0.5),
            (Nth(2, 3, Mon), "Presidents' Day", 1.4),
            (Last(5, Mon), "Memorial Day", 1.3),
            (Fixed(7, 4), "Independence Day", 0.7),
            (Nth(9, 1, Mon), "Labor Day", 1.3),
            (Nth(11, 4, Thu), "Thanksgiving", CLOSED),
            (Fixed(12, 25), "Christmas Day", CLOSED),
        ],
        Country::Italy => &[
            (Fixed(1, 1), "New Year's Day", CLOSED),
            (Fixed(1, 6), "Epiphany", 1.2),
            (Easter(1), "Easter Monday", 0.7),
            (Fixed(4, 25), "Liberation Day", 0.9),
            (Fixed(5, 1), "Labour Day", 0.6),
            (Fixed(6, 2), "Republic Day", 0.9),
            (Fixed(8, 15), "Assumption Day", 0.3),
            (Fixed(11, 1), "All Saints' Day", 0.9),
            (Fixed(12, 8), "Immaculate Conception", 1.5),
            (Fixed(12, 25), "Christmas Day", CLOSED),
            (Fixed(12, 26), "St Stephen's Day", 0.5),
        ],
        Country::Switzerland => &[
            (Fixed(1, 1), "New Year's Day", CLOSED),
            (Easter(-2), "Good Friday", CLOSED),
            (Easter(1), "Easter Monday", 0.3),
            (Easter(39), "Ascension Day", 0.3),
            (Fixed(8, 1), "National Day", 0.2),
            (Fixed(12, 25), "Christmas Day", CLOSED),
        ],
    }
}

/// The public holiday of a country on a day, if it is one.
pub(super) fn holiday(country: Country, date: NaiveDate) -> Option<Holiday> {
    rules(country)
        .iter()
        .find(|(rule, _, _)| falls_on(*rule, date))
        .map(|&(_, name, effect)| Holiday { name, effect })
}

fn falls_on(rule: Rule, date: NaiveDate) -> bool {
    let year = date.year();
    match rule {
        Rule::Fixed(month, day) => date.month() == month && date.day() == day,
        Rule::Easter(offset) => easter(year).is_some_and(|sunday| (date - sunday).num_days() == offset),
        Rule::Nth(month, nth, weekday) => nth_weekday(year, month, (nth, weekday)) == Some(date),
        Rule::Last(month, weekday) => last_weekday(year, month, weekday) == Some(date),
        Rule::Eid(which) => eid(year).is_some_and(|firsts| {
            (0..3).any(|day| firsts[which].checked_add_days(Days::new(day)) == Some(date))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(country: Country, (year, month, day): (i32, u32, u32)) -> Option<&'static str> {
        holiday(country, NaiveDate::from_ymd_opt(year, month, day).unwrap()).map(|holiday| holiday.name)
    }

    #[test]
    fn each_kind_of_rule_finds_its_day() {
        assert_eq!(name(Country::France, (2025, 7, 14)), Some("Bastille Day"));
        assert_eq!(name(Country::France, (2025, 5, 29)), Some("Ascension Day"));
        assert_eq!(name(Country::UnitedKingdom, (2025, 8, 25)), Some("Summer Bank Holiday"));
        assert_eq!(name(Country::UnitedStates, (2025, 11, 27)), Some("Thanksgiving"));
        assert_eq!(name(Country::Emirates, (2025, 4, 1)), Some("Eid al-Fitr"));
        assert_eq!(name(Country::Japan, (2025, 5, 4)), Some("Greenery Day"));
        assert_eq!(name(Country::Switzerland, (2025, 8, 2)), None);
    }
}
