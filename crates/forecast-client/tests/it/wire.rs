//! What goes over the wire when all is well.

use forecast_client::{Readiness, Row, SeriesKey};
use forecast_testkit::scripted_http::Reply;
use serde_json::{Value, json};

use super::{answer, problem, request, scripted};

#[tokio::test]
async fn a_forecast_is_asked_for_and_read() {
    let (server, client) = scripted([answer()]).await;
    let request = request().horizon(1).quantiles([0.1, 0.9]).future([Row::new()
        .with("store", "1")
        .with("item", "7")
        .with("date", "2026-01-01")
        .with("price", 9.5)]);
    let answer = client.forecast(&request).await.unwrap();
    assert_eq!(answer.model.run_id.as_deref(), Some("abc"));
    assert_eq!(answer.forecasts[0].series, SeriesKey::from([("store", "1"), ("item", "7")]));
    assert_eq!(answer.forecasts[0].quantile(0.9), Some([3.0].as_slice()));

    let seen = &server.requests()[0];
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/forecast"));
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert!(seen.header("user-agent").is_some_and(|agent| agent.starts_with("forecast-client/")));
    assert_eq!(
        serde_json::from_slice::<Value>(&seen.body).unwrap(),
        json!({
            "series": [{"store": "1", "item": "7"}],
            "horizon": 1,
            "quantiles": [0.1, 0.9],
            "future": [{"store": "1", "item": "7", "date": "2026-01-01", "price": 9.5}],
        })
    );
}

#[tokio::test]
async fn the_model_describes_itself() {
    let (server, client) = scripted([
        Reply::json(200, r#"{"name":"demand-forecast","version":"3","alias":"production","horizon":28}"#),
        Reply::json(200, r#"{"wape":0.31}"#),
        Reply::json(200, r#"{"status":"ok"}"#),
    ])
    .await;
    assert_eq!(client.model_info().await.unwrap().horizon, Some(28));
    assert_eq!(client.model_metrics().await.unwrap().0["wape"], 0.31);
    assert_eq!(client.health().await.unwrap().status, "ok");
    let targets: Vec<String> = server.requests().into_iter().map(|seen| seen.target).collect();
    assert_eq!(targets, ["/model/info", "/model/metrics", "/health"]);
}

#[tokio::test]
async fn not_ready_is_an_answer_that_is_asked_for_once() {
    let (server, client) =
        scripted([problem(503, "no_model"), Reply::json(200, r#"{"status":"ready"}"#)]).await;
    assert_eq!(client.ready().await.unwrap(), Readiness::NotReady { reason: "because".to_owned() });
    assert_eq!(client.ready().await.unwrap(), Readiness::Ready);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn the_callers_headers_go_with_every_attempt() {
    let (server, client) = scripted([problem(503, "no_model"), answer()]).await;
    let client = client.with_headers(|headers| {
        headers.insert("traceparent", "00-1-2-01".parse().unwrap());
    });
    client.forecast(&request()).await.unwrap();
    let parents: Vec<_> =
        server.requests().iter().map(|seen| seen.header("traceparent").map(str::to_owned)).collect();
    assert_eq!(parents, [Some("00-1-2-01".to_owned()), Some("00-1-2-01".to_owned())]);
}
