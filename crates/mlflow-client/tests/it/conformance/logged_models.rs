//! Logged models: status, params, tags, metrics, search.

use mlflow_client::MlflowStore;
use mlflow_client::types::{
    Batch, LoggedModelOrder, LoggedModelQuery, LoggedModelStatus, Metric, ModelOutput, NewLoggedModel, Param,
    Tag,
};

use super::run;
use crate::support::refused;

pub(super) async fn check(store: &dyn MlflowStore) {
    life_of_a_model(store).await;
    search(store).await;
}

async fn life_of_a_model(store: &dyn MlflowStore) {
    let run = run(store).await;
    let run_id = &run.info.run_id;
    let new = NewLoggedModel {
        experiment_id: run.info.experiment_id.clone(),
        name: Some("champion".to_owned()),
        source_run_id: Some(run_id.clone()),
        model_type: Some("forecast".to_owned()),
        params: (0..130).map(|i| Param::new(format!("p{i:03}"), i)).collect(),
        tags: vec![Tag::new("family", "boosted")],
    };
    let created = store.create_logged_model(&new).await.unwrap();
    let id = &created.info.model_id;
    assert!(id.starts_with("m-") && id.len() == 34, "{id}");
    assert_eq!(created.info.status, LoggedModelStatus::Pending);
    assert!(created.info.artifact_uri.contains(id.as_str()), "{}", created.info.artifact_uri);
    assert_eq!(created.source_uri(), format!("models:/{id}"));

    let output = ModelOutput { model_id: id.clone(), step: 2 };
    store.log_outputs(run_id, std::slice::from_ref(&output)).await.unwrap();
    assert_eq!(store.get_run(run_id).await.unwrap().outputs.model_outputs, [output]);
    let metrics = vec![Metric::new("wape", 0.3).of_model(id.as_str())];
    store.log_batch(run_id, &Batch { metrics, ..Batch::default() }).await.unwrap();
    store.set_logged_model_tags(id, &[Tag::new("family", "ridge"), Tag::new("new", "1")]).await.unwrap();

    for status in [LoggedModelStatus::UploadFailed, LoggedModelStatus::Ready] {
        assert_eq!(store.finalize_logged_model(id, status).await.unwrap().info.status, status);
    }
    let read = store.get_logged_model(id).await.unwrap();
    assert_eq!((read.tag("family"), read.tag("new")), (Some("ridge"), Some("1")));
    assert_eq!((read.info.name.as_str(), read.info.model_type.as_str()), ("champion", "forecast"));
    assert_eq!((&read.info.source_run_id, read.info.status), (run_id, LoggedModelStatus::Ready));
    let mut params = read.data.params.clone();
    params.sort_unstable();
    assert_eq!(params, new.params);
    let measured: Vec<_> = read.data.metrics.iter().map(|m| (m.key.as_str(), m.value)).collect();
    assert_eq!(measured, [("wape", 0.3)]);

    store.delete_logged_model(id).await.unwrap();
    refused!(store.get_logged_model(id).await, NotFound);
    for missing in ["m-00000000000000000000000000000000", "", "../runs", "m/1"] {
        refused!(store.get_logged_model(missing).await, NotFound);
    }
    refused!(store.finalize_logged_model("m-0", LoggedModelStatus::Ready).await, NotFound);
    refused!(store.set_logged_model_tags("m-0", &[Tag::new("a", "b")]).await, NotFound);
    for name in ["a/b", "a:b", "a.b", "a%b", "a\"b", "a'b"] {
        let malformed = NewLoggedModel { name: Some(name.to_owned()), ..new.clone() };
        refused!(store.create_logged_model(&malformed).await, InvalidParameter);
    }
    let nowhere = NewLoggedModel { experiment_id: "987654321".to_owned(), ..new };
    refused!(store.create_logged_model(&nowhere).await, NotFound);
}

async fn search(store: &dyn MlflowStore) {
    let run = run(store).await;
    for (i, name) in ["one", "two", "three"].into_iter().enumerate() {
        let new = NewLoggedModel {
            experiment_id: run.info.experiment_id.clone(),
            name: Some(name.to_owned()),
            source_run_id: Some(run.info.run_id.clone()),
            params: vec![Param::new("rank", i)],
            tags: vec![Tag::new("parity", i % 2)],
            ..NewLoggedModel::default()
        };
        let model = store.create_logged_model(&new).await.unwrap();
        #[expect(clippy::cast_precision_loss, reason = "three models")]
        let wape = Metric::new("wape", i as f64 / 10.0).of_model(&model.info.model_id);
        store.log_batch(&run.info.run_id, &Batch { metrics: vec![wape], ..Batch::default() }).await.unwrap();
        store.finalize_logged_model(&model.info.model_id, LoggedModelStatus::Ready).await.unwrap();
    }
    let query = |filter: &str, field: Option<&str>| LoggedModelQuery {
        experiment_ids: vec![run.info.experiment_id.clone()],
        filter: Some(filter.to_owned()).filter(|text| !text.is_empty()),
        order_by: field
            .map(|field| LoggedModelOrder { field_name: field.to_owned(), ascending: true })
            .into_iter()
            .collect(),
        ..LoggedModelQuery::default()
    };
    let found = |query: LoggedModelQuery| async move {
        let models = store.search_logged_models(&query).await?.items;
        Ok::<_, mlflow_client::Error>(models.into_iter().map(|m| m.info.name).collect::<Vec<_>>().join(" "))
    };
    let oldest_first = Some("creation_timestamp");
    for (filter, expected) in [
        ("", "one two three"),
        ("name = 'two'", "two"),
        ("name LIKE 't%'", "two three"),
        ("tags.parity = '0'", "one three"),
        ("params.rank = '1'", "two"),
        ("metrics.wape >= 0.1", "two three"),
        ("name != 'one' AND tags.parity = '0'", "three"),
    ] {
        assert_eq!(found(query(filter, oldest_first)).await.unwrap(), expected, "{filter:?}");
    }
    let source = format!("source_run_id = '{}'", run.info.run_id);
    assert_eq!(found(query(&source, oldest_first)).await.unwrap(), "one two three");
    assert_eq!(found(query("", Some("metrics.wape"))).await.unwrap(), "one two three");
    refused!(found(query("bogus ~ 1", None)).await, InvalidParameter);

    let mut page = LoggedModelQuery { max_results: Some(2), ..query("", oldest_first) };
    let first = store.search_logged_models(&page).await.unwrap();
    assert_eq!((first.items.len(), first.next_page_token.is_some()), (2, true));
    page.page_token = first.next_page_token;
    let last = store.search_logged_models(&page).await.unwrap();
    assert_eq!((last.items.len(), last.next_page_token), (1, None));
}
