//! What the program says before it serves.

use std::net::TcpListener;

use crate::program::{command, output};

#[test]
fn the_help_has_examples_variables_and_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let (code, help, _) = output(command(folder.path()).arg("--help"));
    assert_eq!(code, Some(0));
    for part in
        ["Examples:", "--bind <ADDRESS>", "FORECAST_MODEL", "MLFLOW_TRACKING_URI", "SIGTERM", "Exit codes:"]
    {
        assert!(help.contains(part), "{part} is missing:\n{help}");
    }
    let (code, version, _) = output(command(folder.path()).arg("--version"));
    assert_eq!((code, version.trim()), (Some(0), concat!("forecast-api ", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn all_wrong_settings_are_named_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = command(folder.path());
    wrong.args(["--poll-seconds", "soon", "--alias", "v1"]);
    wrong
        .env("FORECAST_BIND", "nowhere")
        .env("MLFLOW_TRACKING_URI", "ftp://mlflow")
        .env("FORECAST_MODEL", "a/b");
    let (code, stdout, stderr) = output(&mut wrong);
    assert_eq!((code, stdout.as_str()), (Some(64), ""), "{stderr}");
    assert!(stderr.contains("the configuration has 5 problems:"), "{stderr}");
    for name in
        ["FORECAST_BIND", "FORECAST_MODEL", "FORECAST_ALIAS", "FORECAST_POLL_SECONDS", "MLFLOW_TRACKING_URI"]
    {
        assert!(stderr.contains(&format!("\n  {name}: ")), "{name}: {stderr}");
    }
}

#[test]
fn a_flag_that_does_not_exist_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, stderr) = output(command(folder.path()).args(["--port", "8080"]));
    assert_eq!(code, Some(2));
    assert!(stderr.contains("--port"), "{stderr}");
}

#[test]
fn an_address_that_is_taken_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, _, stderr) = output(command(folder.path()).args(["--bind", &address]));
    assert_eq!(code, Some(64), "{stderr}");
    assert!(
        stderr.contains(&format!("cannot listen on {address}")) && stderr.contains("FORECAST_BIND"),
        "{stderr}"
    );
}
