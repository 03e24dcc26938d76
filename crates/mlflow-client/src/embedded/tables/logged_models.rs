//! `logged_models` with their params and tags.

use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use uuid::Uuid;

use super::{experiments, metrics, param, rows, run_name, tag, text};
use crate::embedded::columns::Column;
use crate::embedded::fault::{Fault, Outcome};
use crate::embedded::search::{Condition, LOGGED_MODELS, Page};
use crate::embedded::validate;
use crate::types::{
    LoggedModel, LoggedModelData, LoggedModelInfo, LoggedModelQuery, LoggedModelStatus, NewLoggedModel,
    Paged, Tag, now_ms,
};

const PAGE: Page = Page { default_rows: 100, most_rows: 50_000 };

const COLUMNS: &str = "logged_models.model_id, logged_models.experiment_id, logged_models.name,
    logged_models.creation_timestamp_ms, logged_models.last_updated_timestamp_ms, logged_models.artifact_location,
    logged_models.status, logged_models.model_type, logged_models.source_run_id";

pub(in crate::embedded) fn create(connection: &Connection, new: &NewLoggedModel) -> Outcome<LoggedModel> {
    let experiment = experiments::get_active(connection, &new.experiment_id)?;
    if let Some(name) = &new.name {
        validate::logged_model_name(name)?;
    }
    let model_id = format!("m-{}", Uuid::new_v4().simple());
    let experiment_id = validate::experiment_id(&new.experiment_id)?;
    connection.execute(
        "INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, creation_timestamp_ms,
                                    last_updated_timestamp_ms, status, lifecycle_stage, model_type, source_run_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, 'active', ?7, ?8)",
        params![
            model_id,
            experiment_id,
            new.name.clone().unwrap_or_else(run_name::made_up),
            experiments::artifact_root(&experiment, &format!("models/{model_id}/artifacts"))?,
            now_ms(),
            Column(LoggedModelStatus::Pending),
            new.model_type,
            new.source_run_id,
        ],
    )?;
    for param in &new.params {
        let added = connection.execute(
            "INSERT INTO logged_model_params (model_id, experiment_id, param_key, param_value) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
            params![model_id, experiment_id, param.key, param.value],
        )?;
        if added == 0 {
            return Err(Fault::Invalid(format!("param {:?} of the model is there twice", param.key)));
        }
    }
    put_tags(connection, &model_id, experiment_id, &new.tags)?;
    get(connection, &model_id)
}

/// Reads a logged model that has not been deleted.
pub(in crate::embedded) fn get(connection: &Connection, model_id: &str) -> Outcome<LoggedModel> {
    let info = connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM logged_models WHERE model_id = ?1 AND lifecycle_stage != 'deleted'"
        ))?
        .query_row([model_id], model_info)
        .optional()?
        .ok_or_else(|| not_found(model_id))?;
    with_details(connection, info)
}

/// The experiment of a logged model that has not been deleted.
pub(super) fn experiment_of(connection: &Connection, model_id: &str) -> Outcome<i64> {
    connection
        .prepare_cached(
            "SELECT experiment_id FROM logged_models WHERE model_id = ?1 AND lifecycle_stage != 'deleted'",
        )?
        .query_row([model_id], |row| row.get(0))
        .optional()?
        .ok_or_else(|| not_found(model_id))
}

pub(in crate::embedded) fn finalize(
    connection: &Connection,
    model_id: &str,
    status: LoggedModelStatus,
) -> Outcome<LoggedModel> {
    experiment_of(connection, model_id)?;
    connection.execute(
        "UPDATE logged_models SET status = ?2, last_updated_timestamp_ms = ?3 WHERE model_id = ?1",
        params![model_id, Column(status), now_ms()],
    )?;
    get(connection, model_id)
}

pub(in crate::embedded) fn search(
    connection: &Connection,
    query: &LoggedModelQuery,
) -> Outcome<Paged<LoggedModel>> {
    let window = PAGE.window(query.max_results, query.page_token.as_deref())?;
    let ids =
        query.experiment_ids.iter().map(|id| validate::experiment_id(id)).collect::<Outcome<Vec<_>>>()?;
    let mut condition = Condition::default();
    condition.push(
        &format!(
            "SELECT {COLUMNS} FROM logged_models WHERE logged_models.lifecycle_stage != 'deleted'
                AND logged_models.experiment_id IN ({})",
            vec!["?"; ids.len()].join(", ")
        ),
        ids.into_iter().map(Into::into),
    );
    LOGGED_MODELS.filter(query.filter.as_deref(), &mut condition)?;
    LOGGED_MODELS.order_by_fields(&query.order_by, &mut condition)?;
    condition.push(&window.limit_sql(), []);
    let found = rows(connection, &condition.sql, params_from_iter(condition.values), model_info)?;
    let page = window.page(found);
    let items = page.items.into_iter().map(|info| with_details(connection, info)).collect::<Outcome<_>>()?;
    Ok(Paged::new(items, page.next_page_token))
}

pub(in crate::embedded) fn set_tags(connection: &Connection, model_id: &str, tags: &[Tag]) -> Outcome<()> {
    let experiment_id = experiment_of(connection, model_id)?;
    put_tags(connection, model_id, experiment_id, tags)
}

pub(in crate::embedded) fn delete(connection: &Connection, model_id: &str) -> Outcome<()> {
    experiment_of(connection, model_id)?;
    connection.execute(
        "UPDATE logged_models SET lifecycle_stage = 'deleted', last_updated_timestamp_ms = ?2 WHERE model_id = ?1",
        params![model_id, now_ms()],
    )?;
    Ok(())
}

fn put_tags(connection: &Connection, model_id: &str, experiment_id: i64, tags: &[Tag]) -> Outcome<()> {
    for tag in tags {
        connection.execute(
            "INSERT INTO logged_model_tags (model_id, experiment_id, tag_key, tag_value) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (model_id, tag_key) DO UPDATE SET tag_value = excluded.tag_value",
            params![model_id, experiment_id, tag.key, tag.value],
        )?;
    }
    Ok(())
}

fn with_details(connection: &Connection, info: LoggedModelInfo) -> Outcome<LoggedModel> {
    let id = info.model_id.as_str();
    let tags = rows(
        connection,
        "SELECT tag_key, tag_value FROM logged_model_tags WHERE model_id = ?1 ORDER BY tag_key",
        [id],
        tag,
    )?;
    let data = LoggedModelData {
        params: rows(
            connection,
            "SELECT param_key, param_value FROM logged_model_params WHERE model_id = ?1 ORDER BY param_key",
            [id],
            param,
        )?,
        metrics: metrics::of_model(connection, id)?,
    };
    Ok(LoggedModel { info: LoggedModelInfo { tags, ..info }, data })
}

fn model_info(row: &Row<'_>) -> rusqlite::Result<LoggedModelInfo> {
    Ok(LoggedModelInfo {
        model_id: row.get(0)?,
        experiment_id: row.get::<_, i64>(1)?.to_string(),
        name: row.get(2)?,
        creation_time_ms: row.get(3)?,
        last_update_time_ms: row.get(4)?,
        artifact_uri: row.get(5)?,
        status: row.get::<_, Column<LoggedModelStatus>>(6)?.0,
        model_type: text(row, 7)?,
        source_run_id: text(row, 8)?,
        tags: Vec::new(),
    })
}

fn not_found(model_id: &str) -> Fault {
    Fault::NotFound(format!("there is no logged model {model_id}"))
}
