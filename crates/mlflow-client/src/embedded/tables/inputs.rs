//! `datasets`, `inputs` and `input_tags`: what runs read and which models they made.
//!
//! `inputs` holds edges. A dataset that a run read is `DATASET → RUN`; a model that a run made is
//! `RUN_OUTPUT → MODEL_OUTPUT`.

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{rows, runs, tag};
use crate::embedded::fault::{Fault, Outcome};
use crate::embedded::validate;
use crate::types::{Dataset, DatasetInput, ModelOutput, RunInfo};

pub(in crate::embedded) fn log(
    connection: &Connection,
    run_id: &str,
    datasets: &[DatasetInput],
) -> Outcome<()> {
    let run = runs::active_info(connection, run_id)?;
    for input in datasets {
        validate::dataset_input(input)?;
        let dataset = dataset_uuid(connection, &run, &input.dataset)?;
        log_one(connection, &dataset, run_id, input)?;
    }
    Ok(())
}

pub(in crate::embedded) fn log_outputs(
    connection: &Connection,
    run_id: &str,
    models: &[ModelOutput],
) -> Outcome<()> {
    runs::active_info(connection, run_id)?;
    for model in models {
        connection.execute(
            "INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id, step)
             VALUES (?1, 'RUN_OUTPUT', ?2, 'MODEL_OUTPUT', ?3, ?4)
             ON CONFLICT (source_type, source_id, destination_type, destination_id) DO UPDATE SET step = excluded.step",
            params![new_uuid(), run_id, model.model_id, model.step],
        )?;
    }
    Ok(())
}

/// The datasets that a run read, with the tags of the reading.
pub(super) fn datasets_of(connection: &Connection, run_id: &str) -> Outcome<Vec<DatasetInput>> {
    let found = rows(
        connection,
        "SELECT inputs.input_uuid, datasets.name, datasets.digest, datasets.dataset_source_type, datasets.dataset_source,
                datasets.dataset_schema, datasets.dataset_profile
           FROM inputs JOIN datasets ON datasets.dataset_uuid = inputs.source_id
          WHERE inputs.source_type = 'DATASET' AND inputs.destination_type = 'RUN' AND inputs.destination_id = ?1
          ORDER BY inputs.rowid",
        [run_id],
        |row| {
            let dataset = Dataset {
                name: row.get(1)?,
                digest: row.get(2)?,
                source_type: row.get(3)?,
                source: row.get(4)?,
                schema: row.get(5)?,
                profile: row.get(6)?,
            };
            Ok((row.get::<_, String>(0)?, dataset))
        },
    )?;
    found
        .into_iter()
        .map(|(input, dataset)| {
            let tags = rows(
                connection,
                "SELECT name, value FROM input_tags WHERE input_uuid = ?1 ORDER BY name",
                [input],
                tag,
            )?;
            Ok(DatasetInput { dataset, tags })
        })
        .collect()
}

/// The models that a run made.
pub(super) fn outputs_of(connection: &Connection, run_id: &str) -> Outcome<Vec<ModelOutput>> {
    rows(
        connection,
        "SELECT destination_id, step FROM inputs
          WHERE source_type = 'RUN_OUTPUT' AND source_id = ?1 AND destination_type = 'MODEL_OUTPUT' ORDER BY rowid",
        [run_id],
        |row| Ok(ModelOutput { model_id: row.get(0)?, step: row.get(1)? }),
    )
}

/// The dataset of that name and digest in the run's experiment; runs share it.
fn dataset_uuid(connection: &Connection, run: &RunInfo, dataset: &Dataset) -> Outcome<String> {
    if dataset.name.is_empty() || dataset.digest.is_empty() {
        return Err(Fault::Invalid("a dataset needs a name and a digest".to_owned()));
    }
    let experiment = validate::experiment_id(&run.experiment_id)?;
    let known = connection
        .query_row(
            "SELECT dataset_uuid FROM datasets WHERE experiment_id = ?1 AND name = ?2 AND digest = ?3",
            params![experiment, dataset.name, dataset.digest],
            |row| row.get(0),
        )
        .optional()?;
    if let Some(known) = known {
        return Ok(known);
    }
    let created = new_uuid();
    connection.execute(
        "INSERT INTO datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source, dataset_schema,
                               dataset_profile)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            created,
            experiment,
            dataset.name,
            dataset.digest,
            dataset.source_type,
            dataset.source,
            dataset.schema,
            dataset.profile,
        ],
    )?;
    Ok(created)
}

/// The same dataset read twice by a run is one edge, with the tags of the first reading.
fn log_one(connection: &Connection, dataset: &str, run_id: &str, input: &DatasetInput) -> Outcome<()> {
    let edge = new_uuid();
    let added = connection.execute(
        "INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id)
         VALUES (?1, 'DATASET', ?2, 'RUN', ?3) ON CONFLICT DO NOTHING",
        [&edge, dataset, run_id],
    )?;
    if added == 0 {
        return Ok(());
    }
    for tag in validate::last_of_each_key(input.tags.iter().cloned()) {
        connection.execute(
            "INSERT INTO input_tags (input_uuid, name, value) VALUES (?1, ?2, ?3)",
            [&edge, &tag.key, &tag.value],
        )?;
    }
    Ok(())
}

fn new_uuid() -> String {
    Uuid::new_v4().simple().to_string()
}
