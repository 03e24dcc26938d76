//! Versions: sources, tags, aliases, search, files.

use mlflow_client::MlflowStore;
use mlflow_client::store::all_model_versions;
use mlflow_client::types::{
    LoggedModel, LoggedModelStatus, ModelVersion, ModelVersionStatus, NewLoggedModel, NewModelVersion,
    NewRegisteredModel, RegistryQuery, Run, Stage, Tag,
};

use super::run;
use crate::support::{refused, unique};

pub(super) async fn check(store: &dyn MlflowStore) {
    life_of_a_version(store).await;
    aliases(store).await;
    search(store).await;
}

/// A model that is ready to be registered, with the run that made it.
async fn ready_model(store: &dyn MlflowStore) -> (Run, LoggedModel) {
    let run = run(store).await;
    let new = NewLoggedModel {
        experiment_id: run.info.experiment_id.clone(),
        source_run_id: Some(run.info.run_id.clone()),
        name: Some("model".to_owned()),
        ..NewLoggedModel::default()
    };
    let model = store.create_logged_model(&new).await.unwrap();
    let model = store.finalize_logged_model(&model.info.model_id, LoggedModelStatus::Ready).await.unwrap();
    (run, model)
}

/// Another version of `name`, from a model of its own.
pub(super) async fn version_of(store: &dyn MlflowStore, name: &str) -> ModelVersion {
    let (run, model) = ready_model(store).await;
    let new = NewModelVersion {
        name: name.to_owned(),
        source: model.source_uri(),
        run_id: Some(run.info.run_id),
        model_id: Some(model.info.model_id),
        description: Some("made by a test".to_owned()),
        tags: vec![Tag::new("wape", "0.2")],
    };
    store.create_model_version(&new).await.unwrap()
}

/// A new registered model.
pub(super) async fn registered(store: &dyn MlflowStore) -> String {
    let name = unique("versions");
    store.create_registered_model(&NewRegisteredModel::new(&name)).await.unwrap();
    name
}

async fn life_of_a_version(store: &dyn MlflowStore) {
    let name = registered(store).await;
    let first = version_of(store, &name).await;
    let second = version_of(store, &name).await;
    assert_eq!((first.version, second.version), (1, 2));
    let read = store.get_model_version(&name, 1).await.unwrap();
    assert_eq!((&read.source, &read.run_id, &read.model_id), (&first.source, &first.run_id, &first.model_id));
    assert_eq!(
        (read.source.as_str(), read.status),
        (format!("models:/{}", read.model_id).as_str(), ModelVersionStatus::Ready)
    );
    assert_eq!(
        (read.description.as_str(), read.tag("wape"), read.current_stage),
        ("made by a test", Some("0.2"), Stage::None)
    );

    let model = store.get_logged_model(&first.model_id).await.unwrap();
    assert_eq!(store.get_download_uri(&name, 1).await.unwrap(), model.info.artifact_root().unwrap());
    let listed = store.get_registered_model(&name).await.unwrap().latest_versions;
    assert_eq!(listed.iter().map(|version| version.version).collect::<Vec<_>>(), [2]);

    store.update_model_version(&name, 1, "looked at").await.unwrap();
    store.set_model_version_tag(&name, 1, &Tag::new("wape", "0.1")).await.unwrap();
    let read = store.get_model_version(&name, 1).await.unwrap();
    assert_eq!((read.description.as_str(), read.tag("wape")), ("looked at", Some("0.1")));
    for _ in 0..2 {
        store.delete_model_version_tag(&name, 1, "wape").await.unwrap();
    }
    assert_eq!(store.get_model_version(&name, 1).await.unwrap().tag("wape"), None);

    store.delete_model_version(&name, 2).await.unwrap();
    refused!(store.get_model_version(&name, 2).await, NotFound);
    refused!(store.delete_model_version(&name, 2).await, NotFound);
    refused!(store.set_model_version_tag(&name, 2, &Tag::new("a", "b")).await, NotFound);
    refused!(store.update_model_version(&name, 2, "x").await, NotFound);
    refused!(store.get_download_uri(&name, 2).await, NotFound);

    // What may not be a source.
    let (run, model) = ready_model(store).await;
    let raw = NewModelVersion {
        name: name.clone(),
        source: model.info.artifact_uri.clone(),
        run_id: Some(run.info.run_id.clone()),
        ..NewModelVersion::default()
    };
    refused!(store.create_model_version(&raw).await, InvalidParameter);
    let anonymous = NewModelVersion { source: model.source_uri(), ..raw.clone() };
    refused!(store.create_model_version(&anonymous).await, InvalidParameter);
    let elsewhere = NewModelVersion {
        name: unique("no such model"),
        source: model.source_uri(),
        model_id: Some(model.info.model_id),
        ..NewModelVersion::default()
    };
    refused!(store.create_model_version(&elsewhere).await, NotFound);
}

async fn aliases(store: &dyn MlflowStore) {
    let name = registered(store).await;
    for _ in 0..2 {
        version_of(store, &name).await;
    }
    refused!(store.get_model_version_by_alias(&name, "production").await, NotFound);
    store.set_alias(&name, "production", 1).await.unwrap();
    store.set_alias(&name, "staging", 1).await.unwrap();
    let mut aliases = store.get_model_version(&name, 1).await.unwrap().aliases;
    aliases.sort_unstable();
    assert_eq!(aliases, ["production", "staging"]);

    // An alias points at one version at a time.
    for _ in 0..2 {
        store.set_alias(&name, "production", 2).await.unwrap();
    }
    let read = store.get_model_version_by_alias(&name, "production").await.unwrap();
    assert_eq!((read.version, read.aliases.as_slice()), (2, ["production".to_owned()].as_slice()));
    assert_eq!(store.get_model_version(&name, 1).await.unwrap().aliases, ["staging"]);
    let model = store.get_registered_model(&name).await.unwrap();
    assert_eq!(
        (model.alias("production"), model.alias("staging"), model.alias("x")),
        (Some(2), Some(1), None)
    );

    for _ in 0..2 {
        store.delete_alias(&name, "staging").await.unwrap();
    }
    refused!(store.get_model_version_by_alias(&name, "staging").await, NotFound);
    store.delete_model_version(&name, 2).await.unwrap();
    refused!(store.get_model_version_by_alias(&name, "production").await, NotFound);

    for malformed in ["latest", "LATEST", "v1", "with space", "a.b", ""] {
        refused!(store.set_alias(&name, malformed, 1).await, InvalidParameter);
    }
    refused!(store.set_alias(&name, "production", 9).await, NotFound);
    let nobody = unique("nobody");
    refused!(store.get_model_version_by_alias(&nobody, "production").await, NotFound);
    refused!(store.delete_alias(&nobody, "production").await, NotFound);
}

async fn search(store: &dyn MlflowStore) {
    let name = registered(store).await;
    let mut run_ids = Vec::new();
    for _ in 0..3 {
        run_ids.push(version_of(store, &name).await.run_id);
    }
    store.set_model_version_tag(&name, 2, &Tag::new("gate", "passed")).await.unwrap();
    let found = |filter: String| async move {
        let versions = all_model_versions(store, RegistryQuery::matching(filter)).await?;
        Ok::<_, mlflow_client::Error>(versions.iter().map(|version| version.version).collect::<Vec<_>>())
    };
    let named = format!("name = '{name}'");
    let mut all = found(named.clone()).await.unwrap();
    all.sort_unstable();
    assert_eq!(all, [1, 2, 3]);
    assert_eq!(found(format!("run_id = '{}'", run_ids[1])).await.unwrap(), [2]);
    assert_eq!(found(format!("{named} AND tags.gate = 'passed'")).await.unwrap(), [2]);
    assert_eq!(found(format!("{named} AND run_id = 'none'")).await.unwrap(), [0_u64; 0]);

    let ordered = |order: &str| RegistryQuery {
        order_by: vec![order.to_owned()],
        max_results: Some(2),
        ..RegistryQuery::matching(&named)
    };
    for (order, expected) in [("version_number ASC", [1, 2, 3]), ("version_number DESC", [3, 2, 1])] {
        let versions = all_model_versions(store, ordered(order)).await.unwrap();
        assert_eq!(versions.iter().map(|version| version.version).collect::<Vec<_>>(), expected);
    }
    refused!(found("bogus = 'x'".to_owned()).await, InvalidParameter);
}
