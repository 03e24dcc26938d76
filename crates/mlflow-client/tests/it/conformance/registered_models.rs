//! Registered models: names, descriptions, tags, search.

use mlflow_client::MlflowStore;
use mlflow_client::types::{NewRegisteredModel, RegistryQuery, Tag};

use crate::support::{refused, unique};

pub(super) async fn check(store: &dyn MlflowStore) {
    life_of_a_model(store).await;
    search(store).await;
}

async fn life_of_a_model(store: &dyn MlflowStore) {
    let name = unique("démo model.v2");
    let new = NewRegisteredModel {
        name: name.clone(),
        description: Some("first".to_owned()),
        tags: vec![Tag::new("owner", "ml")],
    };
    let created = store.create_registered_model(&new).await.unwrap();
    assert_eq!((created.name.as_str(), created.description.as_str()), (name.as_str(), "first"));
    assert!(refused!(store.create_registered_model(&new).await, AlreadyExists).contains(&name));

    store.update_registered_model(&name, "second").await.unwrap();
    store.set_registered_model_tag(&name, &Tag::new("owner", "retail")).await.unwrap();
    store.set_registered_model_tag(&name, &Tag::new("tier", 1)).await.unwrap();
    let read = store.get_registered_model(&name).await.unwrap();
    assert_eq!(
        (read.description.as_str(), read.tag("owner"), read.tag("tier")),
        ("second", Some("retail"), Some("1"))
    );
    assert_eq!((read.aliases.len(), read.latest_versions.len()), (0, 0));
    for _ in 0..2 {
        store.delete_registered_model_tag(&name, "tier").await.unwrap();
    }
    assert_eq!(store.get_registered_model(&name).await.unwrap().tag("tier"), None);

    store.delete_registered_model(&name).await.unwrap();
    refused!(store.get_registered_model(&name).await, NotFound);
    refused!(store.delete_registered_model(&name).await, NotFound);
    refused!(store.update_registered_model(&name, "third").await, NotFound);
    refused!(store.set_registered_model_tag(&name, &Tag::new("a", "b")).await, NotFound);
    refused!(store.delete_registered_model_tag(&name, "a").await, NotFound);
    for malformed in ["", "a/b", "a:b"] {
        refused!(store.create_registered_model(&NewRegisteredModel::new(malformed)).await, InvalidParameter);
    }
    // A name that was deleted is free again.
    store.create_registered_model(&new).await.unwrap();
}

async fn search(store: &dyn MlflowStore) {
    let prefix = unique("reg");
    for (suffix, tier) in [("c", "1"), ("a", "1"), ("b", "2")] {
        let tags = vec![Tag::new("tier", tier)];
        let new = NewRegisteredModel { tags, ..NewRegisteredModel::new(format!("{prefix}-{suffix}")) };
        store.create_registered_model(&new).await.unwrap();
    }
    let found = |query: RegistryQuery| {
        let prefix = prefix.clone();
        async move {
            let page = store.search_registered_models(&query).await?;
            let names: String =
                page.items.iter().filter_map(|m| m.name.strip_prefix(&format!("{prefix}-"))).collect();
            Ok::<_, mlflow_client::Error>((names, page.next_page_token))
        }
    };
    let like = format!("name LIKE '{prefix}%'");
    for (filter, expected) in [
        (like.clone(), "abc"),
        (like.replace("reg-", "REG-"), ""),
        (like.replace("reg-", "REG-").replace("LIKE", "ILIKE"), "abc"),
        (format!("name = '{prefix}-b'"), "b"),
        (format!("{like} AND tags.tier = '1'"), "ac"),
        (format!("{like} AND name != '{prefix}-a'"), "bc"),
    ] {
        assert_eq!(found(RegistryQuery::matching(&filter)).await.unwrap().0, expected, "{filter:?}");
    }
    let descending =
        RegistryQuery { order_by: vec!["name DESC".to_owned()], ..RegistryQuery::matching(&like) };
    assert_eq!(found(descending).await.unwrap().0, "cba");
    let page = RegistryQuery { max_results: Some(2), ..RegistryQuery::matching(&like) };
    let (first, token) = found(page.clone()).await.unwrap();
    assert_eq!((first.as_str(), token.is_some()), ("ab", true));
    let (second, token) = found(RegistryQuery { page_token: token, ..page.clone() }).await.unwrap();
    assert_eq!((second.as_str(), token), ("c", None));
    refused!(found(RegistryQuery::matching("bogus = 'x'")).await, InvalidParameter);
    refused!(found(RegistryQuery { max_results: Some(1_001), ..page }).await, InvalidParameter);
}
