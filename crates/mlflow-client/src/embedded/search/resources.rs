//! The five resources that can be searched, in the columns of MLflow's tables.

use super::resource::{Attribute, Kind, Related, Resource};

const fn attribute(names: &'static [&'static str], column: &'static str, kind: Kind) -> Attribute {
    Attribute { names, column, kind }
}

/// A table with one row per key, columns `key` and `value`.
const fn related(table: &'static str, join: &'static str) -> Related {
    Related { table, join, key: "key", value: "value", is_nan: None, latest: "" }
}

/// Experiments, newest first.
pub(in crate::embedded) const EXPERIMENTS: Resource = Resource {
    name: "experiments",
    attributes: &[
        attribute(&["name"], "experiments.name", Kind::Text),
        attribute(&["experiment_id"], "experiments.experiment_id", Kind::Id),
        attribute(&["creation_time"], "experiments.creation_time", Kind::Integer),
        attribute(&["last_update_time"], "experiments.last_update_time", Kind::Integer),
    ],
    metrics: None,
    params: None,
    tags: Some(related("experiment_tags", "related.experiment_id = experiments.experiment_id")),
    natural_order: &["experiments.creation_time DESC", "experiments.experiment_id DESC"],
    grammar: "name = 'x', experiment_id = '1', creation_time > 1 and tags.x = 'y', joined by AND; texts also by !=, LIKE, ILIKE",
};

/// Runs, latest start first.
pub(in crate::embedded) const RUNS: Resource = Resource {
    name: "runs",
    attributes: &[
        attribute(&["run_id"], "runs.run_uuid", Kind::Key),
        attribute(&["run_name", "run name", "Run name", "Run Name"], "runs.name", Kind::Text),
        attribute(&["status"], "runs.status", Kind::Text),
        attribute(&["user_id"], "runs.user_id", Kind::Text),
        attribute(&["artifact_uri"], "runs.artifact_uri", Kind::Text),
        attribute(&["start_time", "created", "Created"], "runs.start_time", Kind::Integer),
        attribute(&["end_time"], "runs.end_time", Kind::Integer),
    ],
    metrics: Some(Related {
        is_nan: Some("is_nan"),
        ..related("latest_metrics", "related.run_uuid = runs.run_uuid")
    }),
    params: Some(related("params", "related.run_uuid = runs.run_uuid")),
    tags: Some(related("tags", "related.run_uuid = runs.run_uuid")),
    natural_order: &["runs.start_time DESC", "runs.run_uuid"],
    grammar: "metrics.x > 1, params.a = 'b', tags.`x` = 'y', attributes.status = 'FINISHED', run_id = 'x', run_name, user_id, \
              start_time and end_time, joined by AND; texts also by !=, LIKE, ILIKE, params and tags also by IS NULL",
};

/// Logged models, newest first.
pub(in crate::embedded) const LOGGED_MODELS: Resource = Resource {
    name: "logged models",
    attributes: &[
        attribute(&["name"], "logged_models.name", Kind::Key),
        attribute(&["model_id"], "logged_models.model_id", Kind::Key),
        attribute(&["model_type"], "logged_models.model_type", Kind::Key),
        attribute(&["source_run_id"], "logged_models.source_run_id", Kind::Key),
        attribute(&["status"], "logged_models.status", Kind::SortOnly),
        attribute(
            &["creation_time", "creation_timestamp", "creation_timestamp_ms"],
            "logged_models.creation_timestamp_ms",
            Kind::Integer,
        ),
        attribute(
            &["last_updated_timestamp", "last_updated_timestamp_ms"],
            "logged_models.last_updated_timestamp_ms",
            Kind::Integer,
        ),
    ],
    metrics: Some(Related {
        key: "metric_name",
        value: "metric_value",
        latest: "ORDER BY related.metric_timestamp_ms DESC, related.metric_step DESC, related.run_id",
        ..related("logged_model_metrics", "related.model_id = logged_models.model_id")
    }),
    params: Some(Related {
        key: "param_key",
        value: "param_value",
        ..related("logged_model_params", "related.model_id = logged_models.model_id")
    }),
    tags: Some(Related {
        key: "tag_key",
        value: "tag_value",
        ..related("logged_model_tags", "related.model_id = logged_models.model_id")
    }),
    natural_order: &["logged_models.creation_timestamp_ms DESC", "logged_models.model_id"],
    grammar: "name = 'x', model_id, model_type, source_run_id, creation_timestamp > 1, metrics.x > 1, params.a = 'b' and \
              tags.x = 'y', joined by AND; texts also by !=, LIKE, ILIKE",
};

/// Registered models by name.
pub(in crate::embedded) const REGISTERED_MODELS: Resource = Resource {
    name: "registered models",
    attributes: &[
        attribute(&["name"], "registered_models.name", Kind::Key),
        attribute(
            &["timestamp", "last_updated_timestamp"],
            "registered_models.last_updated_time",
            Kind::SortOnly,
        ),
    ],
    metrics: None,
    params: None,
    tags: Some(related(
        "registered_model_tags",
        "related.workspace = registered_models.workspace AND related.name = registered_models.name",
    )),
    natural_order: &["registered_models.name"],
    grammar: "name = 'x' and tags.x = 'y', joined by AND; also by !=, LIKE, ILIKE, name also by IN",
};

/// Model versions, last changed first.
pub(in crate::embedded) const MODEL_VERSIONS: Resource = Resource {
    name: "model versions",
    attributes: &[
        attribute(&["name"], "model_versions.name", Kind::Key),
        attribute(&["run_id"], "model_versions.run_id", Kind::Key),
        attribute(&["source_path"], "model_versions.source", Kind::Text),
        attribute(&["version_number"], "model_versions.version", Kind::Integer),
        attribute(&["creation_timestamp"], "model_versions.creation_time", Kind::SortOnly),
        attribute(&["last_updated_timestamp"], "model_versions.last_updated_time", Kind::SortOnly),
    ],
    metrics: None,
    params: None,
    tags: Some(related(
        "model_version_tags",
        "related.workspace = model_versions.workspace AND related.name = model_versions.name AND related.version = model_versions.version",
    )),
    natural_order: &[
        "model_versions.last_updated_time DESC",
        "model_versions.name",
        "model_versions.version DESC",
    ],
    grammar: "name = 'x', run_id = 'x', source_path = 'x', version_number > 1 and tags.x = 'y', joined by AND; texts also by !=, LIKE, \
              ILIKE, name and run_id also by IN",
};
