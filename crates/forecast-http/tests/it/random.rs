//! Whatever is sent, the answer is never that the server failed.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use crate::fixture::{HORIZON, Registry, trained};
use crate::running::Running;

const CASES: u32 = 1_000;

/// Values of any kind that JSON has, not too deep.
fn any_value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-3.0..40.0_f64).prop_map(Value::from),
        (0..40_u32).prop_map(Value::from),
    ];
    let text = prop_oneof![
        ".{0,12}".prop_map(Value::from),
        "(19|20|99)[0-9]{2}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-5][0-9])?".prop_map(Value::from),
        "-?[0-9]{1,30}(\\.[0-9]{0,9})?(e[0-9]{1,3})?".prop_map(Value::from),
    ];
    let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), number, text];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names(), inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<String, Value>>())),
        ]
    })
}

/// Names that mean something, and others.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "series",
            "horizon",
            "quantiles",
            "future",
            "history",
            "boutique",
            "product",
            "date",
            "sales",
            "price",
            "promotion",
            "holiday",
            "in_stock",
            "country",
            "family",
        ])
        .prop_map(str::to_owned),
        ".{0,8}",
    ]
}

/// A good request in which some places hold something else.
fn nearly_good() -> impl Strategy<Value = Value> {
    let change = (any::<prop::sample::Index>(), any_value(), any::<bool>());
    (any::<bool>(), any::<bool>(), prop::collection::vec(change, 1..4)).prop_map(
        |(future, history, changes)| {
            let series = &trained().series()[0];
            let mut body = json!({"series": [series], "horizon": HORIZON, "quantiles": [0.1, 0.5]});
            if future || history {
                body["future"] = trained().future_of(series).into();
            }
            if history {
                body["history"] = trained().history_of(series, 20).into();
            }
            for (place, value, removes) in changes {
                let mut places = Vec::new();
                pointers(&body, String::new(), &mut places);
                change_at(&mut body, place.get::<String>(&places), value, removes);
            }
            body
        },
    )
}

/// Every place of a value, as JSON pointers.
fn pointers(value: &Value, here: String, all: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| pointers(value, format!("{here}/{}", escaped(name)), all));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, value)| pointers(value, format!("{here}/{index}"), all));
        }
        _ => {}
    }
    all.push(here);
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn change_at(body: &mut Value, pointer: &str, value: Value, removes: bool) {
    let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
    match body.pointer_mut(parent) {
        Some(Value::Object(fields)) if removes => drop(fields.remove(name)),
        Some(Value::Array(items)) if removes && !items.is_empty() => {
            drop(items.remove(name.parse::<usize>().unwrap_or(0).min(items.len() - 1)));
        }
        _ => {
            if let Some(place) = body.pointer_mut(pointer) {
                *place = value;
            }
        }
    }
}

#[test]
fn no_query_makes_the_server_fail() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_registry, server) = runtime.block_on(async {
        let registry = Registry::with(&trained().naive).await;
        let server = Running::ready(&registry).await;
        (registry, server)
    });
    let name = prop_oneof![
        prop::sample::select(vec!["query", "limit", "boutique", "product"]).prop_map(str::to_owned),
        ".{0,6}"
    ];
    let pairs = prop::collection::vec((name, ".{0,12}"), 0..4);
    let raw = prop::option::of("[a-z=&%+0-9.;]{0,20}");
    let path = prop::sample::select(vec!["/series", "/series/history"]);
    let mut runner =
        TestRunner::new(Config { cases: CASES / 2, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&(path, pairs, raw), |(path, pairs, raw)| {
        let request = match raw {
            Some(raw) => server.request("GET", &format!("{path}?{raw}")),
            None => server.request("GET", path).query(&pairs),
        };
        let reply = runtime.block_on(server.send(request));
        prop_assert!(reply.status == 200 || (400..500).contains(&reply.status), "{}", reply.text);
        prop_assert_eq!(reply.json()["code"].is_string(), reply.status != 200);
        Ok(())
    });
    assert!(outcome.is_ok(), "{outcome:?}");
}

#[test]
fn no_body_makes_the_server_fail() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_registry, server) = runtime.block_on(async {
        let registry = Registry::with(&trained().ridge).await;
        let server = Running::ready(&registry).await;
        (registry, server)
    });
    let bodies = prop_oneof![
        1 => any_value().prop_map(|value| value.to_string()),
        6 => nearly_good().prop_map(|value| value.to_string()),
        1 => ".{0,40}",
    ];
    // Without a file of its own: what was once found stands in a test by name.
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&bodies, |body| {
        let reply = runtime.block_on(server.ask_text(body));
        prop_assert!(reply.status == 200 || (400..500).contains(&reply.status), "{}", reply.text);
        let answer = reply.json();
        prop_assert_eq!(answer["request_id"].as_str(), Some(reply.header("x-request-id")));
        prop_assert_eq!(answer["code"].is_string(), reply.status != 200);
        Ok(())
    });
    assert!(outcome.is_ok(), "{outcome:?}");
}
