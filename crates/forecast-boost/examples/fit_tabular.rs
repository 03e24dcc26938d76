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

use arrow_array::{ArrayRef, Float64Array, RecordBatch, cast::AsArray, types::Float32Type};
use arrow_schema::{DataType, Field, Schema};
use clap::Parser;
use forecast_boost::{
    BoostError, Booster, Dataset, Features, Model, Objective, Params, QuantileModel, Sampling,
};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Rows that are predicted one by one to time it.
const SINGLE_ROWS: usize = 10_000;

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
    /// regression, absolute, huber, poisson, tweedie[:POWER], quantile:LEVEL or quantiles:LEVEL,LEVEL,…
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
    /// Shares of the rows to keep for their gradients and to draw from the others
    #[arg(long, value_name = "TOP,OTHER", value_delimiter = ',')]
    goss: Vec<f64>,
    #[arg(long)]
    threads: Option<usize>,
    /// Where predictions go
    #[arg(long, default_value = "predictions.parquet")]
    out: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What is fitted.
enum Task {
    One(Objective),
    Quantiles(Vec<f64>),
}

/// What was fitted.
enum Fitted {
    One(Box<Model>),
    Quantiles(QuantileModel),
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
    let task = task(&arguments.objective)?;
    let params = Params {
        trees: arguments.trees,
        learning_rate: arguments.learning_rate,
        num_leaves: arguments.leaves,
        min_data_in_leaf: arguments.min_data,
        max_bin: arguments.max_bin,
        sampling: match arguments.goss[..] {
            [] => Sampling::All,
            [top, other] => Sampling::Goss { top, other },
            _ => return Err("--goss needs two shares, as in 0.2,0.1".into()),
        },
        threads: arguments.threads,
        ..Params::default()
    };
    let data = Dataset::new(train.features(&arguments), train.column(&arguments.label)?);

    let data_mb = resident_mb("VmRSS:");
    forget_peak();
    let clock = Instant::now();
    let model = task.fit(&params, &data)?;
    let fit_s = clock.elapsed().as_secs_f64();
    let peak_mb = resident_mb("VmHWM:");

    let features = test.features(&arguments);
    let clock = Instant::now();
    let predictions = model.predict(&features)?;
    let predict_us_per_row = clock.elapsed().as_secs_f64() * 1e6 / features.rows() as f64;
    write(&arguments.out, &model.names(), &predictions)?;

    let row_at = |row: usize| features.columns().iter().map(|column| column.values[row]).collect();
    let rows: Vec<Vec<f32>> = (0..features.rows().min(SINGLE_ROWS)).map(row_at).collect();
    let clock = Instant::now();
    let mut predictions = vec![0.0; model.names().len()];
    for row in &rows {
        model.predict_row(row, &mut predictions)?;
        std::hint::black_box(&predictions);
    }
    let single_row_us = clock.elapsed().as_secs_f64() * 1e6 / rows.len() as f64;

    println!(
        "{}",
        serde_json::json!({
            "fit_s": fit_s,
            "predict_us_per_row": predict_us_per_row,
            "single_row_us": single_row_us,
            "data_mb": data_mb,
            "peak_mb": peak_mb,
            "predictions": std::path::absolute(&arguments.out)?,
        })
    );
    Ok(())
}

impl Task {
    fn fit(self, params: &Params, data: &Dataset<'_>) -> Result<Fitted, BoostError> {
        Ok(match self {
            Self::One(objective) => {
                Fitted::One(Box::new(Booster::fit(&Params { objective, ..params.clone() }, data, None)?))
            }
            Self::Quantiles(levels) => {
                Fitted::Quantiles(Booster::fit_quantiles(params, &levels, data, None)?)
            }
        })
    }
}

impl Fitted {
    /// What its predictions for a row are called.
    fn names(&self) -> Vec<String> {
        match self {
            Self::One(_) => vec!["prediction".to_owned()],
            Self::Quantiles(model) => model.levels().iter().map(|level| format!("q{level}")).collect(),
        }
    }

    fn predict(&self, features: &Features<'_>) -> Result<Vec<f64>, BoostError> {
        match self {
            Self::One(model) => model.predict(features),
            Self::Quantiles(model) => model.predict(features),
        }
    }

    fn predict_row(&self, row: &[f32], predictions: &mut [f64]) -> Result<(), BoostError> {
        match self {
            Self::One(model) => {
                predictions[0] = model.predict_row(row)?;
                Ok(())
            }
            Self::Quantiles(model) => model.predict_row(row, predictions),
        }
    }
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

/// Writes predictions, which lie row by row, as one column for each name.
fn write(path: &Path, names: &[String], predictions: &[f64]) -> Result<(), Error> {
    let fields: Vec<Field> = names.iter().map(|name| Field::new(name, DataType::Float64, false)).collect();
    let schema = Arc::new(Schema::new(fields));
    let columns = (0..names.len()).map(|place| -> ArrayRef {
        Arc::new(predictions.iter().skip(place).step_by(names.len()).copied().collect::<Float64Array>())
    });
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns.collect())?;
    let mut writer = ArrowWriter::try_new(File::create(path)?, schema, None)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}

fn task(text: &str) -> Result<Task, Error> {
    let (name, number) = text.split_once(':').map_or((text, None), |(name, number)| (name, Some(number)));
    if name == "quantiles" {
        let levels = number.ok_or("quantiles needs levels, as in quantiles:0.1,0.9")?;
        return Ok(Task::Quantiles(levels.split(',').map(str::parse).collect::<Result<_, _>>()?));
    }
    let number = number.map(str::parse::<f64>).transpose()?;
    Ok(Task::One(match name {
        "regression" => Objective::Squared,
        "absolute" => Objective::Absolute,
        "huber" => Objective::Huber { delta: number.unwrap_or(0.9) },
        "poisson" => Objective::Poisson,
        "tweedie" => Objective::Tweedie { power: number.unwrap_or(1.5) },
        "quantile" => Objective::Quantile { level: number.unwrap_or(0.5) },
        _ => return Err(format!("there is no objective {name}").into()),
    }))
}

/// What the system says about this process's memory, in megabytes; 0 where it says nothing.
fn resident_mb(what: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<f64>().ok()).unwrap_or(0.0)
        / 1024.0
}

/// Has the system start anew with the most memory held (VmHWM), where it can: what reading files took does
/// not count for the fit.
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}
