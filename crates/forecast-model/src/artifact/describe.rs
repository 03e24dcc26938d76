//! The model in MLflow's words: `MLmodel`, signature and input example.
//!
//! The flavor is our own, `forecast`; there is no `python_function` flavor, so that MLflow stores,
//! shows and registers the model but does not offer to serve it from Python.

use std::collections::BTreeMap;

use forecast_core::ColumnKind;
use serde::Serialize;
use serde_json::{Value, json};

use super::{ArtifactInfo, EXAMPLE, MODEL, binary};
use crate::{ForecastModel, ModelCard};

/// The content of `MLmodel`, in the order that MLflow writes it.
#[derive(Serialize)]
struct Description<'a> {
    artifact_path: &'a str,
    flavors: BTreeMap<&'static str, Flavor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mlflow_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_id: Option<&'a str>,
    model_size_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_uuid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<&'a str>,
    saved_input_example_info: BTreeMap<&'static str, &'static str>,
    signature: BTreeMap<&'static str, String>,
    utc_time_created: String,
}

/// What our own loader needs to know.
#[derive(Serialize)]
struct Flavor {
    data: &'static str,
    format: String,
    family: String,
    frequency: String,
    horizon: u32,
    library_version: String,
}

/// The text of `MLmodel`.
pub(super) fn mlmodel(
    card: &ModelCard,
    (about, signature): (&ArtifactInfo, &Value),
    size: u64,
) -> Result<String, serde_yaml_ng::Error> {
    let flavor = Flavor {
        data: MODEL,
        format: format!("{}.{}", binary::major_of(card.family), binary::MINOR),
        family: card.family.to_string(),
        frequency: card.frequency.to_string(),
        horizon: card.horizon.into(),
        library_version: card.library_version.clone(),
    };
    let part = |name: &'static str| (name, signature[name].to_string());
    serde_yaml_ng::to_string(&Description {
        artifact_path: &about.artifact_path,
        flavors: BTreeMap::from([("forecast", flavor)]),
        mlflow_version: about.mlflow_version.as_deref(),
        model_id: about.model_id.as_deref(),
        model_size_bytes: size,
        model_uuid: about.model_id.as_deref(),
        run_id: about.run_id.as_deref(),
        saved_input_example_info: BTreeMap::from([("artifact_path", EXAMPLE), ("type", "json_object")]),
        signature: BTreeMap::from([part("inputs"), part("outputs"), part("params")]),
        utc_time_created: card.trained_at.format("%Y-%m-%d %H:%M:%S%.6f").to_string(),
    })
}

/// One row per series and step goes in, one comes out.
pub(super) fn signature(card: &ModelCard) -> Value {
    let column =
        |name: &str, kind: &str, required: bool| json!({"name": name, "type": kind, "required": required});
    let keys = || card.key_names.iter().map(|name| column(name, "string", true));
    let time = || std::iter::once(column(&card.spec.time, "datetime", true));
    let covariates = card.known_future.iter().map(|name| {
        let text = card.known.kind(name).is_some_and(ColumnKind::is_categorical);
        column(name, if text { "string" } else { "double" }, card.required_future.contains(name))
    });
    let quantiles = card.levels.as_slice().iter().map(|level| column(&format!("q{level}"), "double", true));
    let horizon = u32::from(card.horizon);
    json!({
        "inputs": keys().chain(time()).chain(covariates).collect::<Vec<_>>(),
        "outputs": keys()
            .chain(time())
            .chain(std::iter::once(column("mean", "double", true)))
            .chain(quantiles)
            .collect::<Vec<_>>(),
        "params": [
            {"name": "horizon", "type": "long", "default": horizon, "shape": null},
            {"name": "quantiles", "type": "double", "default": card.levels.as_slice(), "shape": [-1]},
        ],
    })
}

/// A body for `POST /forecast`: the first series, a few steps ahead.
pub(super) fn input_example(model: &ForecastModel) -> Value {
    let card = &model.card;
    let series: Vec<BTreeMap<&str, &str>> = model
        .keys()
        .iter()
        .take(1)
        .map(|key| card.key_names.iter().map(String::as_str).zip(key.values()).collect())
        .collect();
    json!({
        "series": series,
        "horizon": u32::from(card.horizon).min(7),
        "quantiles": card.levels.as_slice(),
    })
}
