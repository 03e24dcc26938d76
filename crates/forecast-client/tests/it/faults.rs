//! What the client makes of a service that is not well.

use std::time::Duration;

use forecast_client::{CircuitState, ClientError, ForecastClient};
use forecast_testkit::scripted_http::{Reply, ScriptedServer};

use super::{answer, problem, quick, request, scripted};

#[tokio::test]
async fn a_refusal_is_typed_and_not_repeated() {
    let (server, client) = scripted([problem(404, "unknown_series")]).await;
    let error = client.forecast(&request()).await.unwrap_err();
    assert_eq!(
        (error.code(), error.request_id(), error.status()),
        (Some("unknown_series"), Some("r-9"), Some(404))
    );
    assert_eq!(error.to_string(), "because (unknown_series, status 404, request r-9)");
    assert!(!error.is_transient());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn being_turned_away_for_the_moment_is_survived() {
    for status in [429, 502, 503, 504] {
        let (server, client) = scripted([problem(status, "busy"), problem(status, "busy"), answer()]).await;
        assert!(client.forecast(&request()).await.is_ok(), "{status}");
        assert_eq!(server.requests().len(), 3, "{status}");
    }
}

#[tokio::test]
async fn three_attempts_are_made_and_the_last_reason_is_told() {
    let (server, client) = scripted([problem(503, "a"), problem(503, "b"), problem(503, "c")]).await;
    let error = client.forecast(&request()).await.unwrap_err();
    assert_eq!(error.code(), Some("c"));
    assert!(error.is_transient());
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn an_internal_error_is_not_repeated() {
    let (server, client) = scripted([problem(500, "internal")]).await;
    assert_eq!(client.forecast(&request()).await.unwrap_err().code(), Some("internal"));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_wait_asked_for_beyond_the_deadline_is_told_at_once() {
    let (server, client) = scripted([problem(503, "busy").with_header("retry-after", "3600")]).await;
    assert_eq!(client.forecast(&request()).await.unwrap_err().status(), Some(503));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_connection_closed_before_the_answer_is_tried_again() {
    let (server, client) = scripted([Reply::HangUp, answer()]).await;
    assert!(client.forecast(&request()).await.is_ok());
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error_of_its_own() {
    let (_server, client) = scripted([Reply::BreakOff]).await;
    assert!(matches!(client.forecast(&request()).await, Err(ClientError::BrokeOff(_))));
}

#[tokio::test]
async fn silence_ends_with_the_attempts_timeout() {
    let server = ScriptedServer::start([Reply::Silence]).await.unwrap();
    let mut config = quick(server.url());
    config.attempt_timeout = Duration::from_millis(50);
    let client = ForecastClient::new(&config).unwrap();
    let error = client.forecast(&request()).await.unwrap_err();
    assert!(matches!(error, ClientError::TimedOut { after } if after == config.attempt_timeout), "{error}");
}

#[tokio::test]
async fn a_proxys_page_is_quoted_and_named_for_what_it_is() {
    let (_server, client) = scripted([Reply::answer(404, "text/html", "<h1>Not here</h1>")]).await;
    let error = client.forecast(&request()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "status 404 is no answer of the forecast api; check the address. it begins: \"<h1>Not here</h1>\""
    );
}

#[tokio::test]
async fn an_answer_of_another_shape_is_refused() {
    let (_server, client) = scripted([Reply::json(200, r#"{"predictions":[1]}"#)]).await;
    assert!(matches!(client.forecast(&request()).await, Err(ClientError::Shape(_))));
}

#[tokio::test]
async fn nobody_listening_opens_the_circuit_after_five_attempts() {
    let gone = ScriptedServer::start([]).await.unwrap().url().to_owned();
    let client = ForecastClient::new(&quick(&gone)).unwrap();
    for _ in 0..2 {
        assert!(matches!(client.forecast(&request()).await, Err(ClientError::Unreachable(_))));
    }
    assert!(matches!(client.circuit(), CircuitState::Open { .. }));
    // A clone shares the circuit, and nothing is sent.
    assert!(matches!(client.clone().forecast(&request()).await, Err(ClientError::CircuitOpen { .. })));
}

#[tokio::test]
async fn a_number_that_json_cannot_say_is_not_sent() {
    let (server, client) = scripted([answer()]).await;
    let error = client.forecast(&request().quantiles([f64::NAN])).await.unwrap_err();
    assert!(matches!(error, ClientError::Request(_)));
    assert_eq!(server.requests(), []);
}
