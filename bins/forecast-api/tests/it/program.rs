//! Starting the program, reading what it says, and ending it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

const WITHIN: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// The program in a folder, with no setting of this shell.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forecast-api"));
    command.current_dir(folder).env_clear().env("FORECAST_LOG_FORMAT", "json").stdin(Stdio::null());
    command
}

/// Runs to the end.
pub(crate) fn output(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// A running program. Dropping it kills it.
pub(crate) struct Program {
    process: Child,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    said: Arc<Mutex<Vec<String>>>,
}

impl Program {
    /// Starts it on a port of the system's choice.
    pub(crate) fn start(command: &mut Command) -> Self {
        command.args(["--bind", "127.0.0.1:0", "--drain-delay-seconds", "0", "--poll-seconds", "1"]);
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let said = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                heard.lock().unwrap().push(line);
            }
        });
        let mut program = Self { process, address: String::new(), said };
        program.address = program.until_said(|line| {
            let line: Value = serde_json::from_str(line).ok()?;
            if line["message"] != "listening" {
                return None;
            }
            line["fields"]["address"].as_str().map(str::to_owned)
        });
        program
    }

    /// Waits for a line in its log.
    pub(crate) fn until_said<T>(&mut self, wanted: impl Fn(&str) -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = self.said.lock().unwrap().iter().find_map(|line| wanted(line)) {
                return found;
            }
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none() && began.elapsed() < WITHIN, "{ended:?}: {}", self.log());
            std::thread::sleep(POLL);
        }
    }

    /// Everything in its log so far.
    pub(crate) fn log(&self) -> String {
        self.said.lock().unwrap().join("\n")
    }

    /// Asks again and again until the answer is as it should be.
    pub(crate) async fn until(&self, path: &str, is_fine: impl Fn(u16, &str) -> bool) -> String {
        let began = Instant::now();
        loop {
            let (status, text) = self.get(path).await;
            if is_fine(status, &text) {
                return text;
            }
            assert!(began.elapsed() < WITHIN, "{path} still answers {status}: {text}\n{}", self.log());
            tokio::time::sleep(POLL).await;
        }
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        forecast_telemetry::install_tls_provider();
        let response = reqwest::get(format!("http://{}{path}", self.address)).await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Sends it a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.process.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end; the exit code.
    pub(crate) fn wait(mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}
