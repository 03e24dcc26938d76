//! What a product costs in a country on a day, and when it is promoted.
//!
//! List prices rise in February of each year, and now and then in September. Fragrance, clothes and
//! scarves are discounted for a week or two in most quarters, leather rarely; watches and jewellery
//! never: their promotions are private evenings at full price.

use chrono::{Datelike, NaiveDate};

use super::catalogue::{Country, Family, Product};
use super::draw::{Draws, Purpose};

/// Price and promotion of a product in a country on a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Offer {
    /// What the customer pays, in euro cents.
    pub(super) price_cents: u32,
    /// Whether a promotion runs.
    pub(super) promotion: bool,
    /// The list price of the day over that of the first day.
    pub(super) list_ratio: f64,
    /// Share taken off the list price; 0 without a discount.
    pub(super) discount: f64,
}

/// The pricing of a product in a country over the whole sample.
#[derive(Debug)]
pub(super) struct Pricing<'a> {
    pub(super) seed: u64,
    pub(super) product: (usize, &'a Product),
    pub(super) country: Country,
    pub(super) first_day: NaiveDate,
}

impl Pricing<'_> {
    /// The offer of a day.
    pub(super) fn on(&self, date: NaiveDate) -> Offer {
        let list_ratio = self.list_ratio(date);
        let discount = self.discount(date);
        let list = self.product.1.list_price * self.country.price_factor() * list_ratio;
        let paid = rounded(list) * (1.0 - discount.unwrap_or(0.0));
        Offer {
            price_cents: libm::round(paid * 100.0) as u32,
            promotion: discount.is_some(),
            list_ratio,
            discount: discount.unwrap_or(0.0),
        }
    }

    /// The product of the rises since the first day.
    fn list_ratio(&self, date: NaiveDate) -> f64 {
        let mut ratio = 1.0;
        for year in self.first_day.year()..=date.year() {
            let mut draws =
                Draws::new(self.seed, Purpose::Price, (self.product.0, year.unsigned_abs() as usize));
            let february = (2, draws.between(0.02, 0.07));
            let september = (9, if draws.chance(0.35) { draws.between(0.02, 0.04) } else { 0.0 });
            for (month, rise) in [february, september] {
                let day = NaiveDate::from_ymd_opt(year, month, 1);
                if day.is_some_and(|day| self.first_day < day && day <= date) {
                    ratio *= 1.0 + rise;
                }
            }
        }
        ratio
    }

    /// The discount of the promotion that runs on a day, if one does; at most one starts a quarter.
    fn discount(&self, date: NaiveDate) -> Option<f64> {
        let quarter = date.month0() / 3;
        let quarter_start = NaiveDate::from_ymd_opt(date.year(), quarter * 3 + 1, 1)?;
        let quarters_since_year_0 = date.year().unsigned_abs() * 4 + quarter;
        let place = self.product.0 * 8 + self.country as usize;
        let mut draws = Draws::new(self.seed, Purpose::Promotion, (place, quarters_since_year_0 as usize));

        let (probability, discounts) = promotion_habit(self.product.1.family);
        if !draws.chance(probability) {
            return None;
        }
        let first = draws.below(70) as i64;
        let length = 7 + draws.below(8) as i64;
        let discount = discounts[draws.below(discounts.len())];
        let day = (date - quarter_start).num_days();
        (first..first + length).contains(&day).then_some(discount)
    }
}

/// How likely a promotion is in a quarter, and what it takes off.
fn promotion_habit(family: Family) -> (f64, &'static [f64]) {
    match family {
        Family::Watches => (0.12, &[0.0]),
        Family::Jewellery => (0.20, &[0.0]),
        Family::Leather => (0.25, &[0.10]),
        Family::Scarves => (0.55, &[0.10, 0.15, 0.20]),
        Family::Fragrance => (0.60, &[0.10, 0.15, 0.20]),
        Family::ReadyToWear => (0.80, &[0.20, 0.30]),
    }
}

/// Price tags are round: to five euros below a thousand, to fifty above.
fn rounded(price: f64) -> f64 {
    let step = if price < 1_000.0 { 5.0 } else { 50.0 };
    libm::round(price / step) * step
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::product;
    use super::*;

    fn offers(index: usize) -> Vec<Offer> {
        let first_day = NaiveDate::from_ymd_opt(2023, 6, 1).unwrap();
        let product = product(index);
        let pricing = Pricing { seed: 7, product: (index, &product), country: Country::France, first_day };
        first_day.iter_days().take(900).map(|date| pricing.on(date)).collect()
    }

    #[test]
    fn list_prices_only_rise_and_start_at_the_catalogue() {
        let offers = offers(1);
        assert_eq!(offers[0].list_ratio, 1.0);
        assert!(offers.windows(2).all(|pair| pair[0].list_ratio <= pair[1].list_ratio));
        assert!(offers[899].list_ratio > 1.04);
    }

    #[test]
    fn clothes_are_discounted_and_watches_never() {
        assert!(offers(4).iter().any(|offer| offer.promotion && offer.discount >= 0.2));
        assert!(offers(3).iter().all(|offer| offer.discount == 0.0));
    }

    #[test]
    fn tags_are_round() {
        assert_eq!(rounded(137.3), 135.0);
        assert_eq!(rounded(2_437.0), 2_450.0);
    }
}
