//! Asks a running service everything that a caller depends on, and says ok or FAIL for each.
//!
//! ```text
//! cargo run --release -p forecast-client --example smoke -- http://localhost:8080
//! ```
//! The pipeline runs it against every new pod before it calls a deployment done. It asks with the
//! client's own policy (three attempts, circuit breaker), so that it passes exactly where callers would be
//! served. It changes nothing, and refuses to judge how good a forecast is: that is the backtest's task.
//!
//! Exit codes: 0 all is well, 1 a step failed, 2 the command line is wrong.
#![allow(clippy::print_stdout, reason = "it prints what it finds")]

mod answer;
mod arguments;
#[path = "../shared/request.rs"]
mod request;
mod steps;

use std::process::ExitCode;

use forecast_client::{ClientConfig, ForecastClient};

use arguments::{Arguments, Asked, USAGE};
use steps::{Outcome, Step};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(Asked::Help) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(Asked::Run(arguments)) => *arguments,
        Err(reason) => {
            eprintln!("smoke: {reason}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match ForecastClient::new(&ClientConfig::new(&arguments.base_url)) {
        Ok(client) => run(&client, &arguments).await,
        Err(reason) => {
            eprintln!("smoke: {reason}");
            ExitCode::from(2)
        }
    }
}

/// All steps in order. A service that never becomes ready is asked nothing else.
async fn run(client: &ForecastClient, arguments: &Arguments) -> ExitCode {
    println!("{}", arguments.base_url);
    let mut failed = 0;
    for step in Step::ALL {
        let outcome = step.run(client, arguments).await;
        let (word, says) = match &outcome {
            Outcome::Fine(says) => ("ok  ", says),
            Outcome::Wrong(says) => ("FAIL", says),
        };
        println!("  {word} {:<14} {says}", step.name());
        if matches!(outcome, Outcome::Wrong(_)) {
            failed += 1;
            if step == Step::Ready {
                break;
            }
        }
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
