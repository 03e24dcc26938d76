//! A real server that is locked: TLS with a private certificate, basic authentication, and one
//! name only that it may be called by.

use std::sync::Arc;

use forecast_testkit::mlflow::{Backend, Certificate, Login, MlflowServer, Options};
use mlflow_client::config::{Auth, Secret, Tls};
use mlflow_client::types::{Batch, NewExperiment, NewRun, Param};
use mlflow_client::{ClientConfig, MlflowStore, connect};
use serde_json::json;

use crate::support::{config, refused, unique};

const PASSWORD: &str = "correct horse battery";

#[tokio::test]
async fn a_locked_server_lets_in_who_may_come_and_says_why_to_others() {
    let dir = tempfile::tempdir().unwrap();
    let certificate = Certificate::self_signed(dir.path()).unwrap();
    let options = Options {
        login: Some(Login { username: "admin".to_owned(), password: PASSWORD.to_owned() }),
        allowed_hosts: vec!["localhost:*".to_owned()],
        certificate: Some(certificate.clone()),
        ..Options::default()
    };
    let server = MlflowServer::start(Backend::Sqlite(dir.path().join("mlflow.db")), &options).unwrap();
    let url = server.url().replace("127.0.0.1", "localhost");
    let trusting = ClientConfig {
        auth: basic("admin", PASSWORD),
        tls: Tls::CaFile(certificate.certificate),
        ..config(&url)
    };

    the_right_login_works(&trusting).await;
    wrong_logins(&trusting).await;
    a_reader_may_not_write(&trusting, &url).await;
    certificates(&trusting).await;
    names(&trusting, server.url()).await;
}

fn basic(username: &str, password: &str) -> Auth {
    Auth::Basic { username: username.to_owned(), password: Secret::new(password) }
}

async fn with(config: &ClientConfig, auth: Auth) -> Arc<dyn MlflowStore> {
    connect(&ClientConfig { auth, ..config.clone() }).await.unwrap()
}

async fn the_right_login_works(trusting: &ClientConfig) {
    let store = connect(trusting).await.unwrap();
    store.ping().await.unwrap();
    let experiment = store.create_experiment(&NewExperiment::new(unique("locked"))).await.unwrap();
    let run = store.create_run(&NewRun::new(experiment)).await.unwrap().info;
    let batch = Batch { params: vec![Param::new("a", 1)], ..Batch::default() };
    store.log_batch(&run.run_id, &batch).await.unwrap();
    let file = run.artifact_root().unwrap().join("f").unwrap();
    store.upload_bytes(b"x".to_vec(), &file).await.unwrap();
    assert_eq!(store.read_artifact(&file).await.unwrap(), b"x");
}

async fn wrong_logins(trusting: &ClientConfig) {
    for auth in
        [Auth::None, basic("admin", "wrong"), basic("nobody", "wrong"), Auth::Bearer(Secret::new("token"))]
    {
        let store = with(trusting, auth).await;
        let error = refused!(store.ping().await, Unauthenticated);
        assert!(error.contains("MLFLOW_TRACKING_USERNAME") && !error.contains("wrong"), "{error}");
        let shown = format!("{store:?}");
        assert!(!shown.contains("wrong") && !shown.contains("token"), "{shown}");
    }
}

async fn a_reader_may_not_write(trusting: &ClientConfig, url: &str) {
    let admin = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build().unwrap();
    let created = admin
        .post(format!("{url}/api/2.0/mlflow/users/create"))
        .basic_auth("admin", Some(PASSWORD))
        .json(&json!({"username": "reader", "password": PASSWORD}))
        .send()
        .await
        .unwrap();
    assert!(created.status().is_success(), "{created:?}");
    let store = with(trusting, basic("reader", PASSWORD)).await;
    store.get_experiment("0").await.unwrap();
    let error = refused!(store.create_run(&NewRun::new("0")).await, PermissionDenied);
    assert!(error.contains("administrator"), "{error}");
}

async fn certificates(trusting: &ClientConfig) {
    let strict = ClientConfig { tls: Tls::System, ..trusting.clone() };
    let error = refused!(connect(&strict).await.unwrap().ping().await, Tls);
    assert!(error.contains("MLFLOW_TRACKING_SERVER_CERT_PATH"), "{error}");
    let insecure = ClientConfig { tls: Tls::Insecure, ..trusting.clone() };
    connect(&insecure).await.unwrap().ping().await.unwrap();

    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    for (text, hint) in [(None, "No such file"), (Some("hello"), "holds no certificate")] {
        if let Some(text) = text {
            std::fs::write(&file, text).unwrap();
        }
        let wrong = ClientConfig { tls: Tls::CaFile(file.clone()), ..trusting.clone() };
        let error = refused!(connect(&wrong).await, Config);
        assert!(error.contains(hint) && error.contains("ca.pem"), "{error}");
    }
}

/// The server is called by an address that its settings do not allow, as in a cluster.
async fn names(trusting: &ClientConfig, url: &str) {
    let stranger = ClientConfig { tracking_uri: config(url).tracking_uri, ..trusting.clone() };
    let error = refused!(connect(&stranger).await.unwrap().ping().await, InvalidHostHeader);
    let port = url.rsplit(':').next().unwrap();
    for part in ["--allowed-hosts", "MLFLOW_SERVER_ALLOWED_HOSTS", &format!("\"127.0.0.1,127.0.0.1:{port}\"")]
    {
        assert!(error.contains(part), "{error}");
    }
}
