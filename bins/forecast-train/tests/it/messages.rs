//! What people are told when it does not work, and with which exit code.

use crate::shop::{Shop, ended};

#[test]
fn wrong_usage_is_2() {
    let shop = Shop::new();
    let cases: [(&[&str], &str); 13] = [
        (&["--nonsense"], "--nonsense"),
        (&["sales.csv"], "sales.csv"),
        (&["--horizon", "soon"], "--horizon"),
        (&["--windows", "-1"], "-1"),
        (&["--seed", "-1"], "-1"),
        (&["--quantiles", "low"], "--quantiles"),
        (&["--decimal", "dot"], "point, comma"),
        (&["--duplicates", "first"], "error, sum, last"),
        (&["--gaps", "nil"], "zero, forward, missing"),
        (&["--ends", "round"], "aligned, ragged"),
        (&["--negatives", "drop"], "keep, error, clip"),
        (&["--refit", "never"], "every_window, first_window"),
        (&["--available", "in_stock", "--no-availability"], "cannot be used with"),
    ];
    for (arguments, expected) in cases {
        let found = shop.run(arguments);
        assert_eq!(found.code, Some(2), "{arguments:?}: {}", found.stderr);
        assert!(found.stderr.contains(expected), "{arguments:?}: {}", found.stderr);
    }
}

#[test]
fn wrong_settings_are_64_and_leave_nothing() {
    let shop = Shop::new();
    let cases: [(&[&str], &str); 27] = [
        (&["--horizon", "0"], "horizon: the horizon must lie between 1 and 10000 periods, not 0"),
        (&["--frequency", "fortnightly"], "frequency: `fortnightly` is not a frequency"),
        (&["--quantiles", "1.5"], "quantiles: "),
        (&["--models", "oracle"], "models: `oracle` is not a model family: use one of naive"),
        (&["--metric", "luck"], "metric: `luck` is not a metric: use one of mae"),
        (&["--windows", "0"], "windows: must be at least 1"),
        (&["--step", "0"], "step: must be at least 1"),
        (&["--threads", "0"], "threads: must be at least 1"),
        (&["--memory-budget-mb", "1"], "memory_budget_mb: must be at least 16"),
        (&["--min-history", "0"], "min_history must be at least 1"),
        (&["--dead-after", "0"], "dead_after must be at least 1"),
        (&["--max-panel-rows", "0"], "max_panel_rows must lie between"),
        (&["--holidays", "Atlantis"], "holidays: "),
        (&["--experiment", " "], "experiment: is empty"),
        (&["--register", "a/b"], "register: must be a name without"),
        (&["--tags", "alone"], "tags: `alone` must be written key=value"),
        (&["--tags", "mlflow.user=eve"], "choose another"),
        (&["--forecast-out", "f.xlsx"], "forecast_out: `f.xlsx` must end in .csv or .parquet"),
        (&["--forecast-out", "no/such/f.csv"], "forecast_out: there is no folder `no/such`"),
        (&["--forecast-out", "sales.csv"], "`sales.csv` is among the tables that are read"),
        (&["--known-future", "price", "--forecast-out", "f.csv"], "needs the future values of price"),
        (&["--static", "date"], "`date` is both time and static"),
        (&["--categorical", "colour"], "`colour` is listed as categorical"),
        (&["--time-format", "%!"], "`%!` is not a time format"),
        (&["--tracking-uri", "ftp://host"], "MLFLOW_TRACKING_URI"),
        (&["--tracking-uri", "sqlite:////no/such/folder/m.db"], "/no/such/folder"),
        (&["--config", "nowhere.toml"], "--init writes a first one"),
    ];
    for (arguments, expected) in cases {
        let found = shop.train(arguments);
        assert_eq!(found.code, Some(64), "{arguments:?}: {}", found.stderr);
        assert!(found.stderr.contains(expected), "{arguments:?}: {}", found.stderr);
    }
    assert!(!shop.folder().join("mlflow.db").exists(), "nothing was recorded");
}

#[test]
fn wrong_files_and_variables_are_64() {
    let shop = Shop::new();
    for (text, expected) in [
        ("horizn = 7", "horizn: there is no such setting; did you mean `horizon`?"),
        ("horizon = [", "line 1"),
        ("series = 7", "series: "),
        ("windows = 'three'", "expected a whole number"),
        ("known-future = 'price'", "did you mean `known_future`?"),
    ] {
        shop.write("bad.toml", text);
        let found = shop.train(&["--config", "bad.toml"]);
        assert_eq!(found.code, Some(64), "{text}: {}", found.stderr);
        assert!(found.stderr.contains("bad.toml: ") && found.stderr.contains(expected), "{}", found.stderr);
    }
    for (variable, value) in [
        ("MLFLOW_TRACKING_URI", "ftp://host"),
        ("MLFLOW_TRACKING_PASSWORD", "alone"),
        ("MLFLOW_TRACKING_INSECURE_TLS", "perhaps"),
        ("FORECAST_LOG_FORMAT", "xml"),
    ] {
        let found = ended(shop.program(&crate::shop::BASICS).env(variable, value));
        assert_eq!(found.code, Some(64), "{variable}: {}", found.stderr);
        assert!(found.stderr.contains(variable), "{}", found.stderr);
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let shop = Shop::new();
    shop.write("bad.toml", "horizn = 7\nwindows = 'three'");
    let arguments =
        ["--config", "bad.toml", "--horizon", "0", "--tracking-uri", "ftp://host", "--metric", "luck"];
    let found = ended(shop.program(&arguments).env("FORECAST_LOG_FORMAT", "xml"));
    assert_eq!(found.code, Some(64));
    for expected in
        ["horizn", "windows", "between 1 and 10000", "ftp", "FORECAST_LOG_FORMAT", "luck", "data: is missing"]
    {
        assert!(found.stderr.contains(expected), "{expected}: {}", found.stderr);
    }
    assert!(found.stderr.contains("the configuration has 9 problems:"), "{}", found.stderr);
    let nothing = shop.run(&[]);
    assert_eq!(nothing.code, Some(64));
    for expected in ["time: is missing", "target: is missing", "data: is missing"] {
        assert!(nothing.stderr.contains(expected), "{}", nothing.stderr);
    }
}

#[tokio::test]
async fn bad_data_are_65_with_every_problem() {
    let shop = Shop::new();
    let sales = std::fs::read_to_string(shop.folder().join("sales.csv")).unwrap();
    let mut lines: Vec<String> = sales.lines().map(str::to_owned).collect();
    lines[3] = lines[3].replace("2025-", "2025/99/");
    let copy = lines[9].clone();
    lines.push(copy);
    lines[5].push_str("4,5,x");
    shop.write("sales.csv", &lines.join("\n"));
    let found = shop.train(&["--register", "m"]);
    assert_eq!(found.code, Some(65), "{}", found.stderr);
    for expected in ["problems:", "bad_time", "ragged_row", "remedy: ", "sales.csv"] {
        assert!(found.stderr.contains(expected), "{expected}: {}", found.stderr);
    }
    assert_eq!(found.stdout, "");
    let runs = shop.runs().await;
    assert_eq!(runs.len(), 1);
    assert!(runs[0].tag("forecast.reason").is_some_and(|reason| reason.contains("bad_time")), "{runs:?}");

    for arguments in [&["--data", "nowhere.csv"][..], &["--data", "*.tsv"], &["--target", "turnover"]] {
        assert_eq!(shop.train(arguments).code, Some(65), "{arguments:?}");
    }
}

#[test]
fn an_mlflow_that_does_not_answer_is_69() {
    let shop = Shop::new();
    // Bound, so that nobody else listens there, and closed again: nobody answers.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let found = shop.train(&["--tracking-uri", &format!("http://{address}")]);
    assert_eq!(found.code, Some(69), "{}", found.stderr);
    for expected in [&address.to_string(), "check that MLflow is up", "--tracking-uri"] {
        assert!(found.stderr.contains(expected), "{expected}: {}", found.stderr);
    }
}

#[test]
fn init_says_what_it_cannot_use() {
    let shop = Shop::new();
    shop.write("numbers.csv", "a,b\n1,2\n3,4\n");
    shop.write("dates.csv", "day,name\n2024-01-01,x\n2024-01-02,y\n");
    shop.write("nothing.csv", "day,sales\n");
    for (table, code, expected) in [
        ("nowhere.csv", 65, "nowhere.csv"),
        ("numbers.csv", 65, "looks like a date"),
        ("dates.csv", 65, "looks like a number to forecast"),
        ("nothing.csv", 65, "no rows"),
    ] {
        let found = shop.run(&["--init", table]);
        assert_eq!(found.code, Some(code), "{table}: {}", found.stderr);
        assert!(found.stderr.contains(expected), "{table}: {}", found.stderr);
    }
    shop.write("forecast.toml", "# mine");
    let found = shop.run(&["--init", "sales.csv"]);
    assert_eq!(found.code, Some(64));
    assert!(found.stderr.contains("is not overwritten"), "{}", found.stderr);
    assert_eq!(std::fs::read_to_string(shop.folder().join("forecast.toml")).unwrap(), "# mine");
}

#[test]
fn help_names_settings_examples_variables_and_exit_codes() {
    let found = Shop::new().run(&["--help"]);
    assert_eq!(found.code, Some(0));
    insta::assert_snapshot!(found.stdout);
    for expected in ["--known-future", "Examples:", "MLFLOW_TRACKING_URI", "65 bad data", "130 interrupted"] {
        assert!(found.stdout.contains(expected), "{expected}: {}", found.stdout);
    }
}
