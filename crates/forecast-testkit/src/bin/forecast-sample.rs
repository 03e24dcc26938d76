//! Writes the seeded sample of a luxury retailer's sales to a folder; see
//! [`forecast_testkit::sample`] for what is in it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use forecast_testkit::sample::{Sample, SampleError, SampleFiles, SampleOptions, generate};

/// Write a luxury retailer's daily sales, invented from a seed, as CSV.
///
/// Makes sales.csv (history), future.csv (prices, promotions and holidays of the days after it) and
/// request.json (a body for POST /forecast). The same options give the same bytes everywhere.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  forecast-sample --out demo
  forecast-sample --out /tmp/small --boutiques 2 --products 6 --days 400
  forecast-sample --out /tmp/other --seed 8")]
struct Arguments {
    /// Folder to write to; made where missing
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// How many boutiques
    #[arg(long, value_name = "N", default_value_t = SampleOptions::default().boutiques)]
    boutiques: usize,
    /// How many products each of them sells
    #[arg(long, value_name = "N", default_value_t = SampleOptions::default().products)]
    products: usize,
    /// Days of history, ending on 2025-11-30
    #[arg(long, value_name = "N", default_value_t = SampleOptions::default().days)]
    days: usize,
    /// Days whose prices, promotions and holidays are known in advance
    #[arg(long, value_name = "DAYS", default_value_t = SampleOptions::default().horizon_days)]
    horizon: usize,
    /// What the random numbers are drawn from
    #[arg(long, value_name = "S", default_value_t = SampleOptions::default().seed)]
    seed: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match write_sample(&arguments) {
        Ok((sample, files)) => {
            eprintln!("{} rows of history   {}", sample.history.len(), files.sales.display());
            eprintln!("{} rows of future    {}", sample.future.len(), files.future.display());
            eprintln!("a request           {}", files.request.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            let reason = std::error::Error::source(&error).map(|source| format!(": {source}"));
            eprintln!("forecast-sample: {error}{}", reason.unwrap_or_default());
            // As everywhere here: 64 is a wrong setting, 1 what nobody foresaw.
            ExitCode::from(if matches!(error, SampleError::Write { .. }) { 1 } else { 64 })
        }
    }
}

fn write_sample(arguments: &Arguments) -> Result<(Sample, SampleFiles), SampleError> {
    let sample = generate(&SampleOptions {
        boutiques: arguments.boutiques,
        products: arguments.products,
        days: arguments.days,
        horizon_days: arguments.horizon,
        seed: arguments.seed,
        ..SampleOptions::default()
    })?;
    let files = sample.write(&arguments.out)?;
    Ok((sample, files))
}
