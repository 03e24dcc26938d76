//! A writer into memory, and configurations from a list of variables.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use forecast_telemetry::{ServiceIdentity, TelemetryConfig};
use tracing_subscriber::fmt::MakeWriter;

/// A wait that only something broken takes to its end.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// The trace and span that a caller hands on in these tests.
pub(crate) const CALLER_TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
pub(crate) const CALLER_SPAN: &str = "b7ad6b7169203331";

/// The caller's headers.
pub(crate) fn caller_headers(name: &str) -> Option<&'static str> {
    match name {
        "traceparent" => Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        "tracestate" => Some("vendor=7"),
        _ => None,
    }
}

/// A configuration of `forecast-api` 1.0.0 from variables.
pub(crate) fn config(variables: &[(&str, &str)]) -> TelemetryConfig {
    TelemetryConfig::from_lookup(ServiceIdentity::new("forecast-api", "1.0.0"), |name| {
        let found = variables.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    })
    .unwrap()
}

/// Log lines in memory.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
