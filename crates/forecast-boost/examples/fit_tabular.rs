//! Fits a booster to the numeric columns of a Parquet file, predicts another file, and prints how long
//! it took, as one JSON object:
//!
//!     cargo run --release -p forecast-boost --example fit_tabular -- \
//!         --train train.parquet --test test.parquet --label y --objective tweedie --json
#![expect(clippy::print_stdout, reason = "the result of a program")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use arrow_array::{Float64Array, RecordBatch, cast::AsArray, types::Float32Type};
use arrow_schema::{DataType, Field, Schema};
use clap::Parser;
use forecast_boost::{Booster, Dataset, Features, Objective, Params};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// How often one row is predicted to time it.
const SINGLE_ROWS: u32 = 3000;

type Error = Box<dyn std::error::Error>;

#[derive(Parser)]
#[command(about = "Fits gradient boosted trees to a Parquet file and predicts another")]
struct Arguments {
    /// Parquet file of 32-bit floats to learn from
    #[arg(long)]
    train: PathBuf,
    /// Parquet file with the same columns to predict
    #[arg(long)]
    test: PathBuf,
    /// Column to predict
    #[arg(long, default_value = "y")]
    label: String,
    /// Columns of category numbers
    #[arg(long, value_delimiter = ',')]
    categorical: Vec<String>,
    /// regression, absolute, huber, poisson, tweedie[:POWER] or quantile:LEVEL
    #[arg(long, default_value = "regression")]
    objective: String,
    #[arg(long, default_value_t = 300)]
    trees: usize,
    #[arg(long, default_value_t = 63)]
    leaves: usize,
    #[arg(long, default_value_t = 0.05)]
    learning_rate: f64,
    #[arg(long, default_value_t = 50)]
    min_data: usize,
    #[arg(long, default_value_t = 255)]
    max_bin: usize,
    #[arg(long)]
    threads: Option<usize>,
    /// Where predictions go
    #[arg(long, default_value = "predictions.parquet")]
    out: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// A table of 32-bit floats, column by column.
struct Table {
    names: Vec<String>,
    columns: Vec<Vec<f32>>,
}

fn main() -> Result<(), Error> {
    let arguments = Arguments::parse();
    if let Some(threads) = arguments.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    }
    let train = read(&arguments.train)?;
    let test = read(&arguments.test)?;
    let params = Params {
        objective: objective(&arguments.objective)?,
        trees: arguments.trees,
        learning_rate: arguments.learning_rate,
        num_leaves: arguments.leaves,
        min_data_in_leaf: arguments.min_data,
        max_bin: arguments.max_bin,
        threads: arguments.threads,
        ..Params::default()
    };
    let data = Dataset::new(train.features(&arguments), train.column(&arguments.label)?);

    let clock = Instant::now();
    let model = Booster::fit(&params, &data, None)?;
    let fit_s = clock.elapsed().as_secs_f64();

    let features = test.features(&arguments);
    let clock = Instant::now();
    let predictions = model.predict(&features)?;
    let predict_us_per_row = clock.elapsed().as_secs_f64() * 1e6 / predictions.len() as f64;
    write(&arguments.out, &predictions)?;

    let row: Vec<f32> = features.columns().iter().map(|column| column.values[0]).collect();
    let clock = Instant::now();
    let mut sum = 0.0;
    for _ in 0..SINGLE_ROWS {
        sum += model.predict_row(std::hint::black_box(&row))?;
    }
    std::hint::black_box(sum);
    let single_row_us = clock.elapsed().as_secs_f64() * 1e6 / f64::from(SINGLE_ROWS);

    println!(
        "{}",
        serde_json::json!({
            "fit_s": fit_s,
            "predict_us_per_row": predict_us_per_row,
            "single_row_us": single_row_us,
            "peak_mb": peak_mb(),
            "predictions": std::path::absolute(&arguments.out)?,
        })
    );
    Ok(())
}

impl Table {
    fn column(&self, name: &str) -> Result<&[f32], Error> {
        let place = self.names.iter().position(|other| other == name);
        Ok(&self.columns[place.ok_or_else(|| format!("there is no column {name}"))?])
    }

    fn features<'a>(&'a self, arguments: &Arguments) -> Features<'a> {
        self.names.iter().zip(&self.columns).filter(|(name, _)| **name != arguments.label).fold(
            Features::new(),
            |features, (name, values)| {
                if arguments.categorical.contains(name) {
                    features.categorical(name, values)
                } else {
                    features.numeric(name, values)
                }
            },
        )
    }
}

fn read(path: &Path) -> Result<Table, Error> {
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
    let names: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let mut columns = vec![Vec::new(); names.len()];
    for batch in builder.with_batch_size(65_536).build()? {
        for (target, source) in columns.iter_mut().zip(batch?.columns()) {
            let source = source.as_primitive_opt::<Float32Type>().ok_or("columns must be 32-bit floats")?;
            target.extend(source.iter().map(|value| value.unwrap_or(f32::NAN)));
        }
    }
    Ok(Table { names, columns })
}

fn write(path: &Path, predictions: &[f64]) -> Result<(), Error> {
    let schema = Arc::new(Schema::new(vec![Field::new("prediction", DataType::Float64, false)]));
    let batch =
        RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(Float64Array::from(predictions.to_vec()))])?;
    let mut writer = ArrowWriter::try_new(File::create(path)?, schema, None)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}

fn objective(text: &str) -> Result<Objective, Error> {
    let (name, number) = text.split_once(':').map_or((text, None), |(name, number)| (name, Some(number)));
    let number = number.map(str::parse::<f64>).transpose()?;
    Ok(match name {
        "regression" => Objective::Squared,
        "absolute" => Objective::Absolute,
        "huber" => Objective::Huber { delta: number.unwrap_or(0.9) },
        "poisson" => Objective::Poisson,
        "tweedie" => Objective::Tweedie { power: number.unwrap_or(1.5) },
        "quantile" => Objective::Quantile { level: number.unwrap_or(0.5) },
        _ => return Err(format!("there is no objective {name}").into()),
    })
}

/// The most memory that this process has held, in megabytes; 0 where the system does not say.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<f64>().ok()).unwrap_or(0.0)
        / 1024.0
}
