//! Putting it together: from a configuration to a running subscriber and its guard.

use std::io::{self, IsTerminal};
use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_appender_tracing::layer::{OpenTelemetryTracingBridge, TracingSpanAttributes};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::PeriodicReader;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing::Dispatch;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;

use crate::config::{LogFormat, OtlpConfig, Signal, TelemetryConfig};
use crate::error::{ConfigError, ConfigProblem, Error};
use crate::export::{
    ExportHealth, ExportRuntime, RedactingLogs, RedactingSpans, Watched, log_exporter, metric_exporter,
    span_exporter,
};
use crate::guard::{Sending, TelemetryGuard};
use crate::logs::{BoxedLayer, Colour, JsonLogs, human_layer, log_filter, span_filter};
use crate::metrics::Metrics;
use crate::tls::install_tls_provider;

/// Where log lines go instead of standard error, as for a program that draws progress bars there.
pub trait LogWriter: for<'a> MakeWriter<'a> + Send + Sync + 'static {}

impl<W> LogWriter for W where W: for<'a> MakeWriter<'a> + Send + Sync + 'static {}

/// Starts telemetry for the whole process, with log lines on standard error.
///
/// Call it once, first thing in `main`, inside or outside a runtime. It does no network traffic
/// itself and does not wait for a collector.
///
/// # Errors
///
/// [`Error::AlreadyInitialised`] when the process has a subscriber; [`Error::Runtime`] and
/// [`Error::Exporter`] when sending cannot be set up.
pub fn init(config: &TelemetryConfig) -> Result<TelemetryGuard, Error> {
    init_with_writer(config, io::stderr)
}

/// As [`init`], with log lines going to `writer`.
///
/// # Errors
///
/// As [`init`].
pub fn init_with_writer(config: &TelemetryConfig, writer: impl LogWriter) -> Result<TelemetryGuard, Error> {
    let (dispatch, guard) = build(config, writer)?;
    tracing::dispatcher::set_global_default(dispatch).map_err(|_| Error::AlreadyInitialised)?;
    Ok(guard)
}

/// Builds everything without making it global, for tests that run side by side.
///
/// # Errors
///
/// As [`init`], except for [`Error::AlreadyInitialised`].
pub fn build(config: &TelemetryConfig, writer: impl LogWriter) -> Result<(Dispatch, TelemetryGuard), Error> {
    // Also for programs that send nothing: their own HTTP clients need it.
    install_tls_provider();
    let resource = resource(config);
    let runtime = config.otlp.is_on().then(ExportRuntime::start).transpose()?;
    let pipelines = match runtime.as_ref().and_then(ExportRuntime::handle) {
        Some(handle) => {
            let _inside = handle.enter();
            Pipelines::build(config, &resource, Some(handle))?
        }
        None => Pipelines::build(config, &resource, None)?,
    };
    let layers = layers(config, &pipelines, writer)?;
    let guard = TelemetryGuard {
        metrics: pipelines.metrics,
        shutdown_timeout: config.shutdown_timeout,
        sending: runtime.map(|runtime| Sending {
            traces: pipelines.traces,
            logs: pipelines.logs,
            health: pipelines.health,
            runtime,
        }),
    };
    Ok((Dispatch::new(Registry::default().with(layers)), guard))
}

/// The SDK's providers. Without OTLP they still give spans their ids and count metrics.
struct Pipelines {
    traces: SdkTracerProvider,
    logs: SdkLoggerProvider,
    metrics: Metrics,
    health: Arc<ExportHealth>,
}

impl Pipelines {
    fn build(config: &TelemetryConfig, resource: &Resource, handle: Option<&Handle>) -> Result<Self, Error> {
        let health = Arc::new(ExportHealth::default());
        let OtlpConfig { traces, metrics, logs } = &config.otlp;

        let mut tracers = SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_sampler(config.sampler.to_sdk());
        if let (Some(export), Some(handle)) = (traces, handle) {
            let exporter = RedactingSpans(span_exporter(export, handle)?);
            tracers = tracers.with_batch_exporter(watched(exporter, Signal::Traces, &health));
        }

        let mut loggers = SdkLoggerProvider::builder().with_resource(resource.clone());
        if let (Some(export), Some(handle)) = (logs, handle) {
            let exporter = RedactingLogs::new(log_exporter(export, handle)?);
            loggers = loggers.with_batch_exporter(watched(exporter, Signal::Logs, &health));
        }

        let reader = match (metrics, handle) {
            (Some(export), Some(handle)) => {
                let exporter = metric_exporter(export, handle)?;
                Some(PeriodicReader::builder(watched(exporter, Signal::Metrics, &health)).build())
            }
            _ => None,
        };
        let metrics = Metrics::with_readers(resource.clone(), |meters| match reader {
            Some(reader) => meters.with_reader(reader),
            None => meters,
        })?;
        Ok(Self { traces: tracers.build(), logs: loggers.build(), metrics, health })
    }
}

fn watched<E>(exporter: E, signal: Signal, health: &Arc<ExportHealth>) -> Watched<E> {
    Watched { exporter, signal, health: Arc::clone(health) }
}

fn resource(config: &TelemetryConfig) -> Resource {
    let attributes = config.resource.iter();
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes(attributes.map(|(key, value)| KeyValue::new(key.clone(), value.clone())))
        .build()
}

/// The layers of the subscriber: spans, log records, log lines.
fn layers(
    config: &TelemetryConfig,
    pipelines: &Pipelines,
    writer: impl LogWriter,
) -> Result<Vec<BoxedLayer<Registry>>, Error> {
    let tracer = pipelines.traces.tracer("forecast");
    let mut layers = vec![
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_threads(false)
            .with_filter(span_filter(&config.filter).map_err(unusable)?)
            .boxed(),
    ];
    if config.otlp.logs.is_some() {
        layers.push(
            OpenTelemetryTracingBridge::builder(&pipelines.logs)
                .with_tracing_span_attributes(TracingSpanAttributes::allowlist(["request_id"]))
                .build()
                .with_filter(log_filter(&config.filter).map_err(unusable)?)
                .boxed(),
        );
    }
    let terminal = io::stderr().is_terminal();
    let lines: BoxedLayer<Registry> = match (config.log_format, terminal) {
        (LogFormat::Json, _) | (LogFormat::Auto, false) => JsonLogs::new(writer, SystemTime).boxed(),
        (LogFormat::Human | LogFormat::Auto, true) if config.colour => human_layer(writer, Colour::Ansi),
        (LogFormat::Human | LogFormat::Auto, _) => human_layer(writer, Colour::Plain),
    };
    layers.push(lines.with_filter(log_filter(&config.filter).map_err(unusable)?).boxed());
    Ok(layers)
}

fn unusable(problem: ConfigProblem) -> Error {
    Error::Config(ConfigError::one(problem))
}
