//! The HTTP receiver: just enough of HTTP/1.1 to read posted protobuf messages.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{Identity, Shared};

/// Starts the receiver, with a thread per connection; returns its port.
pub(super) fn serve(received: Shared, identity: Option<&Identity>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let tls = identity.map(tls_config);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, received, tls) = (stream.unwrap(), Arc::clone(&received), tls.clone());
            thread::spawn(move || match tls {
                None => answer(stream, &received),
                Some(tls) => {
                    let session = ServerConnection::new(tls).unwrap();
                    answer(StreamOwned::<_, TcpStream>::new(session, stream), &received);
                }
            });
        }
    });
    port
}

fn tls_config(identity: &Identity) -> Arc<ServerConfig> {
    let certificate = CertificateDer::from(identity.certificate_der.clone());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.key_der.clone()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Arc::new(config)
}

/// Answers requests until the other side hangs up, or refuses the certificate.
fn answer(stream: impl Read + Write, received: &Shared) {
    let mut stream = BufReader::new(stream);
    while let Some((path, headers)) = read_head(&mut stream) {
        let header = |name: &str| {
            let found = headers.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.as_str())
        };
        let mut body = vec![0; header("content-length").unwrap().parse().unwrap()];
        stream.read_exact(&mut body).unwrap();
        if header("content-encoding") == Some("gzip") {
            let mut plain = Vec::new();
            GzDecoder::new(&*body).read_to_end(&mut plain).unwrap();
            body = plain;
        }
        assert_eq!(header("content-type"), Some("application/x-protobuf"));
        store(&path, &body, &headers, received);
        stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
        stream.get_mut().flush().unwrap();
    }
}

type Headers = Vec<(String, String)>;

fn read_head(stream: &mut impl BufRead) -> Option<(String, Headers)> {
    let request = read_line(stream)?;
    let path = request.split(' ').nth(1)?.to_owned();
    let mut headers = Headers::new();
    loop {
        let line = read_line(stream)?;
        let Some((name, value)) = line.split_once(':') else { return Some((path, headers)) };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

fn read_line(stream: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    match stream.read_line(&mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(line.trim_end().to_owned()),
    }
}

fn store(path: &str, body: &[u8], headers: &Headers, received: &Shared) {
    let mut received = received.lock().unwrap();
    received.headers.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    match path {
        "/v1/traces" => received.traces.push(ExportTraceServiceRequest::decode(body).unwrap()),
        "/v1/logs" => received.logs.push(ExportLogsServiceRequest::decode(body).unwrap()),
        "/v1/metrics" => received.metrics.push(ExportMetricsServiceRequest::decode(body).unwrap()),
        other => panic!("unexpected path {other}"),
    }
}
