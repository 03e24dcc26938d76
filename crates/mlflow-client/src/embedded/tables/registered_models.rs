//! `registered_models` and `registered_model_tags`.

use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::{WORKSPACE, aliases, model_versions, number, rows, tag, text};
use crate::embedded::fault::{Fault, Outcome};
use crate::embedded::search::{Condition, Page, REGISTERED_MODELS};
use crate::embedded::validate;
use crate::types::{NewRegisteredModel, Paged, RegisteredModel, RegistryQuery, Tag, now_ms};

const PAGE: Page = Page { default_rows: 100, most_rows: 1_000 };

const COLUMNS: &str =
    "registered_models.name, registered_models.creation_time, registered_models.last_updated_time,
    registered_models.description";

/// MLflow keeps its prompts among the models, under this tag; they are not models.
const NOT_A_PROMPT: &str = "NOT EXISTS (SELECT 1 FROM registered_model_tags AS prompt
    WHERE prompt.workspace = registered_models.workspace AND prompt.name = registered_models.name
      AND prompt.key = 'mlflow.prompt.is_prompt' AND prompt.value = 'true')";

pub(in crate::embedded) fn create(
    connection: &Connection,
    new: &NewRegisteredModel,
) -> Outcome<RegisteredModel> {
    validate::registered_model_name(&new.name)?;
    for tag in &new.tags {
        validate::registry_tag(tag)?;
    }
    let added = connection.execute(
        "INSERT INTO registered_models (workspace, name, creation_time, last_updated_time, description)
         VALUES (?1, ?2, ?3, ?3, ?4) ON CONFLICT DO NOTHING",
        params![WORKSPACE, new.name, now_ms(), new.description.as_deref().unwrap_or_default()],
    )?;
    if added == 0 {
        return Err(Fault::AlreadyExists(format!("there is a registered model {:?}", new.name)));
    }
    for tag in &new.tags {
        put_tag(connection, &new.name, tag)?;
    }
    get(connection, &new.name)
}

pub(in crate::embedded) fn get(connection: &Connection, name: &str) -> Outcome<RegisteredModel> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM registered_models WHERE workspace = ?1 AND name = ?2"
        ))?
        .query_row([WORKSPACE, name], registered_model)
        .optional()?
        .ok_or_else(|| not_found(name))?;
    with_details(connection, found)
}

/// Refuses a name under which nothing is registered.
pub(super) fn must_exist(connection: &Connection, name: &str) -> Outcome<()> {
    let exists: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM registered_models WHERE workspace = ?1 AND name = ?2)")?
        .query_row([WORKSPACE, name], |row| row.get(0))?;
    if exists { Ok(()) } else { Err(not_found(name)) }
}

pub(in crate::embedded) fn search(
    connection: &Connection,
    query: &RegistryQuery,
) -> Outcome<Paged<RegisteredModel>> {
    let window = PAGE.window(query.max_results, query.page_token.as_deref())?;
    let mut condition = Condition::default();
    condition.push(
        &format!("SELECT {COLUMNS} FROM registered_models WHERE registered_models.workspace = '{WORKSPACE}' AND {NOT_A_PROMPT}"),
        [],
    );
    REGISTERED_MODELS.filter(query.filter.as_deref(), &mut condition)?;
    REGISTERED_MODELS.order_by(&query.order_by, &mut condition)?;
    condition.push(&window.limit_sql(), []);
    let found = rows(connection, &condition.sql, params_from_iter(condition.values), registered_model)?;
    let page = window.page(found);
    let items =
        page.items.into_iter().map(|found| with_details(connection, found)).collect::<Outcome<_>>()?;
    Ok(Paged::new(items, page.next_page_token))
}

pub(in crate::embedded) fn update(
    connection: &Connection,
    name: &str,
    description: &str,
) -> Outcome<RegisteredModel> {
    must_exist(connection, name)?;
    connection.execute(
        "UPDATE registered_models SET description = ?3, last_updated_time = ?4 WHERE workspace = ?1 AND name = ?2",
        params![WORKSPACE, name, description, now_ms()],
    )?;
    get(connection, name)
}

/// Marks a registered model as changed now.
pub(super) fn touch(connection: &Connection, name: &str) -> Outcome<()> {
    connection.execute(
        "UPDATE registered_models SET last_updated_time = ?3 WHERE workspace = ?1 AND name = ?2",
        params![WORKSPACE, name, now_ms()],
    )?;
    Ok(())
}

/// Deletes a registered model with everything below it. Its files stay.
pub(in crate::embedded) fn delete(connection: &Connection, name: &str) -> Outcome<()> {
    must_exist(connection, name)?;
    // Children first: MLflow's schema leaves all but the aliases to the program.
    for table in [
        "model_version_tags",
        "model_versions",
        "registered_model_aliases",
        "registered_model_tags",
        "registered_models",
    ] {
        connection
            .execute(&format!("DELETE FROM {table} WHERE workspace = ?1 AND name = ?2"), [WORKSPACE, name])?;
    }
    Ok(())
}

pub(in crate::embedded) fn set_tag(connection: &Connection, name: &str, tag: &Tag) -> Outcome<()> {
    validate::registry_tag(tag)?;
    must_exist(connection, name)?;
    put_tag(connection, name, tag)
}

pub(in crate::embedded) fn delete_tag(connection: &Connection, name: &str, key: &str) -> Outcome<()> {
    must_exist(connection, name)?;
    connection.execute(
        "DELETE FROM registered_model_tags WHERE workspace = ?1 AND name = ?2 AND key = ?3",
        [WORKSPACE, name, key],
    )?;
    Ok(())
}

fn put_tag(connection: &Connection, name: &str, tag: &Tag) -> Outcome<()> {
    connection.execute(
        "INSERT INTO registered_model_tags (workspace, name, key, value) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (workspace, key, name) DO UPDATE SET value = excluded.value",
        [WORKSPACE, name, &tag.key, &tag.value],
    )?;
    Ok(())
}

fn with_details(connection: &Connection, model: RegisteredModel) -> Outcome<RegisteredModel> {
    let name = model.name.as_str();
    let tags = rows(
        connection,
        "SELECT key, value FROM registered_model_tags WHERE workspace = ?1 AND name = ?2 ORDER BY key",
        [WORKSPACE, name],
        tag,
    )?;
    let aliases = aliases::of_model(connection, name)?;
    let latest_versions = model_versions::latest(connection, name, &[])?;
    Ok(RegisteredModel { latest_versions, tags, aliases, ..model })
}

fn registered_model(row: &Row<'_>) -> rusqlite::Result<RegisteredModel> {
    Ok(RegisteredModel {
        name: row.get(0)?,
        creation_time_ms: number(row, 1)?,
        last_update_time_ms: number(row, 2)?,
        description: text(row, 3)?,
        latest_versions: Vec::new(),
        tags: Vec::new(),
        aliases: Vec::new(),
    })
}

fn not_found(name: &str) -> Fault {
    Fault::NotFound(format!("there is no registered model {name:?}"))
}
