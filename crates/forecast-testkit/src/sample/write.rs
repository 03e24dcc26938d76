//! The sample as files: what `forecast-train` reads, and a request that the API answers.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{PlannedDay, Sample, SampleError};

/// Where [`Sample::write`] put what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleFiles {
    /// The history: `date, boutique, country, product, family, price, promotion, holiday, in_stock,
    /// sales`.
    pub sales: PathBuf,
    /// The known future: `date, boutique, product, price, promotion, holiday`.
    pub future: PathBuf,
    /// A body for `POST /forecast`: the first series over the whole horizon.
    pub request: PathBuf,
}

impl Sample {
    /// Writes `sales.csv`, `future.csv` and `request.json` into a folder, made where missing. Each
    /// file appears whole or not at all, `request.json` last.
    ///
    /// # Errors
    /// [`SampleError::Write`] names the file.
    pub fn write(&self, folder: &Path) -> Result<SampleFiles, SampleError> {
        std::fs::create_dir_all(folder)
            .map_err(|source| SampleError::Write { path: folder.to_owned(), source })?;
        Ok(SampleFiles {
            sales: whole_file(folder.join("sales.csv"), |out| self.write_history(out))?,
            future: whole_file(folder.join("future.csv"), |out| self.write_future(out))?,
            request: whole_file(folder.join("request.json"), |out| self.write_request(out))?,
        })
    }

    /// The history as CSV with a header line.
    ///
    /// # Errors
    /// What `out` reports.
    pub fn write_history(&self, out: impl Write) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record([
            "date",
            "boutique",
            "country",
            "product",
            "family",
            "price",
            "promotion",
            "holiday",
            "in_stock",
            "sales",
        ])?;
        for row in &self.history {
            let plan = &row.plan;
            csv.write_record([
                plan.date.to_string().as_str(),
                &plan.boutique,
                plan.country.code(),
                &plan.product,
                plan.family.name(),
                &price(plan),
                flag(plan.promotion),
                plan.holiday.unwrap_or_default(),
                flag(row.in_stock),
                &row.sales.to_string(),
            ])?;
        }
        csv.flush()
    }

    /// The known future as CSV with a header line.
    ///
    /// # Errors
    /// What `out` reports.
    pub fn write_future(&self, out: impl Write) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(["date", "boutique", "product", "price", "promotion", "holiday"])?;
        for plan in &self.future {
            csv.write_record([
                plan.date.to_string().as_str(),
                &plan.boutique,
                &plan.product,
                &price(plan),
                flag(plan.promotion),
                plan.holiday.unwrap_or_default(),
            ])?;
        }
        csv.flush()
    }

    /// The body of a `POST /forecast` for the first series over the whole horizon.
    ///
    /// # Errors
    /// What `out` reports.
    pub fn write_request(&self, mut out: impl Write) -> io::Result<()> {
        let Some(first) = self.future.first() else { return Ok(()) };
        let future: Vec<_> = self
            .future
            .iter()
            .filter(|plan| plan.boutique == first.boutique && plan.product == first.product)
            .map(FutureCells::from)
            .collect();
        let request = Request {
            series: [SeriesCells { boutique: &first.boutique, product: &first.product }],
            horizon: future.len(),
            quantiles: [0.1, 0.5, 0.9],
            future,
        };
        serde_json::to_writer_pretty(&mut out, &request)?;
        writeln!(out)
    }
}

/// A request of the API. Structs rather than JSON values keep the order of the fields, and so the
/// bytes of the file, whatever features `serde_json` is built with.
#[derive(Serialize)]
struct Request<'a> {
    series: [SeriesCells<'a>; 1],
    horizon: usize,
    quantiles: [f64; 3],
    future: Vec<FutureCells<'a>>,
}

#[derive(Serialize)]
struct SeriesCells<'a> {
    boutique: &'a str,
    product: &'a str,
}

#[derive(Serialize)]
struct FutureCells<'a> {
    date: String,
    boutique: &'a str,
    product: &'a str,
    price: f64,
    promotion: u8,
    holiday: &'a str,
}

impl<'a> From<&'a PlannedDay> for FutureCells<'a> {
    fn from(plan: &'a PlannedDay) -> Self {
        Self {
            date: plan.date.to_string(),
            boutique: &plan.boutique,
            product: &plan.product,
            price: f64::from(plan.price_cents) / 100.0,
            promotion: u8::from(plan.promotion),
            holiday: plan.holiday.unwrap_or_default(),
        }
    }
}

/// Writes beside the file first, then renames: a run cut short leaves no half of one.
fn whole_file(
    path: PathBuf,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<PathBuf, SampleError> {
    let unfinished = path.with_extension("unfinished");
    let written = (|| {
        let mut out = BufWriter::new(File::create(&unfinished)?);
        write(&mut out)?;
        out.flush()?;
        std::fs::rename(&unfinished, &path)
    })();
    match written {
        Ok(()) => Ok(path),
        Err(source) => Err(SampleError::Write { path, source }),
    }
}

/// Euros with two decimals.
fn price(plan: &PlannedDay) -> String {
    format!("{}.{:02}", plan.price_cents / 100, plan.price_cents % 100)
}

fn flag(yes: bool) -> &'static str {
    if yes { "1" } else { "0" }
}

#[cfg(test)]
mod tests {
    use super::super::{SampleOptions, generate};
    use super::*;

    fn small() -> Sample {
        generate(&SampleOptions { boutiques: 1, products: 2, days: 60, ..SampleOptions::default() }).unwrap()
    }

    #[test]
    fn files_have_the_columns_and_rows_promised() {
        let folder = tempfile::tempdir().unwrap();
        let files = small().write(folder.path()).unwrap();
        let sales = std::fs::read_to_string(files.sales).unwrap();
        assert_eq!(
            sales.lines().next(),
            Some("date,boutique,country,product,family,price,promotion,holiday,in_stock,sales")
        );
        assert_eq!(sales.lines().count(), 1 + 2 * 60);
        assert_eq!(std::fs::read_to_string(files.future).unwrap().lines().count(), 1 + 2 * 28);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn the_request_asks_for_one_series_over_the_horizon() {
        let mut body = Vec::new();
        small().write_request(&mut body).unwrap();
        let request: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(request["series"].as_array().map(Vec::len), Some(1));
        assert_eq!(request["horizon"], 28);
        assert_eq!(request["future"].as_array().map(Vec::len), Some(28));
        assert_eq!(request["future"][0]["date"], "2025-12-01");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = small().write(&file.path().join("below")).unwrap_err();
        assert!(matches!(error, SampleError::Write { path, .. } if path.ends_with("below")));
    }
}
