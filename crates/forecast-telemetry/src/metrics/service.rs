//! Whether the service answers, what it refuses, and how busy it is.
//!
//! Counters whose labels are known beforehand begin at zero: a counter that appears with its first
//! event hides that event from `increase()`.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Meter};

/// Whether requests are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Routers may send requests.
    Ready,
    /// Not yet, or not any more.
    NotReady,
}

/// How many requests compute and wait, and how many may. All four are numbers of requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueLoad {
    /// Requests that compute now.
    pub running: u64,
    /// Requests that may compute at once.
    pub running_limit: u64,
    /// Requests that wait for their turn.
    pub waiting: u64,
    /// Requests that may wait; further ones are refused.
    pub waiting_limit: u64,
}

/// The instruments about the service as a whole.
#[derive(Debug, Clone)]
pub(super) struct ServiceMetrics {
    meter: Meter,
    ready: Gauge<u64>,
    refusals: Counter<u64>,
}

impl ServiceMetrics {
    pub(super) fn new(meter: &Meter) -> Self {
        let ready = meter
            .u64_gauge("forecast.ready")
            .with_description("1 while requests for forecasts are answered, else 0.")
            .build();
        ready.record(0, &[]);
        let refusals = meter
            .u64_counter("forecast.refusals")
            .with_unit("{request}")
            .with_description("Requests answered with an error, by the error's code.")
            .build();
        Self { meter: meter.clone(), ready, refusals }
    }

    pub(super) fn set_ready(&self, readiness: Readiness) {
        self.ready.record(u64::from(readiness == Readiness::Ready), &[]);
    }

    pub(super) fn count_refusals(&self, code: &'static str, count: u64) {
        self.refusals.add(count, &[KeyValue::new("code", code)]);
    }

    /// Reads the queue whenever metrics are read: a value that was set would be of another moment.
    pub(super) fn observe_queue(&self, read: impl Fn() -> QueueLoad + Clone + Send + Sync + 'static) {
        let states = |running: u64, waiting: u64| [("running", running), ("waiting", waiting)];
        let limits = read.clone();
        self.meter
            .u64_observable_gauge("forecast.computations")
            .with_unit("{request}")
            .with_description("Forecast requests that compute (running) or wait for their turn (waiting).")
            .with_callback(move |observer| {
                let load = read();
                for (state, count) in states(load.running, load.waiting) {
                    observer.observe(count, &[KeyValue::new("state", state)]);
                }
            })
            .build();
        self.meter
            .u64_observable_gauge("forecast.computations.limit")
            .with_unit("{request}")
            .with_description("Forecast requests that may compute or wait at once.")
            .with_callback(move |observer| {
                let load = limits();
                for (state, count) in states(load.running_limit, load.waiting_limit) {
                    observer.observe(count, &[KeyValue::new("state", state)]);
                }
            })
            .build();
    }
}
