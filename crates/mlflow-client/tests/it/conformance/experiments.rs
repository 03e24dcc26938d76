//! Experiments: names, tags, the bin, search.

use mlflow_client::types::{ExperimentQuery, LifecycleStage, NewExperiment, NewRun, Tag, ViewType, now_ms};
use mlflow_client::{Error, MlflowStore};

use crate::support::{refused, unique};

pub(super) async fn check(store: &dyn MlflowStore) {
    names_and_tags(store).await;
    the_bin(store).await;
    search(store).await;
}

async fn names_and_tags(store: &dyn MlflowStore) {
    let name = unique("tägged experiment / é");
    let before = now_ms();
    let new = NewExperiment { tags: vec![Tag::new("team", "ml")], ..NewExperiment::new(&name) };
    let id = store.create_experiment(&new).await.unwrap();
    let read = store.get_experiment(&id).await.unwrap();
    assert_eq!((read.name.as_str(), read.tag("team")), (name.as_str(), Some("ml")));
    assert_eq!(read.lifecycle_stage, LifecycleStage::Active);
    assert!(!read.artifact_location.is_empty());
    assert!(read.creation_time_ms.unwrap() >= before - 60_000);
    assert_eq!(store.get_experiment_by_name(&name).await.unwrap(), read);

    store.set_experiment_tag(&id, &Tag::new("team", "data")).await.unwrap();
    store.set_experiment_tag(&id, &Tag::new("region", "eu")).await.unwrap();
    let read = store.get_experiment(&id).await.unwrap();
    assert_eq!((read.tag("team"), read.tag("region")), (Some("data"), Some("eu")));

    assert!(refused!(store.create_experiment(&new).await, AlreadyExists).contains(&name));
    refused!(store.create_experiment(&NewExperiment::new("")).await, InvalidParameter);
    refused!(store.get_experiment("987654321").await, NotFound);
    refused!(store.get_experiment_by_name(&unique("no")).await, NotFound);
    refused!(store.set_experiment_tag("987654321", &Tag::new("a", "b")).await, NotFound);
    // The default experiment is there from the start.
    assert_eq!(store.get_experiment("0").await.unwrap().name, "Default");
}

async fn the_bin(store: &dyn MlflowStore) {
    let name = unique("binned");
    let id = store.create_experiment(&NewExperiment::new(&name)).await.unwrap();
    let run = store.create_run(&NewRun::new(&id)).await.unwrap();
    store.delete_experiment(&id).await.unwrap();
    assert_eq!(store.get_experiment(&id).await.unwrap().lifecycle_stage, LifecycleStage::Deleted);
    assert_eq!(
        store.get_experiment_by_name(&name).await.unwrap().lifecycle_stage,
        LifecycleStage::Deleted,
        "a name in the bin is still taken"
    );
    refused!(store.create_experiment(&NewExperiment::new(&name)).await, AlreadyExists);
    refused!(store.create_run(&NewRun::new(&id)).await, InvalidParameter);
    refused!(store.set_experiment_tag(&id, &Tag::new("a", "b")).await, InvalidParameter);
    let gone = store.get_run(&run.info.run_id).await.unwrap();
    assert_eq!(gone.info.lifecycle_stage, LifecycleStage::Deleted, "runs go with their experiment");

    store.restore_experiment(&id).await.unwrap();
    assert_eq!(store.get_experiment(&id).await.unwrap().lifecycle_stage, LifecycleStage::Active);
    let back = store.get_run(&run.info.run_id).await.unwrap();
    assert_eq!(back.info.lifecycle_stage, LifecycleStage::Active);
    refused!(store.restore_experiment(&id).await, NotFound);
    refused!(store.delete_experiment("987654321").await, NotFound);
    refused!(store.create_run(&NewRun::new("987654321")).await, NotFound);
}

async fn search(store: &dyn MlflowStore) {
    let prefix = unique("find");
    let mut ids = Vec::new();
    for (suffix, kind) in [("a", "x"), ("b", "y"), ("c", "x")] {
        let tags = vec![Tag::new("kind", kind)];
        let new = NewExperiment { tags, ..NewExperiment::new(format!("{prefix}-{suffix}")) };
        ids.push(store.create_experiment(&new).await.unwrap());
    }
    store.delete_experiment(&ids[1]).await.unwrap();

    let found = |query: ExperimentQuery| {
        let prefix = prefix.clone();
        async move {
            let page = store.search_experiments(&query).await?;
            let names = page.items.into_iter().map(|experiment| experiment.name);
            let suffixes: String =
                names.filter_map(|n| n.strip_prefix(&format!("{prefix}-")).map(str::to_owned)).collect();
            Ok::<_, Error>((suffixes, page.next_page_token))
        }
    };
    let query = |filter: &str| ExperimentQuery {
        filter: Some(filter.to_owned()),
        order_by: vec!["name ASC".to_owned()],
        ..ExperimentQuery::default()
    };
    let like = format!("name LIKE '{prefix}%'");
    assert_eq!(found(query(&like)).await.unwrap().0, "ac");
    assert_eq!(found(ExperimentQuery { view: ViewType::All, ..query(&like) }).await.unwrap().0, "abc");
    assert_eq!(found(ExperimentQuery { view: ViewType::DeletedOnly, ..query(&like) }).await.unwrap().0, "b");
    let upper = like.replace("find", "FIND");
    assert_eq!(found(query(&upper)).await.unwrap().0, "", "LIKE is exact about case");
    assert_eq!(found(query(&upper.replace("LIKE", "ILIKE"))).await.unwrap().0, "ac");
    let tagged = format!("{like} AND tags.kind = 'x' AND name != '{prefix}-a'");
    assert_eq!(found(query(&tagged)).await.unwrap().0, "c");
    let descending = ExperimentQuery { order_by: vec!["name DESC".to_owned()], ..query(&like) };
    assert_eq!(found(descending).await.unwrap().0, "ca");

    let (first, token) = found(ExperimentQuery { max_results: Some(1), ..query(&like) }).await.unwrap();
    assert_eq!((first.as_str(), token.is_some()), ("a", true));
    let (second, token) =
        found(ExperimentQuery { max_results: Some(1), page_token: token, ..query(&like) }).await.unwrap();
    assert_eq!((second.as_str(), token), ("c", None));
    refused!(found(query("nonsense ~ 3")).await, InvalidParameter);
    let foreign = ExperimentQuery { page_token: Some("not a token".to_owned()), ..query(&like) };
    refused!(found(foreign).await, InvalidParameter);
}
