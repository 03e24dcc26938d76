//! A loopback HTTP server that follows a script, for what real servers rarely do on demand: turn away,
//! hang up, stay silent, break off.
//!
//! One reply per connection, in the order of the script, each after one whole request has been read.
//! It proves how a client copes with faults; that a client suits a real server is for tests on that
//! server to prove.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the server does with one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Answers.
    Answer {
        /// HTTP status.
        status: u16,
        /// Name and value of headers beyond `content-length` and `connection`.
        headers: Vec<(String, String)>,
        /// The whole body.
        body: String,
    },
    /// Closes the connection without a byte.
    HangUp,
    /// Keeps the connection open without a byte, until the server is dropped.
    Silence,
    /// Answers 200, promises a body, and closes in the middle of it.
    BreakOff,
}

impl Reply {
    /// An answer in JSON.
    #[must_use]
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self::answer(status, "application/json", body)
    }

    /// An answer of some content type.
    #[must_use]
    pub fn answer(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self::Answer { status, headers, body: body.into() }
    }

    /// The same answer with one header more; other replies have none and stay as they are.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

/// A request as it arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenRequest {
    /// Such as `POST`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl SeenRequest {
    /// The first value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// The server; it stops when dropped.
#[derive(Debug)]
pub struct ScriptedServer {
    url: String,
    seen: Arc<Mutex<Vec<SeenRequest>>>,
    task: JoinHandle<()>,
}

impl ScriptedServer {
    /// Listens on a free loopback port. Requests beyond the script's end get a 500 that says so.
    ///
    /// # Errors
    /// What binding the port reports.
    pub async fn start(script: impl IntoIterator<Item = Reply>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let script: Vec<Reply> = script.into_iter().collect();
        let task = tokio::spawn(serve(listener, script, Arc::clone(&seen)));
        Ok(Self { url, seen, task })
    }

    /// Address without a trailing slash.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Every request so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, script: Vec<Reply>, seen: Arc<Mutex<Vec<SeenRequest>>>) {
    let mut script = script.into_iter();
    let mut silent = Vec::new();
    while let Ok((stream, _)) = listener.accept().await {
        let mut stream = BufReader::new(stream);
        // A connection that ends before its request is no request.
        let Ok(request) = read_request(&mut stream).await else { continue };
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let reply = script.next().unwrap_or_else(|| Reply::answer(500, "text/plain", "the script is over"));
        match reply {
            Reply::HangUp => {}
            Reply::Silence => silent.push(stream),
            // The client may have gone away meanwhile, which is its right.
            other => drop(write_reply(stream.get_mut(), &other).await),
        }
    }
}

async fn read_request(stream: &mut BufReader<TcpStream>) -> io::Result<SeenRequest> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let mut request = SeenRequest {
        method: words.next().unwrap_or_default(),
        target: words.next().unwrap_or_default(),
        ..SeenRequest::default()
    };
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    request.body.resize(length, 0);
    stream.read_exact(&mut request.body).await?;
    Ok(request)
}

async fn write_reply(stream: &mut TcpStream, reply: &Reply) -> io::Result<()> {
    let text = match reply {
        Reply::Answer { status, headers, body } => {
            let headers: String =
                headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let length = body.len();
            format!(
                "HTTP/1.1 {status} Scripted\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
        }
        _ => "HTTP/1.1 200 Scripted\r\ncontent-length: 1000\r\nconnection: close\r\n\r\n{\"half".to_owned(),
    };
    stream.write_all(text.as_bytes()).await?;
    stream.shutdown().await
}
