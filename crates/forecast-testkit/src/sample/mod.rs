//! A luxury retailer's daily sales, invented from a seed.
//!
//! Boutiques in seven countries sell leather, watches, jewellery, fragrance, ready-to-wear and
//! scarves. The table has what makes retail forecasting hard: weekly and yearly seasons, gifting
//! seasons, growth, promotions, price rises, public holidays, items that sell once a month,
//! launches, delistings and stock-outs. It looks like sales so that demos and tests can too.
//!
//! The same options give the same bytes on every machine: random numbers come from `ChaCha` streams,
//! one per purpose and series, and transcendental functions from `libm` in software rather than from
//! the machine's C library. Nothing here reads the clock, and nothing here claims to be real data.

mod calendar;
mod catalogue;
mod demand;
mod draw;
mod error;
mod generate;
mod holidays;
mod lifecycle;
mod options;
mod prices;
mod stock;
mod write;

pub use catalogue::{Country, Family};
pub use error::SampleError;
pub use generate::{PlannedDay, SaleRow, Sample, generate};
pub use options::SampleOptions;
pub use write::SampleFiles;
