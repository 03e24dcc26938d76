//! Asks a running service for forecasts over many connections at once, and counts every failure.
//!
//! ```text
//! cargo run --release -p forecast-client --example load -- http://localhost:8080 --connections 32 --seconds 10
//! ```
//! It shows what one pod serves, and proves that a rolling update loses no request. For the second it has to
//! see what callers with retries never see, so it has none: each connection sends one request at a time over
//! plain HTTP/1.1 keep-alive and reconnects where it was told to (`connection: close`) or finds the connection
//! closed before it sends. A request that was sent and not answered, or answered with anything but a forecast,
//! is a failure.
//!
//! Time and memory are bounded whatever the service does. Ctrl-C or SIGTERM ends it early, with its report.
//!
//! Exit codes: 0 no request failed, 1 one did or none was made, 2 the command line is wrong.
#![allow(clippy::print_stdout, reason = "it prints what it measured")]

mod arguments;
mod connection;
mod histogram;
mod report;
#[path = "../shared/request.rs"]
mod request;
mod tally;
mod worker;

use std::process::ExitCode;

use forecast_client::{ClientConfig, ForecastClient, ForecastRequest};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use arguments::{Arguments, Asked, USAGE};
use report::Report;
use tally::Tally;
use worker::Plan;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(Asked::Help) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(Asked::Run(arguments)) => arguments,
        Err(reason) => {
            eprintln!("load: {reason}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&arguments).await {
        Ok(report) => {
            print!("{report}");
            if report.is_flawless() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(reason) => {
            eprintln!("load: {reason}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<Report, Box<dyn std::error::Error>> {
    let request = match &arguments.request {
        Some(request) => request.clone(),
        None => first_series(&arguments.base_url).await?,
    };
    let plan = Plan::new(arguments, &request)?;
    let (stop, stopped) = watch::channel(false);
    let began = Instant::now();
    let end = began + arguments.time_limit;

    let mut workers = JoinSet::new();
    for _ in 0..arguments.connections {
        workers.spawn(worker::work(plan.clone(), stopped.clone()));
    }
    tokio::spawn(async move {
        told_to_stop(end).await;
        // Nobody listens any more where all requests have been made already.
        let _nobody_left = stop.send(true);
    });

    let mut tally = Tally::default();
    while let Some(worker) = workers.join_next().await {
        tally.merge(worker?);
    }
    let report = Report::new(arguments.connections, began.elapsed(), tally);
    if let Some(path) = &arguments.json {
        std::fs::write(path, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(report)
}

/// Until the time is over or somebody ends the program.
async fn told_to_stop(end: Instant) {
    let over = tokio::time::sleep_until(end);
    match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        (Ok(mut interrupt), Ok(mut terminate)) => tokio::select! {
            () = over => {}
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        },
        // Without signals the time limit remains.
        _ => over.await,
    }
}

/// The model's own first series, which it can always forecast.
async fn first_series(base_url: &str) -> Result<ForecastRequest, Box<dyn std::error::Error>> {
    let client = ForecastClient::new(&ClientConfig::new(base_url))?;
    let list = client.series(1).await?;
    if list.series.is_empty() {
        return Err("the model knows no series; name one with --request".into());
    }
    Ok(ForecastRequest::for_series(list.series))
}
