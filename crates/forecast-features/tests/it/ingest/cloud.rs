//! Tables behind an address, served by a loopback server of a few lines.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use forecast_features::ingest::{IngestError, IngestRequest, Ingested, ingest};

use super::support::{GOOD, Tables, setup};

/// Answers every request for `/sales.csv` with `GOOD`, and any other with 404, until the test ends.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let request = lines.next().and_then(Result::ok).unwrap_or_default();
            while lines.next().and_then(Result::ok).is_some_and(|line| !line.is_empty()) {}
            let (status, body) =
                if request.starts_with("GET /sales.csv") { ("200 OK", GOOD) } else { ("404 Not Found", "") };
            let modified = "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\nETag: \"1\"";
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{modified}\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        }
    });
    format!("http://{address}")
}

fn read(url: String) -> Result<Ingested, IngestError> {
    let setup = setup();
    let request = IngestRequest { data: &[url], future: &[], spec: &setup.spec, options: &setup.options };
    ingest(&request, &|_| {})
}

#[test]
fn a_table_behind_an_address_is_read_like_a_file() {
    let url = format!("{}/sales.csv", serve());
    let ingested = read(url.clone()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(ingested.panel, Tables::of(GOOD).panel(&setup()));
    assert_eq!(ingested.source.files, [url]);
}

#[test]
fn an_address_without_a_table_is_an_error_that_names_it() {
    let url = format!("{}/nothing.csv", serve());
    let error = read(url.clone()).unwrap_err();
    assert!(matches!(&error, IngestError::Cloud { .. }) && error.to_string().contains(&url), "{error}");
}
