//! `metrics`, `latest_metrics` and `logged_model_metrics`.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{number, rows};
use crate::embedded::fault::{Fault, Outcome};
use crate::embedded::search::Page;
use crate::types::{Metric, MetricHistoryQuery, Paged, RunInfo};

const PAGE: Page = Page { default_rows: 25_000, most_rows: 25_000 };

/// Writes one measurement of a run: into its history, as its latest value where it is the latest,
/// and under the logged model that it names.
pub(super) fn write(connection: &Connection, run: &RunInfo, metric: &Metric) -> Outcome<()> {
    let Stored { value, is_nan } = Stored::from(metric.value);
    connection
        .prepare_cached(
            "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![metric.key, value, metric.timestamp_ms, run.run_id, metric.step, is_nan])?;
    // The latest is the one with the greatest step, then timestamp, then value.
    connection
        .prepare_cached(
            "INSERT INTO latest_metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (key, run_uuid) DO UPDATE
                SET value = excluded.value, timestamp = excluded.timestamp, step = excluded.step, is_nan = excluded.is_nan
              WHERE (excluded.step, excluded.timestamp, excluded.value)
                  > (latest_metrics.step, coalesce(latest_metrics.timestamp, 0), latest_metrics.value)",
        )?
        .execute(params![metric.key, value, metric.timestamp_ms, run.run_id, metric.step, is_nan])?;
    match &metric.model_id {
        Some(model_id) => write_of_model(connection, run, model_id, metric),
        None => Ok(()),
    }
}

/// The latest measurement of each key of a run.
pub(super) fn latest(connection: &Connection, run_id: &str) -> Outcome<Vec<Metric>> {
    rows(
        connection,
        "SELECT key, value, is_nan, timestamp, step FROM latest_metrics WHERE run_uuid = ?1 ORDER BY key",
        [run_id],
        metric,
    )
}

/// Every measurement that names a logged model.
pub(super) fn of_model(connection: &Connection, model_id: &str) -> Outcome<Vec<Metric>> {
    rows(
        connection,
        "SELECT metric_name, metric_value, 0, metric_timestamp_ms, metric_step, dataset_name, dataset_digest
           FROM logged_model_metrics WHERE model_id = ?1 ORDER BY metric_name, metric_timestamp_ms, metric_step",
        [model_id],
        |row| {
            Ok(Metric {
                model_id: Some(model_id.to_owned()),
                dataset_name: row.get(5)?,
                dataset_digest: row.get(6)?,
                ..metric(row)?
            })
        },
    )
}

pub(in crate::embedded) fn history(
    connection: &Connection,
    query: &MetricHistoryQuery,
) -> Outcome<Paged<Metric>> {
    let window = PAGE.window(query.max_results, query.page_token.as_deref())?;
    super::runs::info(connection, &query.run_id)?;
    let sql = format!(
        "SELECT key, value, is_nan, timestamp, step FROM metrics WHERE run_uuid = ?1 AND key = ?2
          ORDER BY timestamp, step, value{}",
        window.limit_sql()
    );
    Ok(window.page(rows(connection, &sql, [&query.run_id, &query.key], metric)?))
}

fn write_of_model(connection: &Connection, run: &RunInfo, model_id: &str, metric: &Metric) -> Outcome<()> {
    super::logged_models::experiment_of(connection, model_id)?;
    let Stored { value, .. } = Stored::from(metric.value);
    let identity = params![model_id, metric.key, metric.timestamp_ms, metric.step, run.run_id];
    let earlier: Option<Option<f64>> = connection
        .prepare_cached(
            "SELECT metric_value FROM logged_model_metrics
              WHERE model_id = ?1 AND metric_name = ?2 AND metric_timestamp_ms = ?3 AND metric_step = ?4 AND run_id = ?5",
        )?
        .query_row(identity, |row| row.get(0))
        .optional()?;
    if let Some(earlier) = earlier {
        if earlier == Some(value) {
            return Ok(());
        }
        return Err(Fault::Invalid(format!(
            "metric {:?} of model {model_id} has another value at the same step and timestamp already",
            metric.key
        )));
    }
    connection
        .prepare_cached(
            "INSERT INTO logged_model_metrics (model_id, metric_name, metric_timestamp_ms, metric_step, metric_value,
                                               experiment_id, run_id, dataset_name, dataset_digest)
             VALUES (?1, ?2, ?3, ?4, ?5, CAST(?6 AS INTEGER), ?7, ?8, ?9)",
        )?
        .execute(params![
            model_id,
            metric.key,
            metric.timestamp_ms,
            metric.step,
            value,
            run.experiment_id,
            run.run_id,
            metric.dataset_name,
            metric.dataset_digest,
        ])?;
    Ok(())
}

/// A value as its columns hold it: SQL has no "not a number" and no infinities.
struct Stored {
    value: f64,
    is_nan: bool,
}

impl From<f64> for Stored {
    fn from(value: f64) -> Self {
        if value.is_nan() {
            Self { value: 0.0, is_nan: true }
        } else {
            Self { value: value.clamp(f64::MIN, f64::MAX), is_nan: false }
        }
    }
}

/// A measurement in the columns key, value, is_nan, timestamp, step.
fn metric(row: &Row<'_>) -> rusqlite::Result<Metric> {
    let is_nan: bool = row.get(2)?;
    let value = if is_nan { f64::NAN } else { row.get::<_, Option<f64>>(1)?.unwrap_or(f64::NAN) };
    Ok(Metric {
        key: row.get(0)?,
        value,
        timestamp_ms: number(row, 3)?,
        step: row.get(4)?,
        model_id: None,
        dataset_name: None,
        dataset_digest: None,
    })
}
