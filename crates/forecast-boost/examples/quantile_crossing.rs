//! Counts how often quantiles cross on rows of random values, missing and infinite ones among them, with
//! one model per level and with [`Booster::fit_quantiles`]:
//!
//!     cargo run --release -p forecast-boost --example quantile_crossing -- --rows 10000000
#![expect(clippy::print_stdout, reason = "the result of a program")]

use clap::Parser;
use forecast_boost::{Booster, Dataset, Features, Params};

const LEVELS: [f64; 7] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95];
const COLUMNS: usize = 6;
const TRAINING_ROWS: usize = 20_000;
/// Rows that are predicted together.
const BATCH: usize = 100_000;

#[derive(Parser)]
#[command(about = "Counts crossing quantiles on random rows")]
struct Arguments {
    #[arg(long, default_value_t = 10_000_000)]
    rows: usize,
}

fn main() -> Result<(), forecast_boost::BoostError> {
    let rows = Arguments::parse().rows;
    let mut random = Random(1);
    let train: Vec<Vec<f32>> = (0..COLUMNS).map(|_| random.column(TRAINING_ROWS)).collect();
    let label: Vec<f32> = (0..TRAINING_ROWS)
        .map(|row| {
            let known = |column: usize| Some(train[column][row]).filter(|value| value.abs() < 9.0);
            let spread = 1.0 + known(0).unwrap_or(3.0).abs();
            known(1).unwrap_or(0.0) + spread * random.unit() * random.unit()
        })
        .collect();
    let params = Params { trees: 200, ..Params::default() };
    let model = Booster::fit_quantiles(&params, &LEVELS, &Dataset::new(features(&train), &label), None)?;

    let (mut done, mut alone, mut together) = (0, 0, 0);
    while done < rows {
        let batch = BATCH.min(rows - done);
        let values: Vec<Vec<f32>> = (0..COLUMNS).map(|_| random.column(batch)).collect();
        let features = features(&values);
        let of_level: Vec<Vec<f64>> =
            model.models().iter().map(|model| model.predict(&features)).collect::<Result<_, _>>()?;
        alone +=
            (0..batch).filter(|&row| of_level.windows(2).any(|pair| pair[0][row] > pair[1][row])).count();
        together += model
            .predict(&features)?
            .chunks_exact(LEVELS.len())
            .filter(|row| row.windows(2).any(|pair| pair[0] > pair[1]))
            .count();
        done += batch;
    }
    println!("{done} rows: {alone} cross with one model per level, {together} with all levels in one");
    Ok(())
}

fn features(columns: &[Vec<f32>]) -> Features<'_> {
    const NAMES: [&str; COLUMNS] = ["a", "b", "c", "d", "e", "f"];
    NAMES.iter().zip(columns).fold(Features::new(), |features, (name, values)| features.numeric(name, values))
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to 1.
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 24) as f32
    }

    /// Mostly numbers from -2 to 2; one in eight is missing, infinite or any float there is.
    fn column(&mut self, rows: usize) -> Vec<f32> {
        (0..rows)
            .map(|_| match self.next() % 32 {
                0 => f32::NAN,
                1 => f32::INFINITY,
                2 => f32::NEG_INFINITY,
                3 => f32::from_bits(self.next() as u32),
                _ => self.unit() * 4.0 - 2.0,
            })
            .collect()
    }
}
