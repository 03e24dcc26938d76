//! The client against a scripted server on the loopback: what goes over the wire, and every fault.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that fails is a test that fails")]

mod dotnet;
mod faults;
mod wire;

use std::time::Duration;

use forecast_client::{ClientConfig, ForecastClient, ForecastRequest, SeriesKey};
use forecast_testkit::scripted_http::{Reply, ScriptedServer};

/// A server with a script, and a client that waits milliseconds where the default waits seconds.
async fn scripted(script: impl IntoIterator<Item = Reply>) -> (ScriptedServer, ForecastClient) {
    let server = ScriptedServer::start(script).await.unwrap();
    let client = ForecastClient::new(&quick(server.url())).unwrap();
    (server, client)
}

fn quick(url: &str) -> ClientConfig {
    let mut config = ClientConfig::new(url);
    config.retry.first_delay = Duration::from_millis(1);
    config
}

fn request() -> ForecastRequest {
    ForecastRequest::for_series([SeriesKey::from([("store", "1"), ("item", "7")])])
}

fn answer() -> Reply {
    Reply::json(
        200,
        r#"{"model":{"name":"demand-forecast","version":"3","run_id":"abc"},"frequency":"daily","horizon":1,
            "forecasts":[{"series":{"store":"1","item":"7"},"start":"2026-01-01T00:00:00",
            "timestamps":["2026-01-01T00:00:00"],"mean":[1.5],"quantiles":{"0.1":[0.5],"0.9":[3.0]}}],
            "request_id":"r-1"}"#,
    )
}

fn problem(status: u16, code: &str) -> Reply {
    let body = format!(
        r#"{{"type":"about:blank","title":"No","status":{status},"detail":"because","code":"{code}","request_id":"r-9"}}"#
    );
    Reply::answer(status, "application/problem+json", body)
}
