//! Stages, which MLflow's page still shows.

use mlflow_client::MlflowStore;
use mlflow_client::types::{OthersInStage, Stage, StageTransition};

use super::model_versions::{registered, version_of};
use crate::support::refused;

pub(super) async fn check(store: &dyn MlflowStore) {
    let name = registered(store).await;
    for _ in 0..3 {
        version_of(store, &name).await;
    }
    let to = |version, stage, others| StageTransition { name: name.clone(), version, stage, others };
    let keep = OthersInStage::Keep;
    let archive = OthersInStage::Archive;

    let moved = store.transition_stage(&to(1, Stage::Production, keep)).await.unwrap();
    assert_eq!((moved.version, moved.current_stage), (1, Stage::Production));
    // The same again changes nothing.
    store.transition_stage(&to(1, Stage::Production, archive)).await.unwrap();
    assert_eq!(store.get_model_version(&name, 1).await.unwrap().current_stage, Stage::Production);

    store.transition_stage(&to(2, Stage::Production, archive)).await.unwrap();
    store.transition_stage(&to(3, Stage::Staging, keep)).await.unwrap();
    let stages = [Stage::Archived, Stage::Production, Stage::Staging];
    for (version, stage) in (1..).zip(stages) {
        assert_eq!(store.get_model_version(&name, version).await.unwrap().current_stage, stage, "{version}");
    }

    let latest = |stages: &'static [Stage]| {
        let name = &name;
        async move {
            let mut found: Vec<_> = store
                .get_latest_versions(name, stages)
                .await
                .unwrap()
                .iter()
                .map(|version| (version.version, version.current_stage))
                .collect();
            found.sort_unstable_by_key(|(version, _)| *version);
            found
        }
    };
    assert_eq!(latest(&[Stage::Production]).await, [(2, Stage::Production)]);
    assert_eq!(latest(&[]).await, [(1, Stage::Archived), (2, Stage::Production), (3, Stage::Staging)]);
    assert_eq!(latest(&[Stage::None]).await, []);

    refused!(store.transition_stage(&to(1, Stage::Archived, archive)).await, InvalidParameter);
    refused!(store.transition_stage(&to(9, Stage::Staging, keep)).await, NotFound);
    refused!(store.get_latest_versions("no such model", &[]).await, NotFound);
}
