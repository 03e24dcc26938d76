//! Boosted trees behind `POST /forecast`.

use serde_json::{Value, json};

use crate::fixture::{HORIZON, Registry, trained};
use crate::running::{Reply, Running};

fn means(reply: &Reply) -> Vec<Vec<f64>> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    let answer = reply.json();
    let of = |forecast: &Value| {
        let mean = forecast["mean"].as_array().unwrap();
        mean.iter().map(|value| value.as_f64().unwrap()).collect()
    };
    answer["forecasts"].as_array().unwrap().iter().map(of).collect()
}

#[tokio::test]
async fn boosted_trees_answer_from_memory_and_from_a_history() {
    let registry = Registry::with(&trained().boosted).await;
    let server = Running::ready(&registry).await;
    assert_eq!(server.get("/model/info").await.json()["family"], "boosted");
    let series = trained().series();
    let known = means(&server.ask(&json!({"series": series})).await);
    assert_eq!(known.len(), series.len());
    assert!(known.iter().all(|mean| mean.len() == HORIZON && mean.iter().all(|value| *value >= 0.0)));
    // The whole history of one says what the model remembers of it.
    let asked = &series[1];
    let body = json!({"series": [asked], "history": trained().history_of(asked, 420),
        "future": trained().future_of(asked)});
    assert_eq!(means(&server.ask(&body).await), known[1..2]);
}

#[tokio::test]
async fn a_series_that_no_tree_has_heard_of_is_forecast_from_its_history() {
    let registry = Registry::with(&trained().boosted).await;
    let server = Running::ready(&registry).await;
    let known = &trained().series()[0];
    let newcomer = json!({"boutique": "Somewhere", "product": "new"});
    let rename = |mut row: Value| {
        row["boutique"] = newcomer["boutique"].clone();
        row["product"] = newcomer["product"].clone();
        row
    };
    let history: Vec<Value> = trained().history_of(known, 60).into_iter().map(rename).collect();
    let future: Vec<Value> = trained().future_of(known).into_iter().map(rename).collect();
    let body = json!({"series": [newcomer], "history": history, "future": future});
    let mean = &means(&server.ask(&body).await)[0];
    assert!(mean.len() == HORIZON && mean.iter().all(|value| *value > 0.0), "{mean:?}");
}
