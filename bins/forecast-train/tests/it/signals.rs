//! Ctrl-C and SIGTERM: the run is marked, nothing is registered, and it does not take long.

use std::io::{BufRead, BufReader};
use std::process::Command;

use forecast_pipeline::mlflow::types::{RegistryQuery, RunStatus};
use forecast_testkit::sample::SampleOptions;

use crate::shop::{BASICS, Shop};

#[tokio::test]
async fn an_interrupted_run_is_killed_and_leaves_nothing_to_promote() {
    // Enough trees to be at it for a long time.
    let shop = Shop::of(&SampleOptions { boutiques: 8, products: 10, days: 700, ..SampleOptions::default() });
    for signal in ["INT", "TERM"] {
        let more = ["--models", "random-forest,extra-trees", "--windows", "8", "--register", "m"];
        let mut program = shop.program(&[&BASICS[..10], &more].concat()).spawn().unwrap();
        let mut lines = BufReader::new(program.stderr.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|line| line.starts_with("Backtest")), "the backtest has begun");
        let sent = Command::new("kill").args(["-s", signal, &program.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let rest: Vec<String> = lines.collect();
        assert_eq!(program.wait().unwrap().code(), Some(130), "{rest:?}");
        assert!(
            rest.iter().any(|line| line.contains("interrupted; the run is marked as killed")),
            "{rest:?}"
        );
        let run = shop.runs().await.pop().unwrap();
        assert_eq!(run.info.status, RunStatus::Killed, "SIG{signal}");
        assert!(run.tag("forecast.reason").is_some_and(|reason| reason.contains("interrupted")));
        assert!(run.outputs.model_outputs.is_empty());
    }
    let versions = shop.store().await.search_model_versions(&RegistryQuery::default()).await.unwrap();
    assert!(versions.items.is_empty(), "{versions:?}");
}
