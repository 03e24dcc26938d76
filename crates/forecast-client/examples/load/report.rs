//! What the load program says in the end: a small table for people, and the same as JSON.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use serde::Serialize;

use crate::tally::Tally;

/// The whole run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    connections: u64,
    seconds: f64,
    requests: u64,
    failed: u64,
    requests_per_second: f64,
    latency_ms: Latency,
    statuses: BTreeMap<u16, u64>,
    model_versions: BTreeMap<String, u64>,
    failures: BTreeMap<&'static str, u64>,
    first_failures: Vec<String>,
    reconnects: u64,
}

/// Milliseconds until an answer was read whole.
#[derive(Debug, Serialize)]
struct Latency {
    p50: f64,
    p90: f64,
    p99: f64,
    p999: f64,
    max: f64,
}

impl Report {
    pub(crate) fn new(connections: u64, took: Duration, tally: Tally) -> Self {
        let ms = |duration: Duration| (duration.as_secs_f64() * 1e5).round() / 1e2;
        let quantile = |share| ms(tally.durations.quantile(share));
        let requests = tally.answered() + tally.failed();
        let seconds = took.as_secs_f64();
        #[allow(clippy::cast_precision_loss, reason = "nobody makes 2^53 requests")]
        let requests_per_second = (requests as f64 / seconds.max(1e-9)).round();
        Self {
            connections,
            seconds: (seconds * 1e2).round() / 1e2,
            requests,
            failed: tally.failed(),
            requests_per_second,
            latency_ms: Latency {
                p50: quantile(0.5),
                p90: quantile(0.9),
                p99: quantile(0.99),
                p999: quantile(0.999),
                max: ms(tally.durations.longest()),
            },
            statuses: tally.statuses,
            model_versions: tally.versions,
            failures: tally.failures,
            first_failures: tally
                .told
                .into_iter()
                .map(|(at, says)| format!("after {:.2} s: {says}", at.as_secs_f64()))
                .collect(),
            reconnects: tally.reconnects,
        }
    }

    /// Whether requests were made and every one brought a forecast.
    pub(crate) fn is_flawless(&self) -> bool {
        self.requests > 0 && self.failed == 0
    }
}

impl Display for Report {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Latency { p50, p90, p99, p999, max } = &self.latency_ms;
        writeln!(
            out,
            "requests    {} in {:.1} s over {} connections: {:.0} a second",
            self.requests, self.seconds, self.connections, self.requests_per_second
        )?;
        writeln!(out, "failed      {}{}", self.failed, listed(&self.failures, "  (", ")"))?;
        writeln!(out, "statuses  {}", listed(&self.statuses, "  ", ""))?;
        writeln!(out, "models    {}", listed(&self.model_versions, "  version ", ""))?;
        writeln!(
            out,
            "latency     median {p50} ms, 90 % {p90} ms, 99 % {p99} ms, 99.9 % {p999} ms, longest {max} ms"
        )?;
        writeln!(out, "reconnects  {}", self.reconnects)?;
        for failure in &self.first_failures {
            writeln!(out, "            {failure}")?;
        }
        Ok(())
    }
}

fn listed<Key: Display>(counts: &BTreeMap<Key, u64>, before: &str, after: &str) -> String {
    if counts.is_empty() {
        return String::new();
    }
    let parts: Vec<String> = counts.iter().map(|(key, count)| format!("{key}: {count}")).collect();
    format!("{before}{}{after}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::Failure;

    #[test]
    fn the_table_names_what_failed() {
        let mut tally = Tally::default();
        for millis in [1, 2] {
            tally.durations.add(Duration::from_millis(millis));
        }
        tally.statuses.insert(200, 2);
        tally.versions.insert("1".to_owned(), 1);
        tally.versions.insert("2".to_owned(), 1);
        assert!(Report::new(1, Duration::from_secs(1), tally.clone()).is_flawless());
        tally.fail(Duration::from_millis(750), &Failure::new("no answer", &"connection reset"));
        let report = Report::new(4, Duration::from_secs(1), tally);
        assert!(!report.is_flawless());
        assert_eq!(
            report.to_string(),
            "requests    3 in 1.0 s over 4 connections: 3 a second\n\
             failed      1  (no answer: 1)\n\
             statuses    200: 2\n\
             models      version 1: 1, 2: 1\n\
             latency     median 1.01 ms, 90 % 2 ms, 99 % 2 ms, 99.9 % 2 ms, longest 2 ms\n\
             reconnects  0\n\
             \x20           after 0.75 s: no answer: connection reset\n"
        );
    }

    #[test]
    fn no_request_at_all_is_no_success() {
        assert!(!Report::new(1, Duration::from_secs(1), Tally::default()).is_flawless());
    }
}
