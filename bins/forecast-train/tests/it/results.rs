//! Runs that end well: what is printed, and what is recorded.

use std::path::PathBuf;

use forecast_pipeline::mlflow::types::RunStatus;
use forecast_testkit::sample::SampleOptions;
use serde_json::Value;

use crate::shop::{Ended, Shop, ended};

fn outcome(found: &Ended) -> Value {
    assert_eq!(found.code, Some(0), "{}", found.stderr);
    serde_json::from_str(found.stdout.lines().last().unwrap()).unwrap()
}

#[tokio::test]
async fn scripts_get_one_json_object() {
    let shop = Shop::new();
    let found =
        shop.train(&["--json", "--register", "shop", "--forecast-out", "f.csv", "--tags", "team=planning"]);
    let outcome = outcome(&found);
    assert_eq!(found.stdout.lines().count(), 1);
    let runs = shop.runs().await;
    let [run] = runs.as_slice() else { unreachable!("one run: {runs:?}") };
    assert_eq!(outcome["run_id"], run.info.run_id);
    assert_eq!(outcome["experiment_id"], run.info.experiment_id);
    assert_eq!(outcome["model_uri"].as_str().map(|uri| uri.starts_with("models:/m-")), Some(true));
    assert_eq!(outcome["registered_version"], 1);
    assert_eq!(outcome["metrics"]["wape"].as_f64(), run.metric("wape"));
    let board = outcome["leaderboard"].as_array().unwrap();
    assert_eq!(
        (board.len(), &board[0]["rank"], &board[0]["champion"]),
        (2, &Value::from(1), &Value::from(true))
    );
    assert!(board[0]["wape"].as_f64() <= board[1]["wape"].as_f64());
    assert_eq!(run.info.status, RunStatus::Finished);
    assert_eq!((run.tag("mlflow.user"), run.tag("team")), (Some("ada"), Some("planning")));
    assert!(PathBuf::from(outcome["report"].as_str().unwrap()).is_file());
    let forecasts = std::fs::read_to_string(shop.folder().join("f.csv")).unwrap();
    assert_eq!(forecasts.lines().next(), Some("boutique,product,timestamp,step,mean,q0.1,q0.5,q0.9"));
    assert_eq!(forecasts.lines().count(), 1 + 6 * 7);
}

#[tokio::test]
async fn people_get_a_leaderboard_and_the_way_on() {
    let shop = Shop::new();
    let found = shop.train(&["--tracking-uri", "sqlite:///other.db"]);
    assert_eq!(found.code, Some(0), "{}", found.stderr);
    let run_id = found.stderr.lines().find_map(|line| line.strip_prefix("run ")).unwrap();
    for expected in ["WAPE", "seasonal-naive", "ridge ★", "report.html", "Of every 100 units sold"] {
        assert!(found.stdout.contains(expected), "{expected}: {}", found.stdout);
    }
    let promote = format!("MLFLOW_TRACKING_URI=sqlite:///other.db forecast-promote --run-id {run_id}");
    assert!(found.stdout.contains(&promote), "{promote}: {}", found.stdout);
    for phase in ["Reading", "Backtest", "Fitting", "Recording model files"] {
        assert!(found.stderr.contains(phase), "{phase}: {}", found.stderr);
    }
}

#[tokio::test]
async fn data_time_and_target_are_enough() {
    let shop = Shop::of(&SampleOptions { boutiques: 1, products: 1, days: 150, ..SampleOptions::default() });
    let found = shop.run(&["--data", "sales.csv", "--time", "date", "--target", "sales", "--json"]);
    assert_eq!(outcome(&found)["leaderboard"].as_array().map(Vec::len), Some(9), "every family was tried");
    let runs = shop.runs().await;
    assert_eq!((runs[0].param("horizon"), runs[0].param("windows")), (Some("25"), Some("3")));
    assert!(found.stderr.contains("horizon 25, as usual for such data"), "{}", found.stderr);

    let other = Shop::new().run(&["--data", "sales.csv", "--time", "date", "--target", "sales"]);
    assert_eq!(other.code, Some(65), "six series are not one");
    assert!(other.stderr.contains("name the columns that tell the series apart"), "{}", other.stderr);
}

#[tokio::test]
async fn a_suggested_file_can_be_trained_with_and_overruled() {
    let shop = Shop::new();
    let found = shop.run(&["--init", "sales.csv"]);
    assert_eq!(found.code, Some(0), "{}", found.stderr);
    let text = std::fs::read_to_string(shop.folder().join("forecast.toml")).unwrap();
    for expected in [
        "series = [\"boutique\", \"product\"]",
        "time = \"date\"",
        "target = \"sales\"",
        "available = \"in_stock\"",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let arguments =
        ["--config", "forecast.toml", "--models", "ridge,naive", "--horizon", "5", "--no-availability"];
    let mut program = shop.program(&arguments);
    let found = ended(program.env("MLFLOW_EXPERIMENT_NAME", "from the environment"));
    assert_eq!(found.code, Some(0), "{}", found.stderr);
    let runs = shop.runs().await;
    assert_eq!((runs[0].param("horizon"), runs[0].param("available")), (Some("5"), None));
    let experiment = shop.store().await.get_experiment(&runs[0].info.experiment_id).await.unwrap();
    assert_eq!(experiment.name, "from the environment");
}

#[test]
fn the_number_of_threads_does_not_change_the_model() {
    let models = ["1", "2"].map(|threads| {
        let shop = Shop::new();
        let found = shop.train(&["--models", "random-forest,boosted,ridge", "--threads", threads, "--json"]);
        let outcome = outcome(&found);
        let (experiment, model) =
            (outcome["experiment_id"].as_str().unwrap(), outcome["model_id"].as_str().unwrap());
        let folder = shop.folder().join("mlartifacts").join(experiment).join("models").join(model);
        (
            std::fs::read(folder.join("artifacts/model.bin")).unwrap(),
            outcome["leaderboard"][0]["wape"].clone(),
        )
    });
    assert!(models[0].0.len() > 1_000);
    assert_eq!(models[0].1, models[1].1);
    assert!(models[0].0 == models[1].0, "the bytes of the model differ");
}

#[test]
fn readers_that_go_away_are_no_failure() {
    let shop = Shop::new();
    let mut child = shop.program(&crate::shop::BASICS).spawn().unwrap();
    // As in `forecast-train … 2>&1 | head -1`.
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn series_that_have_ended_are_not_forecast() {
    let shop = Shop::new();
    let row = |series: &str, day: usize| format!("2025-01-{day:02},{series},{},{}\n", day % 3, day % 7);
    let rows: String =
        (1..=28).map(|day| row("running", day)).chain((1..=14).map(|day| row("ended", day))).collect();
    shop.write("two.csv", &format!("date,shop,price,sales\n{rows}"));
    let ahead: String = (29..=31).map(|day| row("running", day)).collect();
    shop.write("ahead.csv", &format!("date,shop,price,sales\n{ahead}"));
    let found = shop.run(&[
        "--data",
        "two.csv",
        "--time",
        "date",
        "--target",
        "sales",
        "--series",
        "shop",
        "--known-future",
        "price",
        "--future",
        "ahead.csv",
        "--ends",
        "ragged",
        "--gaps",
        "missing",
        "--horizon",
        "3",
        "--models",
        "ridge",
        "--forecast-out",
        "f.csv",
    ]);
    assert_eq!(found.code, Some(0), "{}", found.stderr);
    let written = std::fs::read_to_string(shop.folder().join("f.csv")).unwrap();
    let series: Vec<&str> = written.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(series, ["running"; 3]);
}
