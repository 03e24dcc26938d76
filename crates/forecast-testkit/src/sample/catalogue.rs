//! What the invented retailer sells, and where.

use chrono::Weekday;

/// Where a boutique is; holidays, week and gifting seasons follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Country {
    /// FR.
    France,
    /// GB.
    UnitedKingdom,
    /// JP.
    Japan,
    /// AE.
    Emirates,
    /// US.
    UnitedStates,
    /// IT.
    Italy,
    /// CH.
    Switzerland,
}

impl Country {
    /// ISO 3166-1 alpha-2 code, as it stands in the `country` column.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::France => "FR",
            Self::UnitedKingdom => "GB",
            Self::Japan => "JP",
            Self::Emirates => "AE",
            Self::UnitedStates => "US",
            Self::Italy => "IT",
            Self::Switzerland => "CH",
        }
    }

    /// Share of an average day's sales; Saturdays lead, Sundays depend on local opening.
    pub(super) fn weekday_share(self, day: Weekday) -> f64 {
        let shares = match self {
            Self::Japan => [0.75, 0.75, 0.80, 0.80, 0.95, 1.50, 1.45],
            Self::Emirates => [0.75, 0.80, 0.80, 0.95, 1.15, 1.40, 1.15],
            Self::Switzerland => [0.80, 0.90, 0.95, 1.10, 1.15, 1.85, 0.25],
            Self::UnitedKingdom | Self::UnitedStates => [0.75, 0.80, 0.85, 0.95, 1.10, 1.50, 1.05],
            Self::France | Self::Italy => [0.75, 0.85, 0.90, 0.95, 1.15, 1.70, 0.70],
        };
        shares[day.num_days_from_monday() as usize]
    }

    /// What the list price in euros is multiplied by: duties and local pricing.
    pub(super) const fn price_factor(self) -> f64 {
        match self {
            Self::France | Self::Italy => 1.0,
            Self::UnitedKingdom => 1.04,
            Self::Switzerland => 1.08,
            Self::UnitedStates | Self::Emirates => 1.10,
            Self::Japan => 1.15,
        }
    }
}

/// A family of products that sell alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Bags and small leather goods.
    Leather,
    /// Watches: a few a month.
    Watches,
    /// Jewellery: a few a month.
    Jewellery,
    /// Perfume and candles: many a day.
    Fragrance,
    /// Clothes, with two seasons a year.
    ReadyToWear,
    /// Silk and wool.
    Scarves,
}

impl Family {
    /// Name, as it stands in the `family` column.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Leather => "leather",
            Self::Watches => "watches",
            Self::Jewellery => "jewellery",
            Self::Fragrance => "fragrance",
            Self::ReadyToWear => "ready-to-wear",
            Self::Scarves => "scarves",
        }
    }

    /// Whether a day without a sale is the usual day.
    #[must_use]
    pub const fn is_intermittent(self) -> bool {
        matches!(self, Self::Watches | Self::Jewellery)
    }

    /// Percent change of demand for one percent of price.
    pub(super) const fn elasticity(self) -> f64 {
        match self {
            Self::Watches => -0.5,
            Self::Jewellery => -0.6,
            Self::Leather => -0.9,
            Self::Scarves => -1.3,
            Self::Fragrance => -1.6,
            Self::ReadyToWear => -1.7,
        }
    }
}

/// A boutique of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Boutique {
    pub(super) name: String,
    pub(super) country: Country,
    /// What average demand is multiplied by.
    pub(super) size: f64,
}

/// A product of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Product {
    pub(super) name: String,
    pub(super) family: Family,
    /// Euros, in France, at the start of the sample.
    pub(super) list_price: f64,
    /// Units a day in a boutique of size 1.
    pub(super) daily_units: f64,
}

const BOUTIQUES: [(&str, Country, f64); 12] = [
    ("Paris", Country::France, 1.8),
    ("London", Country::UnitedKingdom, 1.4),
    ("Tokyo", Country::Japan, 1.6),
    ("Dubai", Country::Emirates, 1.2),
    ("New York", Country::UnitedStates, 1.5),
    ("Milan", Country::Italy, 1.0),
    ("Genève", Country::Switzerland, 0.7),
    ("Los Angeles", Country::UnitedStates, 0.9),
    ("Lyon", Country::France, 0.5),
    ("Osaka", Country::Japan, 0.9),
    ("Edinburgh", Country::UnitedKingdom, 0.4),
    ("Miami", Country::UnitedStates, 0.8),
];

/// Families alternate, so that any first few products are a mixture.
const PRODUCTS: [(&str, Family, f64, f64); 15] = [
    ("Vétiver Nuit 50 ml", Family::Fragrance, 135.0, 9.0),
    ("Aria tote", Family::Leather, 2_400.0, 2.2),
    ("Carré 90", Family::Scarves, 410.0, 4.5),
    ("Meridian 40", Family::Watches, 8_900.0, 0.16),
    ("Merino knit", Family::ReadyToWear, 690.0, 2.6),
    ("Solis ring", Family::Jewellery, 5_200.0, 0.24),
    ("Fleur d'Or 100 ml", Family::Fragrance, 210.0, 6.0),
    ("Noa cardholder", Family::Leather, 320.0, 4.0),
    ("Celeste 32", Family::Watches, 12_500.0, 0.09),
    ("Silk blouse", Family::ReadyToWear, 890.0, 1.7),
    ("Perle earrings", Family::Jewellery, 2_900.0, 0.33),
    ("Étole wool", Family::Scarves, 560.0, 2.4),
    ("Ambre candle", Family::Fragrance, 75.0, 7.0),
    ("Rivière bracelet", Family::Jewellery, 14_500.0, 0.06),
    ("Lune clutch", Family::Leather, 1_450.0, 1.4),
];

/// The boutique at an index. Past the end of the list the names come again, numbered.
pub(super) fn boutique(index: usize) -> Boutique {
    let (name, country, size) = BOUTIQUES[index % BOUTIQUES.len()];
    Boutique { name: numbered(name, index / BOUTIQUES.len()), country, size }
}

/// The product at an index. Past the end of the list the names come again, numbered.
pub(super) fn product(index: usize) -> Product {
    let (name, family, list_price, daily_units) = PRODUCTS[index % PRODUCTS.len()];
    Product { name: numbered(name, index / PRODUCTS.len()), family, list_price, daily_units }
}

fn numbered(name: &str, round: usize) -> String {
    if round == 0 { name.to_owned() } else { format!("{name} {}", round + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_unique_past_the_end_of_the_lists() {
        assert_eq!(boutique(12).name, "Paris 2");
        let names: std::collections::BTreeSet<String> = (0..40).map(|index| product(index).name).collect();
        assert_eq!(names.len(), 40);
    }

    #[test]
    fn an_average_week_sums_to_seven_days() {
        for (_, country, _) in BOUTIQUES {
            let monday = Weekday::Mon;
            let week: f64 = (0..7)
                .scan(monday, |day, _| Some(std::mem::replace(day, day.succ())))
                .map(|day| country.weekday_share(day))
                .sum();
            assert!((week - 7.0).abs() < 1e-9, "{} has {week}", country.code());
        }
    }
}
