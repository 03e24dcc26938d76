//! The variables that telemetry reads, for the generated configuration page and `--help`.

/// A variable and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What holds when it is unset.
    pub default: &'static str,
    /// What it means and what it may hold.
    pub meaning: &'static str,
}

const fn variable(name: &'static str, default: &'static str, meaning: &'static str) -> Variable {
    Variable { name, default, meaning }
}

/// Every variable that [`TelemetryConfig::from_lookup`](crate::TelemetryConfig::from_lookup)
/// reads. `OTEL_EXPORTER_OTLP_*` also exist per signal (`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, …).
///
/// The SDK itself reads `OTEL_BSP_*`, `OTEL_BLRP_*`, `OTEL_SPAN_*_LIMIT` and
/// `OTEL_METRIC_EXPORT_INTERVAL` from the process.
pub const VARIABLES: &[Variable] = &[
    variable(
        "FORECAST_LOG_FORMAT",
        "human on a terminal, json otherwise",
        "How log lines on standard error look: `human` or `json`.",
    ),
    variable("NO_COLOR", "colours on a terminal", "Anything at all: no colours in log lines."),
    variable(
        "FORECAST_LOG",
        "`RUST_LOG`, else `info`",
        "What is logged: a level or directives such as `info,forecast_http=debug`.",
    ),
    variable("RUST_LOG", "`info`", "What is logged when `FORECAST_LOG` is unset."),
    variable(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "nothing is sent",
        "Address of the OpenTelemetry collector. Without credentials: those go into the headers.",
    ),
    variable(
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "`http/protobuf`",
        "`grpc` (port 4317 by custom) or `http/protobuf` (port 4318).",
    ),
    variable(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "none",
        "Headers of every request as `name=value,…`, percent-encoded. Never logged.",
    ),
    variable(
        "OTEL_EXPORTER_OTLP_TIMEOUT",
        "`10000`",
        "Milliseconds that one export may take, retries included.",
    ),
    variable("OTEL_EXPORTER_OTLP_COMPRESSION", "`none`", "`none` or `gzip`."),
    variable(
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
        "the system's authorities",
        "PEM file of a further authority that signs the collector's certificate.",
    ),
    variable("OTEL_TRACES_EXPORTER", "`otlp`", "`none` keeps spans in the process."),
    variable("OTEL_METRICS_EXPORTER", "`otlp`", "`none` keeps metrics in the process."),
    variable("OTEL_LOGS_EXPORTER", "`otlp`", "`none` keeps log records in the process."),
    variable("OTEL_SDK_DISABLED", "`false`", "`true` sends nothing. Log lines and the Prometheus page stay."),
    variable(
        "OTEL_TRACES_SAMPLER",
        "`parentbased_always_on`",
        "Which traces are kept: `always_on`, `always_off`, `traceidratio`, or each with \
         `parentbased_` before it to follow the caller's decision.",
    ),
    variable(
        "OTEL_TRACES_SAMPLER_ARG",
        "`1`",
        "Share of traces kept by the `traceidratio` samplers, from 0 to 1.",
    ),
    variable("OTEL_SERVICE_NAME", "the program's name", "Name of the service in all telemetry."),
    variable(
        "OTEL_RESOURCE_ATTRIBUTES",
        "none",
        "What else is said of this process, as `key=value,…`, percent-encoded; \
         `deployment.environment.name=production`, for one.",
    ),
];
