//! Writes the small models that fuzzing starts from: `cargo run -p forecast-boost --example format_seeds`.
//!
//! The committed files need no renewal when fits change: they are inputs, not expectations.
#![allow(clippy::print_stdout, reason = "an example says what it wrote")]

use std::error::Error;
use std::path::Path;

use forecast_boost::{Booster, Dataset, Features, Objective, Params};

/// Rows that every model is fitted on; enough for a few splits of each kind.
const ROWS: usize = 400;

fn main() -> Result<(), Box<dyn Error>> {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let amount: Vec<f32> = (0..ROWS).map(|row| (row * 37 % 101) as f32 / 10.0).collect();
    let gaps: Vec<f32> =
        (0..ROWS).map(|row| if row % 5 == 0 { f32::NAN } else { (row * 53 % 97) as f32 - 40.0 }).collect();
    let store: Vec<f32> = (0..ROWS).map(|row| (row * 29 % 23) as f32).collect();
    let label: Vec<f32> = (0..ROWS)
        .map(|row| {
            let gap = if gaps[row].is_nan() { 2.0 } else { (gaps[row] / 20.0).floor().max(0.0) };
            amount[row].floor() + gap + store[row] % 3.0
        })
        .collect();
    let features =
        Features::new().numeric("amount", &amount).numeric("gaps", &gaps).categorical("store", &store);
    let data = Dataset::new(features, &label);
    let objectives = [
        ("squared", Objective::Squared),
        ("absolute", Objective::Absolute),
        ("huber", Objective::Huber { delta: 1.5 }),
        ("poisson", Objective::Poisson),
        ("tweedie", Objective::Tweedie { power: 1.3 }),
        ("quantile", Objective::Quantile { level: 0.9 }),
    ];
    for (name, objective) in objectives {
        let params = Params { objective, trees: 3, num_leaves: 5, ..Params::default() };
        let model = Booster::fit(&params, &data, None)?;
        write(&seeds.join("binary").join(name), &model.to_bytes()?)?;
        write(&seeds.join("lightgbm").join(name), model.to_lightgbm()?.as_bytes())?;
    }
    let params = Params { trees: 2, num_leaves: 4, ..Params::default() };
    let model = Booster::fit_quantiles(&params, &[0.1, 0.5, 0.9], &data, None)?;
    write(&seeds.join("binary/quantiles"), &model.to_bytes()?)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    std::fs::write(path, bytes)?;
    println!("{} bytes to {}", bytes.len(), path.display());
    Ok(())
}
