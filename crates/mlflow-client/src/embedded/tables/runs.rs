//! `runs`, `params` and `tags`.

use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use uuid::Uuid;

use super::{experiments, inputs, metrics, number, param, rows, run_name, tag, text};
use crate::embedded::columns::{Column, stages_of};
use crate::embedded::fault::{Fault, Outcome};
use crate::embedded::search::{Condition, Page, RUNS};
use crate::embedded::validate;
use crate::types::{
    LifecycleStage, NewRun, Paged, Run, RunData, RunInfo, RunInputs, RunOutputs, RunQuery, RunStatus,
    RunUpdate, Tag, now_ms,
};

const PAGE: Page = Page { default_rows: 1_000, most_rows: 50_000 };

/// The tag that mirrors a run's name.
const NAME_TAG: &str = "mlflow.runName";

/// The tag that mirrors a run's user.
const USER_TAG: &str = "mlflow.user";

const COLUMNS: &str =
    "runs.run_uuid, runs.name, runs.experiment_id, runs.user_id, runs.status, runs.start_time, runs.end_time,
    runs.artifact_uri, runs.lifecycle_stage";

pub(in crate::embedded) fn create(connection: &Connection, new: &NewRun) -> Outcome<Run> {
    let experiment = experiments::get_active(connection, &new.experiment_id)?;
    let mut tags = new.tags.iter().map(validate::run_tag).collect::<Outcome<Vec<_>>>()?;
    let tagged_name = tags.iter().rfind(|tag| tag.key == NAME_TAG).map(|tag| tag.value.clone());
    let name = match (new.run_name.clone().filter(|name| !name.is_empty()), tagged_name) {
        (Some(name), Some(tagged)) if name != tagged => {
            return Err(Fault::Invalid(format!(
                "the run's name is {name:?} but its tag {NAME_TAG} says {tagged:?}"
            )));
        }
        (Some(name), _) | (None, Some(name)) => name,
        (None, None) => run_name::made_up(),
    };
    tags.push(Tag::new(NAME_TAG, &name));
    if let Some(user) = &new.user {
        tags.push(Tag::new(USER_TAG, user));
    }
    let run_id = Uuid::new_v4().simple().to_string();
    let artifact_uri = experiments::artifact_root(&experiment, &format!("{run_id}/artifacts"))?;
    connection.execute(
        "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time,
                           source_version, lifecycle_stage, artifact_uri, experiment_id)
         VALUES (?1, ?2, 'UNKNOWN', '', '', ?3, ?4, ?5, '', 'active', ?6, ?7)",
        params![
            run_id,
            name,
            new.user.as_deref().unwrap_or_default(),
            Column(RunStatus::Running),
            new.start_time_ms.unwrap_or_else(now_ms),
            artifact_uri,
            validate::experiment_id(&new.experiment_id)?,
        ],
    )?;
    for tag in validate::last_of_each_key(tags) {
        put_tag(connection, &run_id, &tag)?;
    }
    get(connection, &run_id)
}

pub(in crate::embedded) fn get(connection: &Connection, run_id: &str) -> Outcome<Run> {
    let info = info(connection, run_id)?;
    with_details(connection, info)
}

pub(in crate::embedded) fn info(connection: &Connection, run_id: &str) -> Outcome<RunInfo> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM runs WHERE run_uuid = ?1"))?
        .query_row([run_id], run_info)
        .optional()?
        .ok_or_else(|| Fault::NotFound(format!("there is no run {run_id}")))
}

/// As [`info`], refusing a deleted run.
pub(super) fn active_info(connection: &Connection, run_id: &str) -> Outcome<RunInfo> {
    let info = info(connection, run_id)?;
    if info.lifecycle_stage == LifecycleStage::Deleted {
        return Err(Fault::Invalid(format!("run {run_id} is deleted; restore it first")));
    }
    Ok(info)
}

pub(in crate::embedded) fn update(connection: &Connection, update: &RunUpdate) -> Outcome<RunInfo> {
    active_info(connection, &update.run_id)?;
    connection.execute(
        "UPDATE runs SET status = coalesce(?2, status), end_time = coalesce(?3, end_time) WHERE run_uuid = ?1",
        params![update.run_id, update.status.map(Column), update.end_time_ms],
    )?;
    if let Some(name) = update.run_name.as_deref().filter(|name| !name.is_empty()) {
        rename(connection, &update.run_id, name)?;
    }
    info(connection, &update.run_id)
}

pub(in crate::embedded) fn search(connection: &Connection, query: &RunQuery) -> Outcome<Paged<Run>> {
    let window = PAGE.window(query.max_results, query.page_token.as_deref())?;
    let ids =
        query.experiment_ids.iter().map(|id| validate::experiment_id(id)).collect::<Outcome<Vec<_>>>()?;
    let mut condition = Condition::default();
    condition.push(
        &format!(
            "SELECT {COLUMNS} FROM runs WHERE runs.experiment_id IN ({}) AND runs.lifecycle_stage IN {}",
            vec!["?"; ids.len()].join(", "),
            stages_of(query.view)
        ),
        ids.into_iter().map(Into::into),
    );
    RUNS.filter(query.filter.as_deref(), &mut condition)?;
    RUNS.order_by(&query.order_by, &mut condition)?;
    condition.push(&window.limit_sql(), []);
    let found = rows(connection, &condition.sql, params_from_iter(condition.values), run_info)?;
    let page = window.page(found);
    let items = page.items.into_iter().map(|info| with_details(connection, info)).collect::<Outcome<_>>()?;
    Ok(Paged::new(items, page.next_page_token))
}

pub(in crate::embedded) fn delete(connection: &Connection, run_id: &str) -> Outcome<()> {
    info(connection, run_id)?;
    connection.execute(
        "UPDATE runs SET lifecycle_stage = 'deleted', deleted_time = ?2 WHERE run_uuid = ?1 AND lifecycle_stage = 'active'",
        params![run_id, now_ms()],
    )?;
    Ok(())
}

pub(in crate::embedded) fn restore(connection: &Connection, run_id: &str) -> Outcome<()> {
    info(connection, run_id)?;
    connection.execute(
        "UPDATE runs SET lifecycle_stage = 'active', deleted_time = NULL WHERE run_uuid = ?1",
        [run_id],
    )?;
    Ok(())
}

pub(in crate::embedded) fn set_tag(connection: &Connection, run_id: &str, tag: &Tag) -> Outcome<()> {
    let tag = validate::run_tag(tag)?;
    active_info(connection, run_id)?;
    write_tag(connection, run_id, &tag)
}

pub(in crate::embedded) fn delete_tag(connection: &Connection, run_id: &str, key: &str) -> Outcome<()> {
    active_info(connection, run_id)?;
    let removed = connection.execute("DELETE FROM tags WHERE run_uuid = ?1 AND key = ?2", [run_id, key])?;
    if removed == 0 {
        return Err(Fault::NotFound(format!("run {run_id} has no tag {key:?}")));
    }
    Ok(())
}

/// Writes a checked tag; the one that holds the name renames the run.
pub(super) fn write_tag(connection: &Connection, run_id: &str, tag: &Tag) -> Outcome<()> {
    if tag.key == NAME_TAG && !tag.value.is_empty() {
        rename(connection, run_id, &tag.value)
    } else {
        put_tag(connection, run_id, tag)
    }
}

fn rename(connection: &Connection, run_id: &str, name: &str) -> Outcome<()> {
    connection.execute("UPDATE runs SET name = ?2 WHERE run_uuid = ?1", [run_id, name])?;
    put_tag(connection, run_id, &Tag::new(NAME_TAG, name))
}

fn put_tag(connection: &Connection, run_id: &str, tag: &Tag) -> Outcome<()> {
    connection
        .prepare_cached(
            "INSERT INTO tags (run_uuid, key, value) VALUES (?1, ?2, ?3)
             ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value",
        )?
        .execute([run_id, &tag.key, &tag.value])?;
    Ok(())
}

fn with_details(connection: &Connection, info: RunInfo) -> Outcome<Run> {
    let run_id = info.run_id.as_str();
    let data = RunData {
        metrics: metrics::latest(connection, run_id)?,
        params: rows(
            connection,
            "SELECT key, value FROM params WHERE run_uuid = ?1 ORDER BY key",
            [run_id],
            param,
        )?,
        tags: rows(
            connection,
            "SELECT key, value FROM tags WHERE run_uuid = ?1 ORDER BY key",
            [run_id],
            tag,
        )?,
    };
    let inputs = RunInputs { dataset_inputs: inputs::datasets_of(connection, run_id)? };
    let outputs = RunOutputs { model_outputs: inputs::outputs_of(connection, run_id)? };
    Ok(Run { info, data, inputs, outputs })
}

fn run_info(row: &Row<'_>) -> rusqlite::Result<RunInfo> {
    Ok(RunInfo {
        run_id: row.get(0)?,
        run_name: text(row, 1)?,
        experiment_id: number(row, 2)?.to_string(),
        user_id: text(row, 3)?,
        status: row.get::<_, Column<RunStatus>>(4)?.0,
        start_time_ms: number(row, 5)?,
        end_time_ms: row.get(6)?,
        artifact_uri: text(row, 7)?,
        lifecycle_stage: row.get::<_, Column<LifecycleStage>>(8)?.0,
    })
}
