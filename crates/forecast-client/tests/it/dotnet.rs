//! The settings of the .NET caller say the same as this crate's defaults: two callers of one service that
//! are patient in different ways are a puzzle for whoever operates it.

use std::path::Path;
use std::time::Duration;

use forecast_client::ClientConfig;
use serde_json::{Value, json};

fn settings() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/dotnet/appsettings.Production.json");
    let text = std::fs::read_to_string(path).unwrap();
    let mut document: Value = serde_json::from_str(&text).unwrap();
    document["MLService"].take()
}

#[test]
fn the_dotnet_settings_are_this_crates_policy() {
    let settings = settings();
    let config = ClientConfig::new(settings["BaseUrl"].as_str().unwrap());
    let seconds = |name: &str| Duration::from_secs_f64(settings.pointer(name).unwrap().as_f64().unwrap());
    let count = |name: &str| settings.pointer(name).unwrap().as_u64().unwrap();

    assert_eq!(seconds("/TimeoutSeconds"), config.deadline);
    assert_eq!(seconds("/AttemptTimeoutSeconds"), config.attempt_timeout);
    assert_eq!(count("/RetryPolicy/MaxAttempts"), u64::from(config.retry.attempts));
    assert_eq!(seconds("/RetryPolicy/FirstDelaySeconds"), config.retry.first_delay);
    assert_eq!(seconds("/RetryPolicy/MaxDelaySeconds"), config.retry.longest_delay);
    assert_eq!(count("/CircuitBreaker/FailuresBeforeOpening"), u64::from(config.breaker.failures_to_open));
    assert_eq!(seconds("/CircuitBreaker/DurationOfBreakSeconds"), config.breaker.open_for);
}

#[test]
fn they_are_the_deployment_guides() {
    let settings = settings();
    assert_eq!(settings["RetryPolicy"]["MaxAttempts"], json!(3));
    assert_eq!(settings["RetryPolicy"]["BackoffType"], json!("Exponential"));
    assert_eq!(settings["CircuitBreaker"], json!({"FailuresBeforeOpening": 5, "DurationOfBreakSeconds": 30}));
    assert_eq!(settings["BaseUrl"], json!("http://forecast-service.ml-forecast.svc.cluster.local"));
}
