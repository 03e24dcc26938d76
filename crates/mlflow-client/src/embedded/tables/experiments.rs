//! `experiments` and `experiment_tags`.

use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::{WORKSPACE, rows, tag};
use crate::ArtifactUri;
use crate::embedded::columns::{Column, stages_of};
use crate::embedded::fault::{Fault, Outcome};
use crate::embedded::search::{Condition, EXPERIMENTS, Page};
use crate::embedded::validate;
use crate::types::{Experiment, ExperimentQuery, LifecycleStage, NewExperiment, Paged, Tag, now_ms};

const PAGE: Page = Page { default_rows: 1_000, most_rows: 50_000 };

const COLUMNS: &str = "experiments.experiment_id, experiments.name, experiments.artifact_location,
    experiments.lifecycle_stage, experiments.creation_time, experiments.last_update_time";

pub(in crate::embedded) fn create(connection: &Connection, new: &NewExperiment) -> Outcome<String> {
    validate::experiment_name(&new.name)?;
    for tag in &new.tags {
        validate::experiment_tag(tag)?;
    }
    if let Some(taken) = id_by_name(connection, &new.name)? {
        return Err(Fault::AlreadyExists(format!(
            "experiment {taken} has the name {:?} (names of deleted experiments stay taken)",
            new.name
        )));
    }
    connection.execute(
        "INSERT INTO experiments (name, lifecycle_stage, creation_time, last_update_time, workspace)
         VALUES (?1, 'active', ?2, ?2, ?3)",
        params![new.name, now_ms(), WORKSPACE],
    )?;
    let id = connection.last_insert_rowid();
    let location = match new.artifact_location.as_deref().filter(|location| !location.is_empty()) {
        None => format!("mlflow-artifacts:/{id}"),
        Some(location) => absolute(location)?,
    };
    validate::artifact_location(&location)?;
    connection.execute(
        "UPDATE experiments SET artifact_location = ?1 WHERE experiment_id = ?2",
        params![location, id],
    )?;
    for tag in validate::last_of_each_key(new.tags.iter().cloned()) {
        put_tag(connection, id, &tag)?;
    }
    Ok(id.to_string())
}

pub(in crate::embedded) fn get(connection: &Connection, experiment_id: &str) -> Outcome<Experiment> {
    let id = validate::experiment_id(experiment_id)?;
    let found = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM experiments WHERE experiment_id = ?1"))?
        .query_row([id], experiment)
        .optional()?;
    with_tags(
        connection,
        found.ok_or_else(|| Fault::NotFound(format!("there is no experiment {experiment_id}")))?,
    )
}

pub(in crate::embedded) fn get_by_name(connection: &Connection, name: &str) -> Outcome<Experiment> {
    match id_by_name(connection, name)? {
        Some(id) => get(connection, &id.to_string()),
        None => Err(Fault::NotFound(format!("there is no experiment named {name:?}"))),
    }
}

/// As [`get`], refusing a deleted experiment.
pub(super) fn get_active(connection: &Connection, experiment_id: &str) -> Outcome<Experiment> {
    let experiment = get(connection, experiment_id)?;
    if experiment.lifecycle_stage == LifecycleStage::Deleted {
        return Err(Fault::Invalid(format!("experiment {experiment_id} is deleted; restore it first")));
    }
    Ok(experiment)
}

/// Where the files of something new in an experiment go.
pub(super) fn artifact_root(experiment: &Experiment, below: &str) -> Outcome<String> {
    let root = ArtifactUri::new(experiment.artifact_location.clone())?.join(below)?;
    Ok(root.as_str().to_owned())
}

pub(in crate::embedded) fn search(
    connection: &Connection,
    query: &ExperimentQuery,
) -> Outcome<Paged<Experiment>> {
    let window = PAGE.window(query.max_results, query.page_token.as_deref())?;
    let mut condition = Condition::default();
    condition.push(
        &format!(
            "SELECT {COLUMNS} FROM experiments WHERE experiments.workspace = '{WORKSPACE}' AND experiments.lifecycle_stage IN {}",
            stages_of(query.view)
        ),
        [],
    );
    EXPERIMENTS.filter(query.filter.as_deref(), &mut condition)?;
    EXPERIMENTS.order_by(&query.order_by, &mut condition)?;
    condition.push(&window.limit_sql(), []);
    let found = rows(connection, &condition.sql, params_from_iter(condition.values), experiment)?;
    let page = window.page(found);
    let items = page.items.into_iter().map(|found| with_tags(connection, found)).collect::<Outcome<_>>()?;
    Ok(Paged::new(items, page.next_page_token))
}

/// Deletes an active experiment and its runs, keeping their rows.
pub(in crate::embedded) fn delete(connection: &Connection, experiment_id: &str) -> Outcome<()> {
    let id = change_stage(connection, experiment_id, "active", "deleted")?;
    connection.execute(
        "UPDATE runs SET lifecycle_stage = 'deleted', deleted_time = ?1 WHERE experiment_id = ?2",
        params![now_ms(), id],
    )?;
    Ok(())
}

/// Restores a deleted experiment and its runs.
pub(in crate::embedded) fn restore(connection: &Connection, experiment_id: &str) -> Outcome<()> {
    let id = change_stage(connection, experiment_id, "deleted", "active")?;
    connection.execute(
        "UPDATE runs SET lifecycle_stage = 'active', deleted_time = NULL WHERE experiment_id = ?1",
        [id],
    )?;
    Ok(())
}

pub(in crate::embedded) fn set_tag(connection: &Connection, experiment_id: &str, tag: &Tag) -> Outcome<()> {
    validate::experiment_tag(tag)?;
    get_active(connection, experiment_id)?;
    put_tag(connection, validate::experiment_id(experiment_id)?, tag)
}

fn change_stage(connection: &Connection, experiment_id: &str, from: &str, to: &str) -> Outcome<i64> {
    let id = validate::experiment_id(experiment_id)?;
    let changed = connection.execute(
        "UPDATE experiments SET lifecycle_stage = ?1, last_update_time = ?2 WHERE experiment_id = ?3 AND lifecycle_stage = ?4",
        params![to, now_ms(), id, from],
    )?;
    if changed == 0 {
        return Err(Fault::NotFound(format!("there is no {from} experiment {experiment_id}")));
    }
    Ok(id)
}

fn put_tag(connection: &Connection, id: i64, tag: &Tag) -> Outcome<()> {
    connection.execute(
        "INSERT INTO experiment_tags (experiment_id, key, value) VALUES (?1, ?2, ?3)
         ON CONFLICT (key, experiment_id) DO UPDATE SET value = excluded.value",
        params![id, tag.key, tag.value],
    )?;
    Ok(())
}

fn id_by_name(connection: &Connection, name: &str) -> Outcome<Option<i64>> {
    let found = connection
        .prepare_cached("SELECT experiment_id FROM experiments WHERE workspace = ?1 AND name = ?2")?
        .query_row([WORKSPACE, name], |row| row.get(0))
        .optional()?;
    Ok(found)
}

fn with_tags(connection: &Connection, experiment: Experiment) -> Outcome<Experiment> {
    let tags = rows(
        connection,
        "SELECT key, value FROM experiment_tags WHERE experiment_id = CAST(?1 AS INTEGER) ORDER BY key",
        [&experiment.experiment_id],
        tag,
    )?;
    Ok(Experiment { tags, ..experiment })
}

fn experiment(row: &Row<'_>) -> rusqlite::Result<Experiment> {
    Ok(Experiment {
        experiment_id: row.get::<_, i64>(0)?.to_string(),
        name: row.get(1)?,
        artifact_location: super::text(row, 2)?,
        lifecycle_stage: row.get::<_, Column<LifecycleStage>>(3)?.0,
        creation_time_ms: row.get(4)?,
        last_update_time_ms: row.get(5)?,
        tags: Vec::new(),
    })
}

/// A location as MLflow stores it: a local path becomes absolute, so that it means the same folder
/// whatever folder a later process starts in.
fn absolute(location: &str) -> Outcome<String> {
    if ArtifactUri::new(location)?.scheme().is_some() {
        return Ok(location.to_owned());
    }
    let path = std::path::absolute(location).map_err(|error| {
        Fault::Invalid(format!("the artifact location {location:?} cannot be made absolute: {error}"))
    })?;
    path.into_os_string().into_string().map_err(|_| {
        Fault::Invalid(format!("the artifact location {location:?} is not valid Unicode when made absolute"))
    })
}
