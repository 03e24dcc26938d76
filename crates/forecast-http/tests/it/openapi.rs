//! The description of the API, against the API.

use serde_json::Value;

use crate::fixture::Registry;
use crate::running::Running;

fn document() -> Value {
    serde_json::from_str(&forecast_http::openapi_json()).unwrap()
}

#[test]
fn the_committed_copy_is_up_to_date() {
    let path = forecast_testkit::workspace::root().join("crates/forecast-http/openapi.json");
    let expected = forecast_http::openapi_json();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == expected, "openapi.json is out of date: run this test again with UPDATE_DOCS=1");
}

#[tokio::test]
async fn every_described_operation_exists() {
    let registry = Registry::empty();
    let server = Running::start(&registry);
    let document = document();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let request = server.request(&method.to_uppercase(), path);
            let reply = server.send(request).await;
            assert!(![404, 405, 500].contains(&reply.status), "{method} {path}: {}", reply.text);
            let described = &methods[method]["responses"][reply.status.to_string()];
            assert!(
                described.is_object(),
                "{method} {path} answers {}, which is not described",
                reply.status
            );
            if method == "get" {
                let head = server.send(server.request("HEAD", path)).await;
                assert_eq!((head.status, head.text.as_str()), (reply.status, ""), "HEAD {path}");
            }
            let kinds: Vec<&String> = described["content"].as_object().unwrap().keys().collect();
            let kind = reply.header("content-type").split(';').next().unwrap_or_default().to_owned();
            assert!(kinds.contains(&&kind), "{method} {path} answers {kind}, not {kinds:?}");
        }
    }
}

#[tokio::test]
async fn the_served_document_is_the_committed_one() {
    let registry = Registry::empty();
    let server = Running::start(&registry);
    assert_eq!(server.get("/openapi.json").await.json(), document());
}

#[test]
fn operations_have_names_of_their_own() {
    let document = document();
    let paths = document["paths"].as_object().unwrap().values();
    let mut names: Vec<&str> = paths
        .flat_map(|methods| methods.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "{names:?}");
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            all.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| collect(value, all));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, all)),
        _ => {}
    }
}
