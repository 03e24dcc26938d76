//! What `POST /forecast` answers when all is well, and what `/series` says.

use flate2::Compression;
use flate2::write::GzEncoder;
use forecast_client::{ClientConfig, ForecastClient, ForecastRequest, Readiness, SeriesKey};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::fixture::{HORIZON, MODEL, Registry, trained};
use crate::running::{Reply, Running};

/// Numbers of a JSON list.
fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn good(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

#[tokio::test]
async fn series_are_forecast_in_the_order_asked() {
    let registry = Registry::with(&trained().ridge).await;
    let server = Running::ready(&registry).await;
    let series = trained().series();
    let asked = [&series[4], &series[0], &series[2]];
    let reply = server.ask(&json!({"series": asked})).await;
    let answer = good(&reply);
    assert_eq!(answer["model"]["name"], MODEL);
    assert_eq!(answer["model"]["version"], "1");
    assert_eq!(answer["request_id"], reply.header("x-request-id"));
    assert_eq!((answer["frequency"].as_str(), &answer["horizon"]), (Some("daily"), &json!(HORIZON)));
    assert_eq!(answer["warnings"], Value::Null, "nothing to warn of");
    let forecasts = answer["forecasts"].as_array().unwrap();
    assert_eq!(forecasts.len(), 3);
    for (forecast, asked) in forecasts.iter().zip(asked) {
        assert_eq!(forecast["series"], *asked);
        assert_eq!(forecast["start"], "2025-12-01T00:00:00");
        assert_eq!(forecast["timestamps"].as_array().unwrap().len(), HORIZON);
        assert_eq!(forecast["timestamps"][HORIZON - 1], "2025-12-14T00:00:00");
        let levels = ["0.1", "0.5", "0.9"].map(|level| numbers(&forecast["quantiles"][level]));
        assert!(levels.iter().chain([&numbers(&forecast["mean"])]).all(|values| values.len() == HORIZON));
        let [low, median, high] = &levels;
        for (low, (median, high)) in low.iter().zip(median.iter().zip(high)) {
            assert!(0.0 <= *low && low <= median && median <= high, "{low} {median} {high}");
        }
    }
}

#[tokio::test]
async fn horizon_and_quantiles_are_as_asked() {
    let registry = Registry::with(&trained().ridge).await;
    let server = Running::ready(&registry).await;
    let series = &trained().series()[0];
    let whole = good(&server.ask(&json!({"series": [series]})).await);
    let short = json!({"series": [series], "horizon": 3, "quantiles": [0.9, 0.25]});
    let short = good(&server.ask(&short).await);
    assert_eq!(short["horizon"], 3);
    let (short, whole) = (&short["forecasts"][0], &whole["forecasts"][0]);
    assert_eq!(numbers(&short["mean"]), numbers(&whole["mean"])[..3]);
    assert_eq!(numbers(&short["quantiles"]["0.9"]), numbers(&whole["quantiles"]["0.9"])[..3]);
    let names: Vec<&String> = short["quantiles"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["0.25", "0.9"]);
    let bare = good(&server.ask(&json!({"series": [series], "horizon": 3, "quantiles": []})).await);
    assert_eq!(bare["forecasts"][0]["quantiles"], json!({}));
    assert_eq!(bare["forecasts"][0]["mean"], short["mean"]);
}

#[tokio::test]
async fn rows_of_the_future_are_used() {
    let registry = Registry::with(&trained().ridge).await;
    let server = Running::ready(&registry).await;
    let series = &trained().series()[0];
    let mut future = trained().future_of(series);
    let ask = |future: &[Value]| json!({"series": [series], "future": future});
    let kept = good(&server.ask(&json!({"series": [series]})).await);
    let sent = good(&server.ask(&ask(&future)).await);
    assert_eq!(kept["forecasts"], sent["forecasts"], "the same rows were given at the training");
    for row in &mut future {
        row["price"] = json!(row["price"].as_f64().unwrap() * 0.5);
    }
    let cheaper = good(&server.ask(&ask(&future)).await);
    assert_ne!(cheaper["forecasts"][0]["mean"], sent["forecasts"][0]["mean"]);
}

#[tokio::test]
async fn series_that_bring_their_history_need_not_be_known() {
    let registry = Registry::with(&trained().ridge).await;
    let server = Running::ready(&registry).await;
    let known = trained().series();
    let newcomer = json!({"boutique": "Somewhere", "product": "new"});
    let rename = |mut row: Value| {
        row["boutique"] = newcomer["boutique"].clone();
        row["product"] = newcomer["product"].clone();
        row
    };
    let history: Vec<Value> = trained().history_of(&known[1], 400).into_iter().map(rename).collect();
    let future: Vec<Value> = trained().future_of(&known[1]).into_iter().map(rename).collect();
    let body = json!({"series": [newcomer, known[0]], "horizon": 7, "history": history,
        "future": future.iter().cloned().chain(trained().future_of(&known[0])).collect::<Vec<_>>()});
    let answer = good(&server.ask(&body).await);
    let forecasts = answer["forecasts"].as_array().unwrap();
    assert_eq!((&forecasts[0]["series"], &forecasts[1]["series"]), (&newcomer, &known[0]));
    assert_eq!(forecasts[0]["start"], "2025-12-01T00:00:00");
    assert!(numbers(&forecasts[0]["mean"]).iter().sum::<f64>() > 0.0);
    let alone = json!({"series": [known[0]], "horizon": 7});
    assert_eq!(good(&server.ask(&alone).await)["forecasts"][0], forecasts[1]);
}

#[tokio::test]
async fn later_history_of_a_known_series_moves_its_forecast() {
    let registry = Registry::with(&trained().naive).await;
    let server = Running::ready(&registry).await;
    let series = &trained().series()[0];
    let mut history = trained().history_of(series, 60);
    for row in &mut history {
        row["sales"] = json!(1_000);
        row["in_stock"] = json!(1);
    }
    let body = json!({"series": [series], "history": history, "future": trained().future_of(series)});
    let answer = good(&server.ask(&body).await);
    assert_eq!(numbers(&answer["forecasts"][0]["mean"]), [1_000.0; HORIZON]);
}

#[tokio::test]
async fn the_typed_client_reads_every_answer() {
    let registry = Registry::with(&trained().naive).await;
    let server = Running::ready(&registry).await;
    let client = ForecastClient::new(&ClientConfig::new(server.url.clone())).unwrap();
    let key = trained().series()[0].clone();
    let text = |name: &str| key[name].as_str().unwrap().to_owned();
    let key = SeriesKey::from([("boutique", text("boutique")), ("product", text("product"))]);
    let request = ForecastRequest::for_series([key.clone()]).horizon(5).quantiles([0.1, 0.9]);
    let answer = client.forecast(&request).await.unwrap();
    assert_eq!((answer.horizon, &answer.forecasts[0].series), (5, &key));
    assert_eq!(answer.forecasts[0].quantile(0.1).map(<[f64]>::len), Some(5));
    assert_eq!(client.health().await.unwrap().status, "ready");
    assert_eq!(client.ready().await.unwrap(), Readiness::Ready);
    let info = client.model_info().await.unwrap();
    assert_eq!((info.name.as_str(), info.version.as_str()), (MODEL, "1"));
    assert_eq!((info.alias.as_deref(), info.horizon), (Some("production"), Some(HORIZON)));
    assert!(client.model_metrics().await.unwrap().0.contains_key("champion"));
    let error = client.forecast(&ForecastRequest::for_series([])).await.unwrap_err();
    assert_eq!((error.code(), error.status()), (Some("out_of_range"), Some(422)));
}

#[tokio::test]
async fn a_body_may_be_compressed_and_so_may_the_answer() {
    let registry = Registry::with(&trained().naive).await;
    let server = Running::ready(&registry).await;
    let body = json!({"series": trained().series()}).to_string();
    let plain = server.ask_text(body.clone()).await;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    std::io::Write::write_all(&mut encoder, body.as_bytes()).unwrap();
    let request = server
        .request("POST", "/forecast")
        .header(CONTENT_TYPE, "application/json")
        .header(CONTENT_ENCODING, "gzip")
        .body(encoder.finish().unwrap());
    assert_eq!(good(&server.send(request).await)["forecasts"], good(&plain)["forecasts"]);
    let request = server
        .request("POST", "/forecast")
        .header(CONTENT_TYPE, "application/json")
        .header("accept-encoding", "gzip")
        .body(body);
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
}

#[tokio::test]
async fn series_are_found_by_words_and_shown_with_their_history() {
    let registry = Registry::with(&trained().naive).await;
    let server = Running::ready(&registry).await;
    let all = trained().series();
    let listed = good(&server.get("/series").await);
    assert_eq!(
        (&listed["total"], listed["series"].as_array().unwrap().len()),
        (&json!(all.len()), all.len())
    );
    let wanted = &all[3];
    let [boutique, product] = ["boutique", "product"].map(|name| wanted[name].as_str().unwrap());
    let words = format!("{} {}", product.to_uppercase(), &boutique[..3]);
    let query = |words: &str| format!("/series?limit=2&query={}", words.replace(' ', "%20"));
    let found = good(&server.get(&query(&words)).await);
    assert!(found["series"].as_array().unwrap().contains(wanted), "{found}");
    assert_eq!(good(&server.get(&query("no such thing")).await), json!({"total": 0, "series": []}));

    let request =
        server.request("GET", "/series/history").query(&[("boutique", boutique), ("product", product)]);
    let history = good(&server.send(request).await);
    let (times, values) = (history["timestamps"].as_array().unwrap(), history["values"].as_array().unwrap());
    assert_eq!(times.len(), values.len());
    assert_eq!(times.last(), Some(&json!("2025-11-30T00:00:00")));
    let newest = trained().history_of(wanted, 1);
    assert_eq!(values.last().and_then(Value::as_f64), newest[0]["sales"].as_f64());
}
