//! What is asked of the service, in order.

use std::time::Duration;

use forecast_client::{ClientError, ForecastClient, ForecastRequest, ModelInfo, Readiness};
use tokio::time::{Instant, sleep};

use crate::answer::faults;
use crate::arguments::Arguments;

/// Between two looks at a service that is not there yet.
const PAUSE: Duration = Duration::from_millis(250);

/// Metrics that the dashboards and alerts are made of.
const FAMILIES: [&str; 2] = ["forecast_model_info", "http_server_request_duration_seconds"];

/// One thing that callers or operators depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Ready,
    Health,
    ModelInfo,
    ModelMetrics,
    Forecast,
    Metrics,
}

/// What came of a step, and what it saw.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Fine(String),
    Wrong(String),
}

/// What a step saw, or why it is not well.
type Seen = Result<String, String>;

impl Step {
    pub(crate) const ALL: [Self; 6] =
        [Self::Ready, Self::Health, Self::ModelInfo, Self::ModelMetrics, Self::Forecast, Self::Metrics];

    /// The path that it asks.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ready => "/health/ready",
            Self::Health => "/health",
            Self::ModelInfo => "/model/info",
            Self::ModelMetrics => "/model/metrics",
            Self::Forecast => "/forecast",
            Self::Metrics => "/metrics",
        }
    }

    /// Asks, and judges the answer.
    pub(crate) async fn run(self, client: &ForecastClient, arguments: &Arguments) -> Outcome {
        let began = Instant::now();
        let seen = match self {
            Self::Ready => ready(client, arguments.wait).await,
            Self::Health => health(client).await,
            Self::ModelInfo => model_info(client, arguments).await,
            Self::ModelMetrics => model_metrics(client).await,
            Self::Forecast => forecast(client, arguments.request.as_ref()).await,
            Self::Metrics => metrics(client).await,
        };
        match seen {
            Ok(says) => Outcome::Fine(format!("{says} ({} ms)", began.elapsed().as_millis())),
            Err(says) => Outcome::Wrong(says),
        }
    }
}

/// An error with what lies beneath it: "no answer" alone helps nobody.
fn whole(error: &ClientError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Nobody listening and no model loaded are both "not yet", until the time is over.
async fn ready(client: &ForecastClient, wait: Duration) -> Seen {
    let give_up_at = Instant::now() + wait;
    loop {
        let reason = match client.ready().await {
            Ok(Readiness::Ready) => return Ok("ready".to_owned()),
            Ok(Readiness::NotReady { reason }) => reason,
            Err(error) => whole(&error),
        };
        if Instant::now() + PAUSE >= give_up_at {
            return Err(format!("not ready within {} s: {reason}", wait.as_secs()));
        }
        sleep(PAUSE).await;
    }
}

async fn health(client: &ForecastClient) -> Seen {
    let health = client.health().await.map_err(|error| whole(&error))?;
    let reason = health.other.get("reason").and_then(serde_json::Value::as_str);
    match (health.status.as_str(), reason) {
        ("ready", None) => Ok("ready".to_owned()),
        // It serves, but would not notice a promotion: worth a word, and no reason to go back.
        ("ready", Some(reason)) => Ok(format!("ready, but {reason}")),
        (status, reason) => Err(format!("status {status}: {}", reason.unwrap_or("no reason given"))),
    }
}

/// The served model; waits for the expected one, since pods follow a promotion one by one.
async fn model_info(client: &ForecastClient, arguments: &Arguments) -> Seen {
    let give_up_at = Instant::now() + arguments.wait;
    loop {
        let info = client.model_info().await.map_err(|error| whole(&error))?;
        let says = described(&info);
        let Some(expected) = unmet(&info, arguments) else { return Ok(says) };
        if Instant::now() + PAUSE >= give_up_at {
            return Err(format!("serves {says}, expected {expected}"));
        }
        sleep(PAUSE).await;
    }
}

fn described(info: &ModelInfo) -> String {
    let run_id = info.run_id.as_deref().unwrap_or("unknown");
    format!("{} version {} of run {run_id}", info.name, info.version)
}

/// What was expected of the model and is not so.
fn unmet(info: &ModelInfo, arguments: &Arguments) -> Option<String> {
    if let Some(version) = arguments.version.as_ref().filter(|version| **version != info.version) {
        return Some(format!("version {version}"));
    }
    let run_id = arguments.run_id.as_ref().filter(|run_id| info.run_id.as_ref() != Some(*run_id));
    run_id.map(|run_id| format!("run {run_id}"))
}

async fn model_metrics(client: &ForecastClient) -> Seen {
    let metrics = client.model_metrics().await.map_err(|error| whole(&error))?.0;
    let chosen_by = metrics.get("metric").and_then(serde_json::Value::as_str).unwrap_or_default();
    let path = format!("/champion/metrics/{chosen_by}");
    let value = serde_json::Value::Object(metrics.clone()).pointer(&path).and_then(serde_json::Value::as_f64);
    let value = value.ok_or_else(|| format!("no number at {path}"))?;
    Ok(format!("{chosen_by} {value:.4} in the backtest"))
}

async fn forecast(client: &ForecastClient, request: Option<&ForecastRequest>) -> Seen {
    let request = match request {
        Some(request) => request.clone(),
        None => first_series(client).await?,
    };
    let answer = client.forecast(&request).await.map_err(|error| whole(&error))?;
    let faults = faults(&request, &answer);
    if !faults.is_empty() {
        return Err(faults.join("; "));
    }
    let (series, steps) = (answer.forecasts.len(), answer.horizon);
    Ok(format!("{series} series, {steps} {} steps from version {}", answer.frequency, answer.model.version))
}

/// The model's own first series can always be forecast: what is known of its future was given at training.
async fn first_series(client: &ForecastClient) -> Result<ForecastRequest, String> {
    let list = client.series(1).await.map_err(|error| whole(&error))?;
    if list.series.is_empty() {
        return Err("the model knows no series; name one with --request".to_owned());
    }
    Ok(ForecastRequest::for_series(list.series))
}

async fn metrics(client: &ForecastClient) -> Seen {
    let page = client.metrics_page().await.map_err(|error| whole(&error))?;
    let missing: Vec<&str> =
        FAMILIES.into_iter().filter(|family| !page.contains(&format!("# TYPE {family} "))).collect();
    if missing.is_empty() {
        Ok(format!("{} families", page.lines().filter(|line| line.starts_with("# TYPE ")).count()))
    } else {
        Err(format!("{} not exported", missing.join(" and ")))
    }
}

#[cfg(test)]
mod tests;
