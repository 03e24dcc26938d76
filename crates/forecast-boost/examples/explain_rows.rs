//! Explains rows with a model of LightGBM's, and prints how long a row took, as one JSON object:
//!
//!     cargo run --release -p forecast-boost --example explain_rows -- \
//!         --model model.txt --rows rows.f32 --out contributions.f64 --threads 2
//!
//! Rows are 32-bit floats, one column after the other; contributions are 64-bit floats, row after row.
//! `benches/against_lightgbm.py shap` runs this beside LightGBM on the same rows.
#![expect(clippy::print_stdout, reason = "the result of a program")]

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use forecast_boost::{ColumnKind, Features, Model};

type Error = Box<dyn std::error::Error>;

#[derive(Parser)]
#[command(about = "Explains rows with a model of LightGBM's")]
struct Arguments {
    /// Text file that LightGBM saved
    #[arg(long)]
    model: PathBuf,
    /// 32-bit floats, little-endian, one column after the other
    #[arg(long)]
    rows: PathBuf,
    /// Where contributions go: 64-bit floats, row after row
    #[arg(long)]
    out: PathBuf,
    #[arg(long)]
    threads: Option<usize>,
}

fn main() -> Result<(), Error> {
    let arguments = Arguments::parse();
    if let Some(threads) = arguments.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    }
    let model = Model::from_lightgbm(fs::read(&arguments.model)?)?;
    let bytes = fs::read(&arguments.rows)?;
    let values: Vec<f32> = bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    let rows = values.len() / model.columns().len();
    if rows == 0 {
        return Err(format!("{} holds less than a row", arguments.rows.display()).into());
    }
    let columns = model.columns().iter().zip(values.chunks_exact(rows));
    let features = columns.fold(Features::new(), |features, (info, values)| match info.kind {
        ColumnKind::Numeric => features.numeric(&info.name, values),
        ColumnKind::Categorical => features.categorical(&info.name, values),
    });

    let clock = Instant::now();
    let explainer = model.explainer();
    let prepare_s = clock.elapsed().as_secs_f64();
    let clock = Instant::now();
    let contributions = explainer.explain(&features)?;
    let us_per_row = clock.elapsed().as_secs_f64() * 1e6 / rows as f64;

    let bytes: Vec<u8> = contributions.values().iter().flat_map(|value| value.to_le_bytes()).collect();
    fs::write(&arguments.out, bytes)?;
    println!("{}", serde_json::json!({ "rows": rows, "prepare_s": prepare_s, "us_per_row": us_per_row }));
    Ok(())
}
