//! The metrics of an HTTP API: requests by OpenTelemetry's conventions, and forecasts served.
//!
//! Source of the `http.server.*` names, labels and buckets:
//! <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/>.

use std::time::Instant;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, UpDownCounter};

use super::Metrics;
use super::model::{ModelInfo, ModelLoadOutcome, ModelMetrics, RegistryPollOutcome};
use super::process::observe_process;
use super::service::{QueueLoad, Readiness, ServiceMetrics};
use crate::error::Error;

/// Upper bounds of the duration histogram, in seconds: the convention's.
const DURATION_BOUNDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The methods that become labels; a caller can make up as many others as it likes.
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/// The label of requests that no route fits, so that made-up paths make no new series.
const UNMATCHED: &str = "unmatched";

/// Handle to the metrics of the forecast API. Clones share everything; make one per process.
#[derive(Debug, Clone)]
pub struct ApiMetrics {
    metrics: Metrics,
    duration: Histogram<f64>,
    in_flight: UpDownCounter<i64>,
    series_served: Counter<u64>,
    model: ModelMetrics,
    service: ServiceMetrics,
}

impl ApiMetrics {
    /// Creates the instruments in `metrics`.
    #[must_use]
    pub fn new(metrics: &Metrics) -> Self {
        let meter = metrics.meter("forecast-api");
        observe_process(&meter);
        let api = Self {
            duration: meter
                .f64_histogram("http.server.request.duration")
                .with_unit("s")
                .with_description("Duration of HTTP requests by route, method and status.")
                .with_boundaries(DURATION_BOUNDS.to_vec())
                .build(),
            in_flight: meter
                .i64_up_down_counter("http.server.active_requests")
                .with_unit("{request}")
                .with_description("HTTP requests being answered.")
                .build(),
            series_served: meter
                .u64_counter("forecast.series.served")
                .with_unit("{series}")
                .with_description("Series for which a forecast was answered.")
                .build(),
            model: ModelMetrics::new(&meter),
            service: ServiceMetrics::new(&meter),
            metrics: metrics.clone(),
        };
        // A counter that appears with its first event hides that event from `increase()`.
        api.forecast_served(0);
        api
    }

    /// Counts a request as in flight until the returned handle is finished or dropped.
    ///
    /// `route` is the pattern that fits (`/forecast`), `None` when none does.
    #[must_use]
    pub fn begin_request(&self, method: &str, route: Option<&str>) -> RequestInFlight {
        let known = METHODS.iter().find(|known| known.eq_ignore_ascii_case(method));
        let request = RequestInFlight {
            metrics: self.clone(),
            method: known.copied().unwrap_or("_OTHER"),
            route: route.unwrap_or(UNMATCHED).to_owned(),
            started: Instant::now(),
            status: None,
        };
        self.in_flight.add(1, &[request.method_label()]);
        request
    }

    /// Counts the series of one answered forecast.
    pub fn forecast_served(&self, series_count: u64) {
        self.series_served.add(series_count, &[]);
    }

    /// Says which model answers from now on.
    pub fn set_model(&self, model: ModelInfo) {
        self.model.set(Some(model));
    }

    /// Says that no model answers.
    pub fn clear_model(&self) {
        self.model.set(None);
    }

    /// Counts an attempt to load a model.
    pub fn model_loaded(&self, outcome: ModelLoadOutcome) {
        self.model.count_loads(outcome, 1);
    }

    /// Counts a look at the model registry.
    pub fn registry_polled(&self, outcome: RegistryPollOutcome) {
        self.model.count_polls(outcome, 1);
    }

    /// Says whether requests are answered from now on; not, before the first call.
    pub fn set_ready(&self, readiness: Readiness) {
        self.service.set_ready(readiness);
    }

    /// Counts a request that is answered with an error of this code. Callers must not be able to make
    /// up codes: each is a series of its own.
    pub fn refused(&self, code: &'static str) {
        self.service.count_refusals(code, 1);
    }

    /// Lets the counts of these codes begin at zero.
    pub fn expect_refusals(&self, codes: impl IntoIterator<Item = &'static str>) {
        for code in codes {
            self.service.count_refusals(code, 0);
        }
    }

    /// Reads how busy the service is whenever metrics are read. Call it once.
    pub fn observe_queue(&self, read: impl Fn() -> QueueLoad + Clone + Send + Sync + 'static) {
        self.service.observe_queue(read);
    }

    /// Every metric of the process in the Prometheus text format; serve it as
    /// [`PROMETHEUS_CONTENT_TYPE`](crate::PROMETHEUS_CONTENT_TYPE).
    ///
    /// # Errors
    ///
    /// [`Error::Metrics`] when the text cannot be written.
    pub fn render_prometheus(&self) -> Result<String, Error> {
        self.metrics.render_prometheus()
    }
}

/// A request being answered.
///
/// Dropped without [`finish`](Self::finish), as when the caller hangs up, it is recorded with
/// `error_type="cancelled"` and no status.
#[derive(Debug)]
pub struct RequestInFlight {
    metrics: ApiMetrics,
    method: &'static str,
    route: String,
    started: Instant,
    status: Option<u16>,
}

impl RequestInFlight {
    /// Records the request with the status it was answered with.
    pub fn finish(mut self, status: u16) {
        self.status = Some(status);
    }

    fn method_label(&self) -> KeyValue {
        KeyValue::new("http.request.method", self.method)
    }
}

impl Drop for RequestInFlight {
    fn drop(&mut self) {
        let route = KeyValue::new("http.route", std::mem::take(&mut self.route));
        let mut labels = vec![self.method_label(), route];
        match self.status {
            Some(status) => {
                labels.push(KeyValue::new("http.response.status_code", i64::from(status)));
                if status >= 500 {
                    labels.push(KeyValue::new("error.type", status.to_string()));
                }
            }
            None => labels.push(KeyValue::new("error.type", "cancelled")),
        }
        self.metrics.duration.record(self.started.elapsed().as_secs_f64(), &labels);
        self.metrics.in_flight.add(-1, &labels[..1]);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    fn api() -> ApiMetrics {
        ApiMetrics::new(&Metrics::in_process().unwrap())
    }

    /// The lines of a family, without the buckets and sums of histograms, whose values vary.
    fn lines(metrics: &ApiMetrics, family: &str) -> Vec<String> {
        let page = metrics.render_prometheus().unwrap();
        let varies = |line: &str| line.contains("_sum{") || line.contains("_bucket{");
        let mut lines: Vec<String> = page
            .lines()
            .filter(|line| line.starts_with(family) && !varies(line))
            .map(str::to_owned)
            .collect();
        // The SDK promises no order.
        lines.sort();
        lines
    }

    fn model(version: &str) -> ModelInfo {
        ModelInfo {
            name: "demand-forecast".to_owned(),
            version: version.to_owned(),
            run_id: "r7".to_owned(),
            alias: "production".to_owned(),
            trained_at: SystemTime::now() - Duration::from_secs(3600),
        }
    }

    #[test]
    fn requests_are_counted_by_route_method_and_status() {
        let metrics = api();
        metrics.begin_request("POST", Some("/forecast")).finish(200);
        metrics.begin_request("POST", Some("/forecast")).finish(503);
        metrics.begin_request("BREW", None).finish(404);
        drop(metrics.begin_request("get", Some("/health")));
        let counts = lines(&metrics, "http_server_request_duration_seconds");
        insta::assert_snapshot!(counts.join("\n"));
    }

    #[test]
    fn requests_in_flight_come_and_go() {
        let metrics = api();
        let request = metrics.begin_request("GET", Some("/health"));
        let in_flight = || lines(&metrics, "http_server_active_requests").join("\n");
        assert_eq!(in_flight(), "http_server_active_requests{http_request_method=\"GET\"} 1");
        request.finish(200);
        assert_eq!(in_flight(), "http_server_active_requests{http_request_method=\"GET\"} 0");
    }

    #[test]
    fn a_replaced_model_leaves_no_series_behind() {
        let metrics = api();
        metrics.set_model(model("1"));
        let first = lines(&metrics, "forecast_model_info");
        metrics.set_model(model("2"));
        let second = lines(&metrics, "forecast_model_info");
        insta::assert_snapshot!([first, second].concat().join("\n"));

        let age = lines(&metrics, "forecast_model_age_seconds").concat();
        let seconds: f64 = age.rsplit(' ').next().unwrap().parse().unwrap();
        assert!((3600.0..3700.0).contains(&seconds), "{age}");

        metrics.clear_model();
        for family in ["forecast_model_info", "forecast_model_age"] {
            assert!(lines(&metrics, family).is_empty(), "{family}");
        }
    }

    #[test]
    fn the_service_is_ready_from_when_it_says_so_until_it_says_not() {
        let metrics = api();
        let ready = || lines(&metrics, "forecast_ready").concat();
        assert_eq!(ready(), "forecast_ready 0");
        metrics.set_ready(Readiness::Ready);
        assert_eq!(ready(), "forecast_ready 1");
        metrics.set_ready(Readiness::NotReady);
        assert_eq!(ready(), "forecast_ready 0");
    }

    #[test]
    fn refusals_that_are_expected_begin_at_zero() {
        let metrics = api();
        metrics.expect_refusals(["overloaded", "no_model"]);
        metrics.refused("overloaded");
        assert_eq!(
            lines(&metrics, "forecast_refusals_total"),
            [
                "forecast_refusals_total{code=\"no_model\"} 0",
                "forecast_refusals_total{code=\"overloaded\"} 1"
            ]
        );
    }

    #[test]
    fn the_queue_is_read_at_each_reading() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicU64, Ordering};

        let metrics = api();
        let waiting = Arc::new(AtomicU64::new(0));
        let read = Arc::clone(&waiting);
        metrics.observe_queue(move || QueueLoad {
            running: 2,
            running_limit: 2,
            waiting: read.load(Ordering::Relaxed),
            waiting_limit: 128,
        });
        waiting.store(5, Ordering::Relaxed);
        insta::assert_snapshot!(lines(&metrics, "forecast_computations").join("\n"), @r#"
        forecast_computations_limit{state="running"} 2
        forecast_computations_limit{state="waiting"} 128
        forecast_computations{state="running"} 2
        forecast_computations{state="waiting"} 5
        "#);
    }

    #[test]
    fn loads_and_series_are_counted() {
        let metrics = api();
        metrics.model_loaded(ModelLoadOutcome::Failed);
        metrics.model_loaded(ModelLoadOutcome::Cache);
        metrics.model_loaded(ModelLoadOutcome::Failed);
        metrics.registry_polled(RegistryPollOutcome::Unreachable);
        metrics.forecast_served(3);
        metrics.forecast_served(4);
        insta::assert_snapshot!(lines(&metrics, "forecast_").join("\n"));
    }
}
