//! A request's span, log record and metrics arrive over both transports, from any runtime.

use forecast_telemetry::{
    ApiMetrics, RequestId, ServerRequest, ShutdownOutcome, build, continue_trace, current_trace_id,
    inject_headers, record_response,
};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use tracing::Dispatch;
use tracing::dispatcher::with_default;
use tracing::instrument::WithSubscriber;

use crate::collector::{Collector, Received, Transport, attribute, text};
use crate::support::{CALLER_SPAN, CALLER_TRACE, LIMIT, Lines, caller_headers, config};

#[test]
fn a_request_arrives_without_a_runtime() {
    for transport in Transport::BOTH {
        let collector = Collector::start(transport);
        let config = reporting_to(&collector, transport, "none");
        let (dispatch, telemetry) = build(&config, Lines::default()).unwrap();
        let metrics = ApiMetrics::new(telemetry.metrics());
        with_default(&dispatch, || answer_a_request(&metrics));
        assert_eq!(telemetry.shutdown(), ShutdownOutcome::Complete, "{transport:?}");
        assert_arrived(&collector.received());
    }
}

#[test]
fn a_request_arrives_from_a_current_thread_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for transport in Transport::BOTH {
        let collector = Collector::start(transport);
        // Shutting down blocks the only thread: the export must not need it.
        runtime.block_on(run_in_runtime(&collector, transport));
        assert_arrived(&collector.received());
    }
}

#[test]
fn a_request_arrives_from_a_multi_thread_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for transport in Transport::BOTH {
        let collector = Collector::start(transport);
        runtime.block_on(run_in_runtime(&collector, transport));
        assert_arrived(&collector.received());
    }
}

#[test]
fn compressed_requests_arrive() {
    for transport in Transport::BOTH {
        let collector = Collector::start(transport);
        let config = reporting_to(&collector, transport, "gzip");
        let (dispatch, telemetry) = build(&config, Lines::default()).unwrap();
        let metrics = ApiMetrics::new(telemetry.metrics());
        with_default(&dispatch, || answer_a_request(&metrics));
        assert_eq!(telemetry.shutdown(), ShutdownOutcome::Complete, "{transport:?}");
        let received = collector.received();
        assert_arrived(&received);
        let encoding = |header: &String| header.ends_with("-encoding: gzip");
        assert!(received.headers.iter().any(encoding), "{:?}", received.headers);
    }
}

#[test]
fn dropping_the_guard_sends_what_is_queued() {
    let collector = Collector::start(Transport::Http);
    let config = reporting_to(&collector, Transport::Http, "none");
    let (dispatch, telemetry) = build(&config, Lines::default()).unwrap();
    with_default(&dispatch, || tracing::info_span!("work").in_scope(|| ()));
    drop(telemetry);
    assert_eq!(collector.received().spans()[0].name, "work");
}

#[test]
fn no_secret_leaves_with_a_span() {
    let collector = Collector::start(Transport::Http);
    let config = reporting_to(&collector, Transport::Http, "none");
    let (dispatch, telemetry) = build(&config, Lines::default()).unwrap();
    with_default(&dispatch, || {
        let url = "http://bob:hunter2@mlflow/";
        tracing::info_span!("call", url, api_key = "hunter2", otel.name = "GET /?token=hunter2")
            .in_scope(|| ());
    });
    assert_eq!(telemetry.shutdown(), ShutdownOutcome::Complete);
    let received = collector.received();
    let span = received.spans()[0];
    assert_eq!(span.name, "GET /?token=[redacted]");
    assert_eq!(attribute(&span.attributes, "url"), Some("http://[redacted]@mlflow/"));
    assert_eq!(attribute(&span.attributes, "api_key"), Some("[redacted]"));
    assert!(!format!("{received:?}").contains("hunter2"));
}

#[test]
fn the_sampler_decides_what_is_sent_and_the_caller_decides_first() {
    let collector = Collector::start(Transport::Http);
    let endpoint = collector.endpoint();
    let (dispatch, telemetry) = build(
        &config(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
            ("OTEL_TRACES_SAMPLER", "parentbased_always_off"),
        ])
        .with_shutdown_timeout(LIMIT),
        Lines::default(),
    )
    .unwrap();
    with_default(&dispatch, || {
        tracing::info_span!("ours").in_scope(|| ());
        let theirs = tracing::info_span!("theirs");
        continue_trace(&theirs, caller_headers);
        theirs.in_scope(|| ());
    });
    assert_eq!(telemetry.shutdown(), ShutdownOutcome::Complete);
    let received = collector.received();
    let names: Vec<&str> = received.spans().iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["theirs"]);
}

fn reporting_to(
    collector: &Collector,
    transport: Transport,
    compression: &str,
) -> forecast_telemetry::TelemetryConfig {
    config(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", transport.name()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20collector-key"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", compression),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test"),
    ])
    .with_shutdown_timeout(LIMIT)
}

async fn run_in_runtime(collector: &Collector, transport: Transport) {
    let config = reporting_to(collector, transport, "none");
    let (dispatch, telemetry): (Dispatch, _) = build(&config, Lines::default()).unwrap();
    let metrics = ApiMetrics::new(telemetry.metrics());
    let request = async move { answer_a_request(&metrics) };
    tokio::spawn(request.with_subscriber(dispatch)).await.unwrap();
    assert_eq!(telemetry.shutdown(), ShutdownOutcome::Complete, "{transport:?}");
}

/// What an API does for each request.
fn answer_a_request(metrics: &ApiMetrics) {
    let id = RequestId::from_header(Some("order-7"));
    let span = ServerRequest { id: &id, method: "POST", route: Some("/forecast") }.span();
    continue_trace(&span, caller_headers);
    let counted = metrics.begin_request("POST", Some("/forecast"));
    span.in_scope(|| {
        tracing::info!(series = 3, password = "hunter2", "answered via http://bob:hunter2@mlflow/");
        assert_eq!(current_trace_id().as_deref(), Some(CALLER_TRACE));
        let mut sent = Vec::new();
        inject_headers(|name, value| sent.push((name.to_owned(), value.to_owned())));
        assert_eq!(sent.len(), 2, "{sent:?}");
        assert_eq!(sent[0].0, "traceparent");
        assert!(sent[0].1.starts_with(&format!("00-{CALLER_TRACE}-")), "{sent:?}");
        assert!(!sent[0].1.contains(CALLER_SPAN), "our span is the parent of what we call");
        assert_eq!(sent[1], ("tracestate".to_owned(), "vendor=7".to_owned()));
    });
    record_response(&span, 503);
    counted.finish(503);
}

fn assert_arrived(received: &Received) {
    let spans = received.spans();
    let [span] = spans.as_slice() else { panic!("one span expected: {spans:?}") };
    assert_eq!(span.name, "POST /forecast");
    assert_eq!(hex(&span.trace_id), CALLER_TRACE);
    assert_eq!(hex(&span.parent_span_id), CALLER_SPAN);
    assert_eq!(attribute(&span.attributes, "request_id"), Some("order-7"));
    assert_eq!(attribute(&span.attributes, "http.route"), Some("/forecast"));
    assert_eq!(span.status.as_ref().unwrap().code(), StatusCode::Error);
    assert!(span.events.is_empty(), "events are log records: {:?}", span.events);

    let records = received.log_records();
    let [record] = records.as_slice() else { panic!("one record expected: {records:?}") };
    assert_eq!(text(record.body.as_ref()), Some("answered via http://[redacted]@mlflow/"));
    assert_eq!(record.trace_id, span.trace_id);
    assert_eq!(record.span_id, span.span_id);
    assert_eq!(attribute(&record.attributes, "request_id"), Some("order-7"));
    assert_eq!(attribute(&record.attributes, "password"), Some("[redacted]"));

    let metrics = received.metrics();
    let duration = metrics.iter().find(|metric| metric.name == "http.server.request.duration");
    let Some(Data::Histogram(histogram)) = duration.and_then(|metric| metric.data.as_ref()) else {
        panic!("no duration among {metrics:?}")
    };
    assert_eq!(histogram.data_points[0].count, 1);

    assert_eq!(attribute(received.resource(), "service.name"), Some("forecast-api"));
    assert_eq!(attribute(received.resource(), "service.version"), Some("1.0.0"));
    assert_eq!(attribute(received.resource(), "deployment.environment.name"), Some("test"));
    let authorised = received.headers.iter().filter(|h| *h == "authorization: Bearer collector-key");
    assert_eq!(authorised.count(), 3, "each signal is authorised: {:?}", received.headers);
    assert!(!format!("{received:?}").contains("hunter2"));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
