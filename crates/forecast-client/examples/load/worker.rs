//! What each connection does until it is told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use forecast_client::{ForecastRequest, ForecastResponse};
use hyper::body::Bytes;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::arguments::Arguments;
use crate::connection::{Connection, Target};
use crate::tally::{Failure, Tally};

/// After a connection could not be made, so that a service that is gone is not hammered.
const AFTER_REFUSAL: Duration = Duration::from_millis(10);

/// The same for all connections; clones share the number of requests left.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    target: Target,
    body: Bytes,
    left: Arc<AtomicU64>,
    pause: Duration,
    timeout: Duration,
    began: Instant,
}

impl Plan {
    pub(crate) fn new(
        arguments: &Arguments,
        request: &ForecastRequest,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        Ok(Self {
            target: Target::forecast(&arguments.base_url)?,
            body: serde_json::to_vec(request)?.into(),
            left: Arc::new(AtomicU64::new(arguments.requests)),
            pause: arguments.pause,
            timeout: arguments.timeout,
            began: Instant::now(),
        })
    }

    /// Takes one of the requests that are left.
    fn take(&self) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }
}

/// Asks one request after the other, and finishes the one that it has begun.
pub(crate) async fn work(plan: Plan, stopped: watch::Receiver<bool>) -> Tally {
    let mut tally = Tally::default();
    let mut connection = None;
    let mut connected_before = false;
    while !*stopped.borrow() && plan.take() {
        let began = Instant::now();
        let outcome = timeout(plan.timeout, ask(&plan, &mut connection)).await;
        let outcome = outcome.unwrap_or_else(|_| {
            connection = None;
            Err(Failure::new("no answer in time", &format!("nothing for {} ms", plan.timeout.as_millis())))
        });
        match outcome {
            Ok(asked) => {
                tally.reconnects += u64::from(asked.connected && connected_before);
                connected_before = true;
                tally.durations.add(began.elapsed());
                *tally.statuses.entry(asked.status).or_default() += 1;
                match asked.version {
                    Ok(version) => *tally.versions.entry(version).or_default() += 1,
                    Err(failure) => tally.fail(plan.began.elapsed(), &failure),
                }
            }
            Err(failure) => {
                connection = None;
                tally.fail(plan.began.elapsed(), &failure);
                sleep(AFTER_REFUSAL).await;
            }
        }
        if !plan.pause.is_zero() {
            sleep(plan.pause).await;
        }
    }
    tally
}

/// A request that was answered.
struct AnsweredRequest {
    status: u16,
    /// Whether a connection was made for it.
    connected: bool,
    /// Version of the model that forecast, or what was answered instead.
    version: Result<String, Failure>,
}

async fn ask(plan: &Plan, connection: &mut Option<Connection>) -> Result<AnsweredRequest, Failure> {
    let usable = match connection {
        Some(open) => open.is_open().await,
        None => false,
    };
    if !usable {
        *connection = Some(Connection::open(&plan.target).await?);
    }
    let Some(open) = connection else { return Err(Failure::new("not connected", &"no connection")) };
    let (status, body) = open.post(&plan.target, plan.body.clone()).await?;
    let version = if status.is_success() { version_of(&body) } else { Err(refusal(status.as_u16(), &body)) };
    Ok(AnsweredRequest { status: status.as_u16(), connected: !usable, version })
}

fn refusal(status: u16, body: &[u8]) -> Failure {
    let beginning: String = String::from_utf8_lossy(body).chars().take(160).collect();
    Failure::new("refused", &format!("{status} {beginning:?}"))
}

/// A 200 counts where it holds a forecast.
fn version_of(body: &[u8]) -> Result<String, Failure> {
    let answer: ForecastResponse =
        serde_json::from_slice(body).map_err(|reason| Failure::new("no forecast", &reason))?;
    if answer.forecasts.iter().any(|forecast| forecast.mean.is_empty()) || answer.forecasts.is_empty() {
        return Err(Failure::new("no forecast", &"the answer is empty"));
    }
    Ok(answer.model.version)
}

#[cfg(test)]
mod tests;
