//! Metrics, params and tags of a run in one go.

use rusqlite::{Connection, OptionalExtension};

use super::{metrics, runs};
use crate::embedded::fault::{Fault, Outcome};
use crate::embedded::validate;
use crate::types::{Batch, Param};

/// Writes a batch of any size as a whole, or nothing of it.
pub(in crate::embedded) fn log(connection: &Connection, run_id: &str, batch: &Batch) -> Outcome<()> {
    let run = runs::active_info(connection, run_id)?;
    let params = batch.params.iter().map(validate::param).collect::<Outcome<Vec<_>>>()?;
    let tags = batch.tags.iter().map(validate::run_tag).collect::<Outcome<Vec<_>>>()?;
    for metric in &batch.metrics {
        validate::metric(metric)?;
    }
    refuse_repeated(&params)?;
    for param in &params {
        write_param(connection, run_id, param)?;
    }
    for tag in &tags {
        runs::write_tag(connection, run_id, tag)?;
    }
    for metric in &batch.metrics {
        metrics::write(connection, &run, metric)?;
    }
    Ok(())
}

/// Writes a param; the value that it has already is accepted, another one is not.
fn write_param(connection: &Connection, run_id: &str, param: &Param) -> Outcome<()> {
    let earlier: Option<String> = connection
        .prepare_cached("SELECT value FROM params WHERE run_uuid = ?1 AND key = ?2")?
        .query_row([run_id, &param.key], |row| row.get(0))
        .optional()?;
    match earlier {
        None => {
            connection
                .prepare_cached("INSERT INTO params (run_uuid, key, value) VALUES (?1, ?2, ?3)")?
                .execute([run_id, &param.key, &param.value])?;
            Ok(())
        }
        Some(earlier) if earlier == param.value => Ok(()),
        Some(earlier) => Err(Fault::Invalid(format!(
            "param {:?} of run {run_id} is {earlier:?} and cannot become {:?}; params never change",
            param.key, param.value
        ))),
    }
}

fn refuse_repeated(params: &[Param]) -> Outcome<()> {
    let mut keys: Vec<&str> = params.iter().map(|param| param.key.as_str()).collect();
    keys.sort_unstable();
    match keys.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Fault::Invalid(format!("param {:?} is in the batch twice", pair[0]))),
        None => Ok(()),
    }
}
