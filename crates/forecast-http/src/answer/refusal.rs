//! What ingestion and model say no to, as problems of the request.

use forecast_features::ingest::{self, IngestError, ProblemCode, Severity};
use forecast_model::{ForecastError, ModelCard};

use super::date_text;
use super::remedy::{message, remedy};
use super::rows::Table;
use crate::problem::{Code, Fault, Problem};

/// What a table is missing for the horizon, as against what is wrong with it.
fn is_missing_future(code: ProblemCode) -> bool {
    matches!(
        code,
        ProblemCode::FutureStartsLate
            | ProblemCode::FutureStopsEarly
            | ProblemCode::FutureRowMissing
            | ProblemCode::FutureValueMissing
    )
}

/// Rows that cannot be used.
pub(super) fn of_ingest(error: &IngestError, tables: &[&Table<'_>]) -> Problem {
    let IngestError::Problems(problems) = error else {
        return Problem::new(
            Code::Internal,
            format!("the model's own description of its table is wrong: {error}"),
        );
    };
    let errors: Vec<&ingest::Problem> =
        problems.iter().filter(|problem| problem.severity == Severity::Error).collect();
    let of_history = |problem: &&&ingest::Problem| problem.example.file.as_deref() == Some("history");
    let has_history = tables.iter().any(|table| table.name() == "history");
    let code = if !errors.is_empty() && errors.iter().all(|problem| is_missing_future(problem.code)) {
        Code::MissingFuture
    } else if errors.iter().all(|problem| problem.code == ProblemCode::HistoryTooShort) && has_history {
        Code::HistoryTooShort
    } else if has_history && (errors.iter().any(|problem| of_history(&problem)) || tables.len() > 1) {
        Code::InvalidHistory
    } else {
        Code::InvalidFuture
    };
    let faults: Vec<Fault> = errors.iter().map(|problem| fault(problem, tables)).collect();
    let detail = match faults.as_slice() {
        [] => "the rows cannot be used".to_owned(),
        [only] => only.detail.clone(),
        [first, ..] => format!("{} faults; the first: {}", faults.len(), first.detail),
    };
    Problem { code, detail, errors: faults, allow: None }
}

/// Whether a finding is worth telling the caller.
pub(super) fn is_warning(finding: &ingest::Problem) -> bool {
    let about_the_request = !matches!(
        finding.code,
        // What is normal for a request: a few series, recent rows, one batch of them.
        ProblemCode::ShortSeries | ProblemCode::SeriesEndedEarly
    );
    finding.severity >= Severity::Warning && about_the_request
}

/// A problem of a table as a fault of the request.
pub(super) fn fault(problem: &ingest::Problem, tables: &[&Table<'_>]) -> Fault {
    let example = &problem.example;
    let place = example.to_string();
    let place = if place.is_empty() { String::new() } else { format!(" (first: {place})") };
    Fault {
        code: problem.code.name().to_owned(),
        detail: format!("{}{place}; {}", message(problem), remedy(problem)),
        pointer: pointer(example, tables).or_else(|| absent(problem.code)),
        series: example.series.clone(),
        date: example.date.clone(),
        column: example.column.clone(),
        value: example.value.clone(),
        count: Some(problem.count),
    }
}

/// Where a row belongs that is not there.
fn absent(code: ProblemCode) -> Option<String> {
    is_missing_future(code).then(|| "/future".to_owned())
}

fn pointer(place: &ingest::Place, tables: &[&Table<'_>]) -> Option<String> {
    let table = tables.iter().find(|table| Some(table.name()) == place.file.as_deref())?;
    let row = place.index.and_then(|index| usize::try_from(index).ok());
    let mut pointer = format!("/{}", table.name());
    if let Some(position) = row.and_then(|row| table.position(row)) {
        pointer = format!("{pointer}/{position}");
        if let Some(column) = &place.column {
            pointer = format!("{pointer}/{}", column.replace('~', "~0").replace('/', "~1"));
        }
    }
    Some(pointer)
}

/// A question that the model refuses.
pub(super) fn of_forecast(error: &ForecastError, card: &ModelCard) -> Problem {
    match error {
        ForecastError::HorizonTooLong { .. } => Problem::new(Code::HorizonTooLong, error.to_string()),
        ForecastError::MissingFuture { series, period, column } => {
            let date = date_text(card, *period);
            let detail = format!(
                "there is no value of `{column}` for series `{series}` at {date}; send it in `future`, with a row \
                 for every series and step"
            );
            let mut fault = Fault::new(Code::MissingFuture, detail.clone()).at("/future");
            fault.series = Some(series.to_string());
            fault.date = Some(date);
            fault.column = Some(column.clone());
            Problem { errors: vec![fault], ..Problem::new(Code::MissingFuture, detail) }
        }
        ForecastError::LevelOutOfRange { .. } => {
            let detail = error.to_string();
            let fault = Fault::new(Code::QuantileOutOfRange, detail.clone()).at("/quantiles");
            Problem { errors: vec![fault], ..Problem::new(Code::QuantileOutOfRange, detail) }
        }
        ForecastError::OtherFrequency { .. } | ForecastError::Plan(_) => {
            Problem::new(Code::InvalidHistory, error.to_string())
        }
        other => Problem::new(Code::Internal, format!("the model cannot answer: {other}")),
    }
}
