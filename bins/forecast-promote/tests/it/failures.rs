//! What people are told when it does not work, and with which exit code.

use std::io::Read;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use forecast_testkit::mlflow::{Backend, Login, MlflowServer, Options};
use forecast_testkit::scripted_http::{Reply, ScriptedServer};

use crate::support::{ended, open, program, sqlite, trained};

#[test]
fn wrong_usage_is_2() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [&[&str]; 6] = [
        &[],
        &["--run-id", ""],
        &["--run-id", "a", "--list"],
        &["--run-id", "a", "--to", "archive"],
        &["--list", "--dry-run"],
        &["--rollback"],
    ];
    for arguments in cases {
        let ended = ended(program(folder.path()).args(arguments));
        assert_eq!(ended.code, Some(2), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains("try '--help'"), "{arguments:?}: {ended:?}");
    }
}

#[test]
fn a_store_that_is_not_there_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [["--list", "--json"], ["--run-id=0123", "--json"]] {
        let ended = ended(program(folder.path()).args(arguments));
        assert_eq!(ended.code, Some(64), "{ended:?}");
        assert!(ended.stderr.contains("there is no MLflow store at sqlite:///mlflow.db"), "{ended:?}");
        assert!(ended.stderr.contains("set MLFLOW_TRACKING_URI or --tracking-uri"), "{ended:?}");
        assert_eq!(ended.json()["status"], "configuration");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn all_settings_are_complained_about_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path());
    command
        .env("FORECAST_MODEL", "a/b")
        .env("FORECAST_LOG_FORMAT", "xml")
        .env("MLFLOW_TRACKING_USERNAME", "ada");
    let ended = ended(command.args(["--list", "--tracking-uri", "postgresql://h/db"]));
    assert_eq!(ended.code, Some(64), "{ended:?}");
    for part in ["\"a/b\"", "FORECAST_LOG_FORMAT", "MLFLOW_TRACKING_PASSWORD", "mlflow server"] {
        assert!(ended.stderr.contains(part), "{part}: {ended:?}");
    }
}

#[test]
fn a_file_that_is_no_store_is_64() {
    let folder = tempfile::tempdir().unwrap();
    for uri in ["sqlite:///:memory:", "sqlite:///missing/mlflow.db"] {
        let ended = ended(program(folder.path()).args(["--list", "--tracking-uri", uri]));
        assert_eq!(ended.code, Some(64), "{uri}: {ended:?}");
    }
}

#[test]
fn a_server_that_is_down_is_69() {
    let folder = tempfile::tempdir().unwrap();
    let url = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let ended = ended(program(folder.path()).args(["--run-id", "0123", "--json", "--tracking-uri", &url]));
    assert_eq!(ended.code, Some(69), "{ended:?}");
    assert!(ended.stderr.contains(&format!("MLflow at {url}: cannot read run 0123")), "{ended:?}");
    assert!(ended.stderr.contains("check that it is up"), "{ended:?}");
    assert_eq!(ended.json()["exit_code"], 69);
}

#[test]
fn ctrl_c_is_130_and_nothing_is_claimed() {
    let folder = tempfile::tempdir().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let mut command = program(folder.path());
    command.args(["--run-id", "0123", "--tracking-uri", &url]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    // The request is on its way and will not be answered.
    let (mut connection, _) = silent.accept().unwrap();
    connection.read_exact(&mut [0; 4]).unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert!(String::from_utf8_lossy(&output.stderr).contains("error: interrupted; nothing was changed"));
}

#[tokio::test]
async fn the_way_back_repeats_the_address_that_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let uri = sqlite(folder.path());
    let store = open(&uri).await;
    let (first, second) = (trained(store.as_ref(), 0.3).await, trained(store.as_ref(), 0.2).await);
    let promote = |run: &str| ended(program(folder.path()).args(["--run-id", run, "--tracking-uri", &uri]));
    assert_eq!(promote(&first).code, Some(0));
    let next = promote(&second);
    let go_back = format!("forecast-promote --run-id {first} --tracking-uri {uri}\n");
    assert!(next.stdout.ends_with(&go_back), "{next:?}");
}

#[tokio::test]
async fn an_answer_that_refuses_is_69_and_names_its_own_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let login = Reply::answer(401, "text/html", "You are not authenticated.")
        .with_header("www-authenticate", "Basic realm=\"mlflow\"");
    let right = Reply::answer(403, "text/plain", "Permission denied");
    let name =
        Reply::answer(403, "text/plain", "Invalid Host header - possible DNS rebinding attack detected");
    for (reply, part) in [
        (login, "not authenticated; check MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"),
        (right, "permission denied; ask the server's administrator"),
        (name, "start it with `--allowed-hosts"),
    ] {
        let server = ScriptedServer::start([reply]).await.unwrap();
        let mut command = program(folder.path());
        command.env("MLFLOW_TRACKING_USERNAME", "ada").env("MLFLOW_TRACKING_PASSWORD", "hunter2");
        command.args(["--run-id", "0123", "--tracking-uri", server.url()]);
        let ended = tokio::task::spawn_blocking(move || ended(&mut command)).await.unwrap();
        assert_eq!(ended.code, Some(69), "{ended:?}");
        assert!(ended.stderr.contains(part), "{part}: {ended:?}");
        // The server is up and found: nobody is sent to look for it.
        assert!(!ended.stderr.contains("check that it is up"), "{ended:?}");
        assert!(!ended.stderr.contains("hunter2"), "{ended:?}");
    }
}

#[test]
fn a_real_server_with_a_login_answers_the_right_one_only() {
    let folder = tempfile::tempdir().unwrap();
    let login = Login { username: "ada".into(), password: "correct horse battery".into() };
    let options = Options { login: Some(login), ..Options::default() };
    let server = MlflowServer::start(Backend::Sqlite(folder.path().join("mlflow.db")), &options).unwrap();
    let list = |password: &str| {
        let mut command = program(folder.path());
        command.env("MLFLOW_TRACKING_USERNAME", "ada").env("MLFLOW_TRACKING_PASSWORD", password);
        ended(command.args(["--list", "--tracking-uri", server.url()]))
    };
    let right = list("correct horse battery");
    assert_eq!(right.code, Some(0), "{right:?}");
    assert!(right.stdout.contains("demand-forecast has no versions at"), "{right:?}");
    let wrong = list("incorrect horse");
    assert_eq!(wrong.code, Some(69), "{wrong:?}");
    assert!(wrong.stderr.contains("not authenticated; check MLFLOW_TRACKING_USERNAME"), "{wrong:?}");
    assert!(!wrong.stderr.contains("incorrect horse"), "{wrong:?}");
}
