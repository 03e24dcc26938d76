//! From options to rows.

use std::sync::Arc;

use chrono::{Days, NaiveDate};

use super::catalogue::{self, Boutique, Country, Family, Product};
use super::demand::{Day, Demand, weekly_level};
use super::draw::{Draws, Purpose, negative_binomial};
use super::holidays::holiday;
use super::lifecycle::lifecycle;
use super::prices::Pricing;
use super::stock::availability;
use super::{SampleError, SampleOptions};

/// What is known of a day before it comes.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedDay {
    /// The day.
    pub date: NaiveDate,
    /// Name of the boutique; with the product it makes the series.
    pub boutique: Arc<str>,
    /// Where the boutique is.
    pub country: Country,
    /// Name of the product.
    pub product: Arc<str>,
    /// Family of the product.
    pub family: Family,
    /// What the customer pays, in euro cents.
    pub price_cents: u32,
    /// Whether a promotion runs.
    pub promotion: bool,
    /// The public holiday in the boutique's country, if the day is one.
    pub holiday: Option<&'static str>,
}

/// A day of history.
#[derive(Clone, Debug, PartialEq)]
pub struct SaleRow {
    /// What was known in advance.
    pub plan: PlannedDay,
    /// Whether the product was on the shelf; without it nothing is sold.
    pub in_stock: bool,
    /// Units sold.
    pub sales: u32,
}

/// History and what is known of the days after it, both sorted by date, boutique and product as the
/// catalogue lists them.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// One row per series and day since its launch.
    pub history: Vec<SaleRow>,
    /// One row per series and day of the horizon.
    pub future: Vec<PlannedDay>,
}

/// Makes the sample; the same options make the same sample on every machine.
///
/// # Errors
/// [`SampleError`] where [`SampleOptions::check`] refuses the options.
pub fn generate(options: &SampleOptions) -> Result<Sample, SampleError> {
    options.check()?;
    let series = all_series(options);
    let mut sample = Sample { history: Vec::new(), future: Vec::new() };
    for index in 0..options.days + options.horizon_days {
        for one in &series {
            if index >= options.days {
                sample.future.push(one.days[index - one.launch].0.clone());
            } else if index >= one.launch {
                let (plan, in_stock, sales) = one.days[index - one.launch].clone();
                sample.history.push(SaleRow { plan, in_stock, sales });
            }
        }
    }
    Ok(sample)
}

/// One series, from its launch to the end of the horizon.
struct Series {
    /// Days between the start of the sample and the first row.
    launch: usize,
    /// Plan, whether in stock, and units sold; beyond the history the last two mean nothing.
    days: Vec<(PlannedDay, bool, u32)>,
}

fn all_series(options: &SampleOptions) -> Vec<Series> {
    let total_days = options.days + options.horizon_days;
    let level = |place, deviation| {
        weekly_level(&mut Draws::new(options.seed, Purpose::Level, place), total_days, deviation)
    };
    let boutiques: Vec<(Boutique, Vec<f64>)> =
        (0..options.boutiques).map(|index| (catalogue::boutique(index), level((0, index), 0.10))).collect();
    let products: Vec<(Product, Vec<f64>)> =
        (0..options.products).map(|index| (catalogue::product(index), level((1, index), 0.07))).collect();

    let mut series = Vec::with_capacity(boutiques.len() * products.len());
    for (boutique_index, boutique) in boutiques.iter().enumerate() {
        for (product_index, product) in products.iter().enumerate() {
            series.push(one_series(options, (boutique_index, boutique), (product_index, product)));
        }
    }
    series
}

fn one_series(
    options: &SampleOptions,
    (boutique_index, (boutique, boutique_level)): (usize, &(Boutique, Vec<f64>)),
    (product_index, (product, product_level)): (usize, &(Product, Vec<f64>)),
) -> Series {
    let place = (boutique_index, product_index);
    let life = lifecycle(options, place);
    let total_days = options.days + options.horizon_days;
    let first_day = options.end - Days::new(options.days as u64 - 1);
    let (boutique_name, product_name): (Arc<str>, Arc<str>) =
        (boutique.name.as_str().into(), product.name.as_str().into());

    let in_stock = availability(&mut Draws::new(options.seed, Purpose::Stock, place), total_days, life);
    let pricing = Pricing {
        seed: options.seed,
        product: (product_index, product),
        country: boutique.country,
        first_day,
    };
    let demand = Demand::new(options.seed, (boutique_index, boutique), (product_index, product), life.launch);
    let mut draws = Draws::new(options.seed, Purpose::Sales, place);

    let days = (life.launch..total_days)
        .map(|index| {
            let date = first_day + Days::new(index as u64);
            let day = Day {
                date,
                index,
                holiday: holiday(boutique.country, date),
                offer: pricing.on(date),
                level: boutique_level[index] * product_level[index],
            };
            let wanted = negative_binomial(demand.expected(&day), demand.dispersion(), draws.unit());
            let plan = PlannedDay {
                date,
                boutique: Arc::clone(&boutique_name),
                country: boutique.country,
                product: Arc::clone(&product_name),
                family: product.family,
                price_cents: day.offer.price_cents,
                promotion: day.offer.promotion,
                holiday: day.holiday.map(|holiday| holiday.name),
            };
            (plan, in_stock[index], if in_stock[index] { wanted } else { 0 })
        })
        .collect();
    Series { launch: life.launch, days }
}
