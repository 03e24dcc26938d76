//! A real headless Chromium, driven through its driver.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use forecast_testkit::ledger::note_real_server;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

/// A running driver. Dropping it ends it and its browsers.
pub(crate) struct Driver {
    process: Child,
    port: u16,
}

/// What a page should look like to its browser.
#[derive(Clone, Copy)]
pub(crate) struct Looks {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Driver {
    /// Starts the driver that comes with Debian's Chromium, at a port of its own choice.
    pub(crate) fn start() -> Self {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is on the PATH; ci/test.sh installs it");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| port_of(&line.unwrap())).expect("chromedriver says its port");
        // Whatever else it says must go somewhere.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, port }
    }

    /// Opens a browser without a window.
    pub(crate) async fn open(&self, looks: Looks) -> Client {
        let size = format!("--window-size={},{}", looks.width, looks.height);
        let arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", &size];
        let mut capabilities = Capabilities::new();
        capabilities.insert("goog:chromeOptions".to_owned(), json!({ "args": arguments }));
        capabilities.insert("goog:loggingPrefs".to_owned(), json!({"browser": "ALL"}));
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", self.port))
            .await
            .unwrap();
        note_real_server("chromium").unwrap();
        client
    }

    /// Everything that the page has said on its console, errors of loading and of policy among it.
    pub(crate) async fn console(&self, client: &Client) -> Vec<String> {
        let session = client.session_id().await.unwrap().unwrap();
        let url = format!("http://127.0.0.1:{}/session/{session}/se/log", self.port);
        let answer = reqwest::Client::new().post(url).json(&json!({"type": "browser"})).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        let entries = answer["value"].as_array().unwrap_or_else(|| panic!("no log: {answer}"));
        entries.iter().map(|entry| format!("{}: {}", entry["level"], entry["message"])).collect()
    }
}

fn port_of(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("started successfully on port ")?;
    rest.trim_end_matches('.').parse().ok()
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Asked to end it takes its browsers with it, which a killed one leaves behind.
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let head = format!(
                "GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n",
                self.port
            );
            let _unanswered =
                stream.write_all(head.as_bytes()).and_then(|()| stream.read_to_end(&mut Vec::new()));
        }
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}
