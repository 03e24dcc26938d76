//! `model_versions` and `model_version_tags`.

use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde_json::{Value, json};

use super::{WORKSPACE, aliases, logged_models, model_source, number, registered_models, rows, tag, text};
use crate::ArtifactUri;
use crate::embedded::columns::{Column, DELETED_STAGE};
use crate::embedded::fault::{Fault, Outcome};
use crate::embedded::search::{Condition, MODEL_VERSIONS, Page};
use crate::embedded::validate;
use crate::types::{
    ModelVersion, ModelVersionStatus, NewModelVersion, OthersInStage, Paged, RegistryQuery, Stage,
    StageTransition, Tag, now_ms,
};

const PAGE: Page = Page { default_rows: 10_000, most_rows: 200_000 };

/// The tag by which a logged model knows its versions: a JSON list.
const VERSIONS_TAG: &str = "mlflow.modelVersions";

const COLUMNS: &str = "model_versions.name, model_versions.version, model_versions.creation_time,
    model_versions.last_updated_time, model_versions.current_stage, model_versions.description, model_versions.source,
    model_versions.run_id, model_versions.status";

/// Deleted versions keep their rows, so that their numbers are never given out again.
const NOT_DELETED: &str = "model_versions.current_stage != 'Deleted_Internal'";

const NOT_A_PROMPT: &str = "NOT EXISTS (SELECT 1 FROM model_version_tags AS prompt
    WHERE prompt.workspace = model_versions.workspace AND prompt.name = model_versions.name
      AND prompt.key = 'mlflow.prompt.is_prompt' AND prompt.value = 'true')";

pub(in crate::embedded) fn create(connection: &Connection, new: &NewModelVersion) -> Outcome<ModelVersion> {
    validate::registered_model_name(&new.name)?;
    for tag in &new.tags {
        validate::registry_tag(tag)?;
    }
    registered_models::must_exist(connection, &new.name)?;
    let source = model_source::resolve(connection, new)?;
    // The caller's transaction holds the write lock: nobody else can take the same number.
    let version: u64 = connection.query_row(
        "SELECT coalesce(max(version), 0) + 1 FROM model_versions WHERE workspace = ?1 AND name = ?2",
        [WORKSPACE, &new.name],
        |row| row.get(0),
    )?;
    connection.execute(
        "INSERT INTO model_versions (workspace, name, version, creation_time, last_updated_time, description, current_stage,
                                     source, storage_location, run_id, run_link, status)
         VALUES (?1, ?2, ?3, ?4, ?4, ?5, 'None', ?6, ?7, ?8, '', 'READY')",
        params![
            WORKSPACE,
            new.name,
            version,
            now_ms(),
            new.description.as_deref().unwrap_or_default(),
            new.source,
            source.storage_location,
            source.run_id,
        ],
    )?;
    for tag in &new.tags {
        put_tag(connection, &new.name, version, tag)?;
    }
    registered_models::touch(connection, &new.name)?;
    if let Some(model_id) = new.model_id.as_deref().filter(|id| !id.is_empty()) {
        note_on_logged_model(connection, model_id, &new.name, version)?;
    }
    get(connection, &new.name, version)
}

pub(in crate::embedded) fn get(connection: &Connection, name: &str, version: u64) -> Outcome<ModelVersion> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM model_versions WHERE workspace = ?1 AND name = ?2 AND version = ?3 AND {NOT_DELETED}"
        ))?
        .query_row(params![WORKSPACE, name, version], model_version)
        .optional()?
        .ok_or_else(|| Fault::NotFound(format!("there is no version {version} of registered model {name:?}")))?;
    with_details(connection, found)
}

/// The newest version of each stage asked for, or of every stage; ordered by version.
pub(in crate::embedded) fn latest(
    connection: &Connection,
    name: &str,
    stages: &[Stage],
) -> Outcome<Vec<ModelVersion>> {
    let found = rows(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM model_versions WHERE workspace = ?1 AND name = ?2 AND {NOT_DELETED} AND version =
                (SELECT max(version) FROM model_versions AS other
                  WHERE other.workspace = ?1 AND other.name = ?2 AND other.current_stage = model_versions.current_stage)
              ORDER BY version"
        ),
        [WORKSPACE, name],
        model_version,
    )?;
    found
        .into_iter()
        .filter(|version| stages.is_empty() || stages.contains(&version.current_stage))
        .map(|version| with_details(connection, version))
        .collect()
}

pub(in crate::embedded) fn latest_of_existing(
    connection: &Connection,
    name: &str,
    stages: &[Stage],
) -> Outcome<Vec<ModelVersion>> {
    registered_models::must_exist(connection, name)?;
    latest(connection, name, stages)
}

pub(in crate::embedded) fn search(
    connection: &Connection,
    query: &RegistryQuery,
) -> Outcome<Paged<ModelVersion>> {
    let window = PAGE.window(query.max_results, query.page_token.as_deref())?;
    let mut condition = Condition::default();
    condition.push(
        &format!(
            "SELECT {COLUMNS} FROM model_versions WHERE model_versions.workspace = '{WORKSPACE}' AND {NOT_DELETED} AND {NOT_A_PROMPT}"
        ),
        [],
    );
    MODEL_VERSIONS.filter(query.filter.as_deref(), &mut condition)?;
    MODEL_VERSIONS.order_by(&query.order_by, &mut condition)?;
    condition.push(&window.limit_sql(), []);
    let found = rows(connection, &condition.sql, params_from_iter(condition.values), model_version)?;
    let page = window.page(found);
    let items =
        page.items.into_iter().map(|found| with_details(connection, found)).collect::<Outcome<_>>()?;
    Ok(Paged::new(items, page.next_page_token))
}

pub(in crate::embedded) fn update(
    connection: &Connection,
    name: &str,
    version: u64,
    description: &str,
) -> Outcome<ModelVersion> {
    get(connection, name, version)?;
    connection.execute(
        "UPDATE model_versions SET description = ?4, last_updated_time = ?5 WHERE workspace = ?1 AND name = ?2 AND version = ?3",
        params![WORKSPACE, name, version, description, now_ms()],
    )?;
    get(connection, name, version)
}

/// Moves a version to a stage, and the others there to the archive if asked to.
pub(in crate::embedded) fn transition(
    connection: &Connection,
    transition: &StageTransition,
) -> Outcome<ModelVersion> {
    let StageTransition { name, version, stage, others } = transition;
    get(connection, name, *version)?;
    let now = now_ms();
    if *others == OthersInStage::Archive {
        if !matches!(stage, Stage::Staging | Stage::Production) {
            return Err(Fault::Invalid(format!(
                "versions in stage {stage} cannot be archived; only those in Staging and Production"
            )));
        }
        connection.execute(
            "UPDATE model_versions SET current_stage = 'Archived', last_updated_time = ?5
              WHERE workspace = ?1 AND name = ?2 AND version != ?3 AND current_stage = ?4",
            params![WORKSPACE, name, version, Column(*stage), now],
        )?;
    }
    connection.execute(
        "UPDATE model_versions SET current_stage = ?4, last_updated_time = ?5 WHERE workspace = ?1 AND name = ?2 AND version = ?3",
        params![WORKSPACE, name, version, Column(*stage), now],
    )?;
    registered_models::touch(connection, name)?;
    get(connection, name, *version)
}

/// Deletes a version and its aliases. The row stays, without what it said.
pub(in crate::embedded) fn delete(connection: &Connection, name: &str, version: u64) -> Outcome<()> {
    get(connection, name, version)?;
    connection.execute(
        "DELETE FROM registered_model_aliases WHERE workspace = ?1 AND name = ?2 AND version = ?3",
        params![WORKSPACE, name, version],
    )?;
    connection.execute(
        "UPDATE model_versions
            SET current_stage = ?4, last_updated_time = ?5, description = NULL, user_id = NULL, status_message = NULL,
                source = 'REDACTED-SOURCE-PATH', run_id = 'REDACTED-RUN-ID', run_link = 'REDACTED-RUN-LINK'
          WHERE workspace = ?1 AND name = ?2 AND version = ?3",
        params![WORKSPACE, name, version, DELETED_STAGE, now_ms()],
    )?;
    registered_models::touch(connection, name)
}

pub(in crate::embedded) fn set_tag(
    connection: &Connection,
    name: &str,
    version: u64,
    tag: &Tag,
) -> Outcome<()> {
    validate::registry_tag(tag)?;
    get(connection, name, version)?;
    put_tag(connection, name, version, tag)
}

pub(in crate::embedded) fn delete_tag(
    connection: &Connection,
    name: &str,
    version: u64,
    key: &str,
) -> Outcome<()> {
    get(connection, name, version)?;
    connection.execute(
        "DELETE FROM model_version_tags WHERE workspace = ?1 AND name = ?2 AND version = ?3 AND key = ?4",
        params![WORKSPACE, name, version, key],
    )?;
    Ok(())
}

pub(in crate::embedded) fn download_uri(
    connection: &Connection,
    name: &str,
    version: u64,
) -> Outcome<ArtifactUri> {
    model_source::download_uri(connection, &storage_location(connection, name, version)?)
}

pub(super) fn storage_location(connection: &Connection, name: &str, version: u64) -> Outcome<String> {
    get(connection, name, version)?;
    let stored: Option<String> = connection.query_row(
        "SELECT coalesce(nullif(storage_location, ''), source) FROM model_versions
          WHERE workspace = ?1 AND name = ?2 AND version = ?3",
        params![WORKSPACE, name, version],
        |row| row.get(0),
    )?;
    Ok(stored.unwrap_or_default())
}

/// Adds a version to the logged model's list of its versions.
fn note_on_logged_model(connection: &Connection, model_id: &str, name: &str, version: u64) -> Outcome<()> {
    let model = logged_models::get(connection, model_id)?;
    // Whatever else is in the list stays as it is; a tag that is no list is replaced, as MLflow does.
    let mut versions: Vec<Value> =
        model.tag(VERSIONS_TAG).and_then(|list| serde_json::from_str(list).ok()).unwrap_or_default();
    let version = json!({"name": name, "version": version});
    if !versions.contains(&version) {
        versions.push(version);
    }
    logged_models::set_tags(connection, model_id, &[Tag::new(VERSIONS_TAG, Value::from(versions))])
}

fn put_tag(connection: &Connection, name: &str, version: u64, tag: &Tag) -> Outcome<()> {
    connection.execute(
        "INSERT INTO model_version_tags (workspace, name, version, key, value) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (workspace, key, name, version) DO UPDATE SET value = excluded.value",
        params![WORKSPACE, name, version, tag.key, tag.value],
    )?;
    Ok(())
}

fn with_details(connection: &Connection, version: ModelVersion) -> Outcome<ModelVersion> {
    let tags = rows(
        connection,
        "SELECT key, value FROM model_version_tags WHERE workspace = ?1 AND name = ?2 AND version = ?3 ORDER BY key",
        params![WORKSPACE, version.name, version.version],
        tag,
    )?;
    let aliases = aliases::of_version(connection, &version.name, version.version)?;
    Ok(ModelVersion { tags, aliases, ..version })
}

fn model_version(row: &Row<'_>) -> rusqlite::Result<ModelVersion> {
    let source = text(row, 6)?;
    Ok(ModelVersion {
        name: row.get(0)?,
        version: row.get(1)?,
        creation_time_ms: number(row, 2)?,
        last_update_time_ms: number(row, 3)?,
        current_stage: row.get::<_, Column<Stage>>(4)?.0,
        description: text(row, 5)?,
        model_id: model_source::model_id(&source).unwrap_or_default().to_owned(),
        source,
        run_id: text(row, 7)?,
        status: row.get::<_, Column<ModelVersionStatus>>(8)?.0,
        tags: Vec::new(),
        aliases: Vec::new(),
    })
}
