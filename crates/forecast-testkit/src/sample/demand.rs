//! The demand that a day's sales are drawn around.
//!
//! Expected units are a product of independent effects, so that each can be looked for, and found, in
//! the table: size · affinity · growth · weekday · season · gifting · holiday · price · promotion ·
//! launch · a level that wanders from week to week.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::calendar::{easter, eid, last_weekday, nth_weekday, ramp, year_angle};
use super::catalogue::{Boutique, Country, Family, Product};
use super::draw::{Draws, Purpose};
use super::holidays::Holiday;
use super::prices::Offer;

/// Demand of one product in one boutique.
#[derive(Debug)]
pub(super) struct Demand<'a> {
    boutique: &'a Boutique,
    product: &'a Product,
    /// Units a day before anything that depends on the date.
    base: f64,
    /// Growth a year, as a share.
    growth: f64,
    /// Day, from the start of the sample, on which the product went on sale.
    launch: usize,
}

/// What a day brings to a boutique and a product.
#[derive(Clone, Copy, Debug)]
pub(super) struct Day {
    pub(super) date: NaiveDate,
    /// Days since the start of the sample.
    pub(super) index: usize,
    pub(super) holiday: Option<Holiday>,
    pub(super) offer: Offer,
    /// The wandering levels of boutique and product, multiplied.
    pub(super) level: f64,
}

impl<'a> Demand<'a> {
    /// The demand of the series `(boutique, product)`, by index and entry of the catalogue.
    pub(super) fn new(
        seed: u64,
        boutique: (usize, &'a Boutique),
        product: (usize, &'a Product),
        launch: usize,
    ) -> Self {
        let affinity = 0.35 * Draws::new(seed, Purpose::Affinity, (boutique.0, product.0)).normal();
        let boutique_growth = Draws::new(seed, Purpose::Boutique, (boutique.0, 0)).between(-0.03, 0.08);
        let product_growth = Draws::new(seed, Purpose::Product, (product.0, 0)).between(-0.06, 0.12);
        Self {
            boutique: boutique.1,
            product: product.1,
            base: product.1.daily_units * boutique.1.size * libm::exp(affinity),
            growth: boutique_growth + product_growth,
            launch,
        }
    }

    /// Expected units on a day.
    pub(super) fn expected(&self, day: &Day) -> f64 {
        let (family, country) = (self.product.family, self.boutique.country);
        let years = day.index as f64 / 365.25;
        let age_days = day.index.saturating_sub(self.launch) as f64;
        let novelty = if self.launch > 0 { 1.0 + 0.8 * libm::exp(-age_days / 40.0) } else { 1.0 };
        self.base
            * libm::pow(1.0 + self.growth, years)
            * country.weekday_share(day.date.weekday())
            * season(family, day.date)
            * gifting(country, family, day.date)
            * day.holiday.map_or(1.0, |holiday| holiday.effect)
            * price_effect(family, &day.offer)
            * novelty
            * day.level
    }

    /// How far counts spread around the expectation; larger is tighter.
    pub(super) fn dispersion(&self) -> f64 {
        if self.product.family.is_intermittent() { 1.5 } else { 9.0 }
    }
}

/// A level around 1 that keeps some of last week's departure: exp of a first-order autoregression.
pub(super) fn weekly_level(draws: &mut Draws, days: usize, deviation: f64) -> Vec<f64> {
    const KEEPS: f64 = 0.85;
    let shock = deviation * libm::sqrt(1.0 - KEEPS * KEEPS);
    let mut log_level = deviation * draws.normal();
    (0..days)
        .map(|day| {
            if day > 0 && day % 7 == 0 {
                log_level = KEEPS * log_level + shock * draws.normal();
            }
            libm::exp(log_level)
        })
        .collect()
}

/// The year's slow wave, by family: (share, waves a year, day of the first crest).
fn season(family: Family, date: NaiveDate) -> f64 {
    let waves: &[(f64, f64, f64)] = match family {
        Family::Watches => &[(0.08, 1.0, 340.0)],
        Family::Jewellery => &[(0.10, 1.0, 345.0)],
        Family::Leather => &[(0.10, 1.0, 320.0), (0.06, 2.0, 90.0)],
        Family::Fragrance => &[(0.12, 1.0, 340.0), (0.06, 2.0, 130.0)],
        Family::ReadyToWear => &[(0.10, 1.0, 290.0), (0.22, 2.0, 85.0)],
        Family::Scarves => &[(0.40, 1.0, 335.0)],
    };
    let angle = year_angle(date);
    waves.iter().fold(1.0, |season, &(share, per_year, crest_day)| {
        let crest = std::f64::consts::TAU * crest_day / 365.25;
        season + share * libm::cos(per_year * (angle - crest))
    })
}

/// The days before presents are given: Christmas, Valentine's, mothers' days, Eid, and Black Friday.
fn gifting(country: Country, family: Family, date: NaiveDate) -> f64 {
    let year = date.year();
    let (christmas, valentine, mother) = match family {
        Family::Watches => (1.0, 0.2, 0.1),
        Family::Jewellery => (1.2, 0.9, 0.5),
        Family::Leather => (0.9, 0.3, 0.5),
        Family::Fragrance => (1.6, 0.8, 0.9),
        Family::ReadyToWear => (0.5, 0.1, 0.2),
        Family::Scarves => (1.3, 0.2, 0.7),
    };
    let keeps_christmas = match country {
        Country::Japan => 0.5,
        Country::Emirates => 0.4,
        _ => 1.0,
    };
    let after_christmas = if date.month() == 1 && date.day() <= 20 { 0.85 } else { 1.0 };
    let lift = christmas * keeps_christmas * ramp(date, NaiveDate::from_ymd_opt(year, 12, 24), 26)
        + valentine * ramp(date, NaiveDate::from_ymd_opt(year, 2, 14), 13)
        + mother * ramp(date, mothers_day(country, year), 11)
        + black_friday(country, date)
        + if country == Country::Emirates { 0.7 * ramp(date, eid(year).map(|eid| eid[0]), 14) } else { 0.0 };
    (1.0 + lift) * after_christmas
}

fn mothers_day(country: Country, year: i32) -> Option<NaiveDate> {
    match country {
        Country::France => last_weekday(year, 5, Weekday::Sun),
        Country::UnitedKingdom => easter(year)?.checked_sub_days(Days::new(21)),
        Country::Emirates => NaiveDate::from_ymd_opt(year, 3, 21),
        Country::Japan | Country::UnitedStates | Country::Italy | Country::Switzerland => {
            nth_weekday(year, 5, (2, Weekday::Sun))
        }
    }
}

/// Extra demand from the Friday after Thanksgiving to the Monday, where it is kept.
fn black_friday(country: Country, date: NaiveDate) -> f64 {
    let lift = match country {
        Country::UnitedStates => 0.9,
        Country::UnitedKingdom => 0.5,
        _ => return 0.0,
    };
    let thanksgiving = nth_weekday(date.year(), 11, (4, Weekday::Thu));
    let days_after = thanksgiving.map_or(0, |thursday| (date - thursday).num_days());
    if (1..=4).contains(&days_after) { lift } else { 0.0 }
}

/// Constant elasticity for list prices, a stronger one for a discount, and the attention a promotion
/// brings at any price.
fn price_effect(family: Family, offer: &Offer) -> f64 {
    let list = libm::pow(offer.list_ratio, family.elasticity());
    let discount = libm::pow(1.0 - offer.discount, 1.4 * family.elasticity());
    let attention = if offer.promotion { 1.3 } else { 1.0 };
    list * discount * attention
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn gifts_are_bought_before_christmas_and_not_after() {
        let fragrance = |date| gifting(Country::France, Family::Fragrance, date);
        assert!(fragrance(on(2024, 12, 23)) > 2.0);
        assert_eq!(fragrance(on(2024, 12, 26)), 1.0);
        assert_eq!(fragrance(on(2025, 1, 10)), 0.85);
    }

    #[test]
    fn black_friday_is_kept_where_it_is() {
        assert_eq!(black_friday(Country::UnitedStates, on(2025, 11, 28)), 0.9);
        assert_eq!(black_friday(Country::UnitedStates, on(2025, 11, 27)), 0.0);
        assert_eq!(black_friday(Country::Italy, on(2025, 11, 28)), 0.0);
    }

    #[test]
    fn scarves_sell_in_winter() {
        assert!(season(Family::Scarves, on(2024, 12, 1)) > 2.0 * season(Family::Scarves, on(2024, 6, 1)));
    }

    #[test]
    fn levels_wander_around_one_and_hold_for_a_week() {
        let levels = weekly_level(&mut Draws::new(7, Purpose::Level, (0, 0)), 7_000, 0.1);
        assert!(levels.chunks(7).all(|week| week.iter().all(|level| *level == week[0])));
        let mean = levels.iter().sum::<f64>() / 7_000.0;
        assert!((mean - 1.0).abs() < 0.05, "mean level {mean}");
    }
}
