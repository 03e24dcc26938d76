//! Reads a sales table and prints its quality report, how long that took and how much memory.
//!
//! ```text
//! cargo run --release -p forecast-features --example ingest_report -- \
//!     --data sales.parquet --time date --target sales --series store,item --horizon 28
//! ```
//! Further options: `--future FILE`, `--static a,b`, `--known-future a,b`, `--categorical a,b`,
//! `--available COLUMN`, `--frequency daily`, `--markdown yes`, and `--features yes` to compute the suggested
//! features of every row as well.
#![allow(clippy::print_stdout, reason = "an example prints")]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use forecast_core::{Horizon, Panel, SeriesKey};
use forecast_features::ingest::{IngestOptions, IngestProgress, IngestRequest, TableSpec, ingest};
use forecast_features::matrix::RowFilter;
use forecast_features::plan::{FeaturePlan, SuggestOptions};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments = arguments()?;
    let list = |name: &str| -> Vec<String> {
        arguments.get(name).map(|text| text.split(',').map(str::to_owned).collect()).unwrap_or_default()
    };
    let text = |name: &str| arguments.get(name).cloned().ok_or_else(|| format!("--{name} is missing"));
    let mut spec = TableSpec::new(text("time")?, text("target")?, list("series"));
    spec.static_columns = list("static");
    spec.known_future = list("known-future");
    spec.categorical = list("categorical");
    spec.available = arguments.get("available").cloned();
    let mut options = IngestOptions::new(text("horizon")?.parse::<Horizon>()?);
    options.frequency = arguments.get("frequency").map(|name| name.parse()).transpose()?;

    let (data, future) = (list("data"), list("future"));
    let request = IngestRequest { data: &data, future: &future, spec: &spec, options: &options };
    let memory_before = peak_memory_bytes();
    let began = Instant::now();
    let last_report = Cell::new(began);
    let ingested = ingest(&request, &|progress| report_progress(progress, &last_report));
    let seconds = began.elapsed().as_secs_f64();
    let ingested = ingested.map_err(|error| error.to_string())?;

    if arguments.contains_key("markdown") {
        println!("{}", ingested.quality.to_markdown());
    } else {
        println!("{}", ingested.quality);
    }
    let (panel_bytes, peak) = (panel_bytes(&ingested.panel), peak_memory_bytes());
    println!("digest     {}", ingested.source.digest);
    println!("time       {seconds:.2} s");
    println!("panel      {:.1} MB", panel_bytes as f64 / 1e6);
    println!("peak RSS   {:.1} MB ({:.1} MB before)", peak as f64 / 1e6, memory_before as f64 / 1e6);
    println!("peak/panel {:.2}", peak as f64 / panel_bytes as f64);
    if arguments.contains_key("features") {
        report_features(&ingested.panel, options.horizon)?;
    }
    Ok(())
}

fn report_features(panel: &Panel, horizon: Horizon) -> Result<(), Failure> {
    let options = SuggestOptions { horizon, holidays: Vec::new(), transforms: Vec::new() };
    let plan = FeaturePlan::suggested(panel, &options)?;
    let began = Instant::now();
    let featurizer = plan.compile(panel.frequency(), panel.span().ok_or("the panel has no rows")?);
    let matrix = featurizer.transform(panel, &RowFilter::default())?;
    let seconds = began.elapsed().as_secs_f64();
    println!("features   {} rows x {} columns in {seconds:.2} s", matrix.rows, matrix.columns.len());
    println!("peak RSS   {:.1} MB", peak_memory_bytes() as f64 / 1e6);
    Ok(())
}

/// `--name value` pairs.
fn arguments() -> Result<BTreeMap<String, String>, Failure> {
    let mut pairs = BTreeMap::new();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let name = word.strip_prefix("--").ok_or_else(|| format!("`{word}` is not an option"))?;
        let value = words.next().ok_or_else(|| format!("--{name} needs a value"))?;
        pairs.insert(name.to_owned(), value);
    }
    Ok(pairs)
}

fn report_progress(progress: IngestProgress, last: &Cell<Instant>) {
    if last.get().elapsed() > Duration::from_millis(500) {
        last.set(Instant::now());
        let share = 100.0 * progress.bytes_read as f64 / progress.bytes_total.max(1) as f64;
        eprintln!("{:?}: {} rows, {share:.0} %", progress.stage, progress.rows);
    }
}

/// What the panel's columns take.
fn panel_bytes(panel: &Panel) -> usize {
    let target = panel.rows() * (size_of::<f32>() + usize::from(panel.has_availability()));
    let covariates: usize = panel.covariates().iter().map(|column| size_of_val(&*column.values)).sum();
    let statics: usize = panel.statics().iter().map(|column| size_of_val(&*column.values)).sum();
    let keys: usize = panel.keys().iter().flat_map(SeriesKey::values).map(|value| value.len() + 16).sum();
    target + covariates + statics + keys
}

/// The most memory that this process has had, where the system tells (Linux).
fn peak_memory_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<usize>().ok());
    kilobytes.unwrap_or(0) * 1024
}
