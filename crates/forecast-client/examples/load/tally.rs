//! What one connection, or all of them, have counted.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::histogram::Histogram;

/// How many failures are told in full; the others are counted.
const TOLD: usize = 5;

/// Counts of what came of the requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Durations of the requests that were answered.
    pub(crate) durations: Histogram,
    /// Answers by HTTP status.
    pub(crate) statuses: BTreeMap<u16, u64>,
    /// Forecasts by version of the model that made them.
    pub(crate) versions: BTreeMap<String, u64>,
    /// Failures by kind.
    pub(crate) failures: BTreeMap<&'static str, u64>,
    /// The first failures in full: after how long, and what happened.
    pub(crate) told: Vec<(Duration, String)>,
    /// Connections made beyond the first of each worker.
    pub(crate) reconnects: u64,
}

/// A request that brought no forecast.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The kind, few enough to be counted by.
    pub(crate) kind: &'static str,
    /// What happened in this case.
    pub(crate) says: String,
}

impl Failure {
    pub(crate) fn new(kind: &'static str, says: &dyn std::fmt::Display) -> Self {
        Self { kind, says: says.to_string() }
    }
}

impl Tally {
    pub(crate) fn fail(&mut self, at: Duration, failure: &Failure) {
        *self.failures.entry(failure.kind).or_default() += 1;
        if self.told.len() < TOLD {
            self.told.push((at, format!("{}: {}", failure.kind, failure.says)));
        }
    }

    pub(crate) fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    /// Requests that brought a forecast.
    pub(crate) fn answered(&self) -> u64 {
        self.versions.values().sum()
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.durations.merge(&other.durations);
        add(&mut self.statuses, other.statuses);
        add(&mut self.versions, other.versions);
        add(&mut self.failures, other.failures);
        self.told.extend(other.told);
        self.told.sort();
        self.told.truncate(TOLD);
        self.reconnects += other.reconnects;
    }
}

fn add<Key: Ord>(mine: &mut BTreeMap<Key, u64>, theirs: BTreeMap<Key, u64>) {
    for (key, count) in theirs {
        *mine.entry(key).or_default() += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_failures_are_told_and_all_are_counted() {
        let mut one = Tally::default();
        let mut other = Tally::default();
        for second in 0..4 {
            one.fail(Duration::from_secs(2 * second), &Failure::new("refused", &"503"));
            other.fail(Duration::from_secs(2 * second + 1), &Failure::new("broke off", &"eof"));
        }
        one.merge(other);
        assert_eq!(one.failed(), 8);
        let seconds: Vec<u64> = one.told.iter().map(|(at, _)| at.as_secs()).collect();
        assert_eq!(seconds, [0, 1, 2, 3, 4]);
    }
}
