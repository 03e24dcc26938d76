//! A server that has dropped stages, which MLflow has announced: the real one behind a proxy that answers
//! what MLflow answers to a route it does not have.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use forecast_testkit::mlflow::MlflowServer;
use mlflow_client::types::Stage;

use crate::support::{ended, open, program, trained};

const MODEL: &str = "stageless";
const NO_ROUTE: &str = "<!doctype html>\n<title>404 Not Found</title>\n";

#[tokio::test]
async fn the_alias_moves_where_there_are_no_stages() {
    let server = MlflowServer::shared().unwrap();
    let store = open(server.url()).await;
    let store = store.as_ref();
    let (first, second) = (trained(store, 0.3).await, trained(store, 0.2).await);
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}", proxy.local_addr().unwrap());
    let upstream = server.url().trim_start_matches("http://").to_owned();
    // Ends with the process: there is nothing to clean up.
    std::thread::spawn(move || {
        for client in proxy.incoming().flatten() {
            let upstream = upstream.clone();
            std::thread::spawn(move || pass_on(client, &upstream));
        }
    });

    let folder = tempfile::tempdir().unwrap();
    for (run, version) in [(&first, 1), (&second, 2), (&first, 1)] {
        let arguments = ["--run-id", run, "--name", MODEL, "--tracking-uri", &uri];
        let done = ended(program(folder.path()).args(arguments));
        assert_eq!(done.code, Some(0), "{done:?}");
        assert!(
            done.stdout.contains(&format!("version {version} (run {run}) is in production now.")),
            "{done:?}"
        );
        let again = ended(program(folder.path()).args(arguments));
        assert!(again.stdout.contains("is in production already; nothing to do."), "{again:?}");
        let current = store.get_model_version_by_alias(MODEL, "production").await.unwrap();
        assert_eq!((current.version, current.current_stage), (version, Stage::None));
    }
}

/// One request and its answer. The server is asked to close, so that the answer ends.
fn pass_on(client: TcpStream, upstream: &str) -> Option<()> {
    let mut request = BufReader::new(client.try_clone().ok()?);
    let (mut head, mut length, mut line) = (String::new(), 0, String::new());
    while request.read_line(&mut line).ok()? > 2 {
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
        if !name.eq_ignore_ascii_case("connection") {
            head.push_str(&line);
        }
        line.clear();
    }
    let mut body = vec![0; length];
    request.read_exact(&mut body).ok()?;
    let mut client = client;
    let first = head.lines().next()?;
    if first.contains("transition-stage") || first.contains("get-latest-versions") {
        let length = NO_ROUTE.len();
        return write!(
            client,
            "HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n{NO_ROUTE}"
        )
        .ok();
    }
    let mut server = TcpStream::connect(upstream).ok()?;
    write!(server, "{head}connection: close\r\n\r\n").ok()?;
    server.write_all(&body).ok()?;
    std::io::copy(&mut server, &mut client).ok()?;
    Some(())
}
