//! A connection against a service that follows a script: what counts as a failure, and what does not.

use forecast_client::SeriesKey;
use forecast_testkit::scripted_http::{Reply, ScriptedServer};

use super::*;
use crate::arguments::Asked;

/// One connection that makes as many requests as the script has replies.
async fn tally(script: &[Reply]) -> Tally {
    let server = ScriptedServer::start(script.iter().cloned()).await.unwrap();
    let line = format!("{} --requests {} --timeout-ms 200", server.url(), script.len());
    let Ok(Asked::Run(arguments)) = Arguments::parse(line.split_whitespace().map(str::to_owned)) else {
        panic!("{line}")
    };
    let request = ForecastRequest::for_series([SeriesKey::from([("store", "1")])]);
    let (_stop, stopped) = watch::channel(false);
    work(Plan::new(&arguments, &request).unwrap(), stopped).await
}

fn forecast(version: &str) -> Reply {
    Reply::json(
        200,
        format!(
            r#"{{"model":{{"name":"m","version":"{version}"}},"frequency":"daily","horizon":1,"forecasts":[
            {{"series":{{"store":"1"}},"start":"2026-01-01T00:00:00","timestamps":["2026-01-01T00:00:00"],
            "mean":[1.5],"quantiles":{{}}}}]}}"#
        ),
    )
}

#[tokio::test]
async fn versions_are_counted_and_a_close_that_was_announced_is_no_failure() {
    let tally = tally(&[forecast("1"), forecast("1"), forecast("2")]).await;
    assert_eq!((tally.failed(), tally.answered(), tally.reconnects), (0, 3, 2));
    assert_eq!(tally.versions, [("1".to_owned(), 2), ("2".to_owned(), 1)].into());
}

#[tokio::test]
async fn whatever_a_retry_would_hide_is_a_failure() {
    let script = [
        Reply::HangUp,
        Reply::answer(503, "application/problem+json", "{}"),
        Reply::BreakOff,
        Reply::Silence,
        Reply::json(200, "{}"),
        forecast("1"),
    ];
    let tally = tally(&script).await;
    let expected = ["answer broke off", "no answer", "no answer in time", "no forecast", "refused"];
    assert_eq!(tally.failures, expected.map(|kind| (kind, 1)).into());
    assert_eq!(tally.answered(), 1);
}

#[tokio::test]
async fn nobody_listening_is_a_failure() {
    let server = ScriptedServer::start([]).await.unwrap();
    let line = format!("{} --requests 1", server.url());
    drop(server);
    let Ok(Asked::Run(arguments)) = Arguments::parse(line.split_whitespace().map(str::to_owned)) else {
        panic!("{line}")
    };
    let (_stop, stopped) = watch::channel(false);
    let plan = Plan::new(&arguments, &ForecastRequest::for_series([])).unwrap();
    assert_eq!(work(plan, stopped).await.failed(), 1);
}

#[tokio::test]
async fn it_stops_when_told_to() {
    let server = ScriptedServer::start([forecast("1")]).await.unwrap();
    let Ok(Asked::Run(arguments)) = Arguments::parse([server.url().to_owned()]) else { panic!("refused") };
    let (stop, stopped) = watch::channel(false);
    stop.send(true).unwrap();
    let plan = Plan::new(&arguments, &ForecastRequest::for_series([])).unwrap();
    assert_eq!(work(plan, stopped).await.answered(), 0);
}
