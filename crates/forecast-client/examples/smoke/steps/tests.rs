//! The steps against a service that follows a script.

use forecast_client::ClientConfig;
use forecast_testkit::scripted_http::{Reply, ScriptedServer};

use super::*;
use crate::arguments::Asked;

/// What a step says of these answers, without the milliseconds.
async fn said(step: Step, options: &str, script: impl IntoIterator<Item = Reply>) -> Result<String, String> {
    let server = ScriptedServer::start(script).await.unwrap();
    let words = format!("{} {options}", server.url());
    let Ok(Asked::Run(arguments)) = Arguments::parse(words.split_whitespace().map(str::to_owned)) else {
        panic!("{words}")
    };
    let client = ForecastClient::new(&ClientConfig::new(server.url())).unwrap();
    match step.run(&client, &arguments).await {
        Outcome::Fine(says) => Ok(says.rsplit_once(" (").unwrap().0.to_owned()),
        Outcome::Wrong(says) => Err(says),
    }
}

fn not_ready() -> Reply {
    Reply::answer(
        503,
        "application/problem+json",
        r#"{"title":"Not ready","status":503,"detail":"no model is in production","code":"not_ready"}"#,
    )
}

#[tokio::test]
async fn readiness_is_waited_for_and_its_reason_told() {
    let ready = || Reply::json(200, r#"{"status":"ready"}"#);
    assert_eq!(said(Step::Ready, "--wait 9", [not_ready(), Reply::HangUp, ready()]).await.unwrap(), "ready");
    let never = said(Step::Ready, "--wait 0", [not_ready()]).await.unwrap_err();
    assert_eq!(never, "not ready within 0 s: no model is in production");
}

#[tokio::test]
async fn a_service_that_starts_or_drains_is_not_well() {
    let health = |text: &str| [Reply::json(200, text)];
    assert_eq!(said(Step::Health, "", health(r#"{"status":"ready"}"#)).await.unwrap(), "ready");
    let draining = said(Step::Health, "", health(r#"{"status":"draining","reason":"told to stop"}"#)).await;
    assert_eq!(draining.unwrap_err(), "status draining: told to stop");
}

#[tokio::test]
async fn the_expected_model_is_waited_for() {
    let serving = |version: &str| {
        Reply::json(
            200,
            format!(r#"{{"name":"demand-forecast","version":"{version}","run_id":"r{version}"}}"#),
        )
    };
    let after = said(Step::ModelInfo, "--expect-version 2 --wait 9", [serving("1"), serving("2")]).await;
    assert_eq!(after.unwrap(), "demand-forecast version 2 of run r2");
    let never = said(Step::ModelInfo, "--expect-run r2 --wait 0", [serving("1")]).await;
    assert_eq!(never.unwrap_err(), "serves demand-forecast version 1 of run r1, expected run r2");
}

#[tokio::test]
async fn accuracy_is_a_number() {
    let fine = Reply::json(200, r#"{"metric":"wape","champion":{"metrics":{"wape":0.25}}}"#);
    assert_eq!(said(Step::ModelMetrics, "", [fine]).await.unwrap(), "wape 0.2500 in the backtest");
    let none = Reply::json(200, r#"{"metric":"wape","champion":{"metrics":{"wape":null}}}"#);
    let says = said(Step::ModelMetrics, "", [none]).await.unwrap_err();
    assert_eq!(says, "no number at /champion/metrics/wape");
}

#[tokio::test]
async fn the_models_first_series_is_asked_for() {
    let list = || Reply::json(200, r#"{"total":9,"series":[{"store":"1"}]}"#);
    let answer = |mean: &str| {
        Reply::json(
            200,
            format!(
                r#"{{"model":{{"name":"m","version":"3"}},"frequency":"daily","horizon":1,"forecasts":[
                {{"series":{{"store":"1"}},"start":"2026-01-01T00:00:00","timestamps":["2026-01-01T00:00:00"],
                "mean":{mean},"quantiles":{{}}}}]}}"#
            ),
        )
    };
    let fine = said(Step::Forecast, "", [list(), answer("[1.5]")]).await;
    assert_eq!(fine.unwrap(), "1 series, 1 daily steps from version 3");
    let short = said(Step::Forecast, "", [list(), answer("[]")]).await;
    assert_eq!(short.unwrap_err(), "mean has 0 values for a horizon of 1");
    let none = said(Step::Forecast, "", [Reply::json(200, r#"{"total":0,"series":[]}"#)]).await;
    assert_eq!(none.unwrap_err(), "the model knows no series; name one with --request");
}

#[tokio::test]
async fn the_metrics_of_the_dashboards_are_exported() {
    let page = "# TYPE forecast_model_info gauge\n# TYPE http_server_request_duration_seconds histogram\n";
    let fine = said(Step::Metrics, "", [Reply::answer(200, "text/plain", page)]).await;
    assert_eq!(fine.unwrap(), "2 families");
    let bare = said(Step::Metrics, "", [Reply::answer(200, "text/plain", "")]).await.unwrap_err();
    assert_eq!(bare, "forecast_model_info and http_server_request_duration_seconds not exported");
}
