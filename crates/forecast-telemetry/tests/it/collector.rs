//! A real OTLP receiver on loopback, over gRPC or HTTP, with or without TLS.

mod grpc;
mod http;

use std::sync::{Arc, Mutex, MutexGuard};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::Span;

/// The two transports of OTLP.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Transport {
    Grpc,
    Http,
}

impl Transport {
    pub(crate) const BOTH: [Self; 2] = [Self::Grpc, Self::Http];

    /// The value of `OTEL_EXPORTER_OTLP_PROTOCOL`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Http => "http/protobuf",
        }
    }
}

/// A certificate for `localhost` and its key.
pub(crate) struct Identity {
    pub(crate) certificate_pem: String,
    pub(crate) certificate_der: Vec<u8>,
    pub(crate) key_pem: String,
    pub(crate) key_der: Vec<u8>,
}

impl Identity {
    pub(crate) fn self_signed() -> Self {
        let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        Self {
            certificate_pem: signed.cert.pem(),
            certificate_der: signed.cert.der().to_vec(),
            key_pem: signed.signing_key.serialize_pem(),
            key_der: signed.signing_key.serialize_der(),
        }
    }
}

/// Everything that arrived.
#[derive(Debug, Default)]
pub(crate) struct Received {
    pub(crate) traces: Vec<ExportTraceServiceRequest>,
    pub(crate) logs: Vec<ExportLogsServiceRequest>,
    pub(crate) metrics: Vec<ExportMetricsServiceRequest>,
    /// `name: value` of each request's headers.
    pub(crate) headers: Vec<String>,
}

impl Received {
    pub(crate) fn spans(&self) -> Vec<&Span> {
        let resources = self.traces.iter().flat_map(|request| &request.resource_spans);
        resources.flat_map(|r| &r.scope_spans).flat_map(|scope| &scope.spans).collect()
    }

    pub(crate) fn log_records(&self) -> Vec<&LogRecord> {
        let resources = self.logs.iter().flat_map(|request| &request.resource_logs);
        resources.flat_map(|r| &r.scope_logs).flat_map(|scope| &scope.log_records).collect()
    }

    pub(crate) fn metrics(&self) -> Vec<&Metric> {
        let resources = self.metrics.iter().flat_map(|request| &request.resource_metrics);
        resources.flat_map(|r| &r.scope_metrics).flat_map(|scope| &scope.metrics).collect()
    }

    /// The attributes of the resource that sent the first spans.
    pub(crate) fn resource(&self) -> &[KeyValue] {
        &self.traces[0].resource_spans[0].resource.as_ref().unwrap().attributes
    }
}

/// The text of an attribute, `None` when there is none of that name.
pub(crate) fn attribute<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a str> {
    text(attributes.iter().find(|attribute| attribute.key == name)?.value.as_ref())
}

/// The text of a value.
pub(crate) fn text(value: Option<&AnyValue>) -> Option<&str> {
    match value?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

type Shared = Arc<Mutex<Received>>;

/// A running receiver; it ends with the test's process.
pub(crate) struct Collector {
    pub(crate) port: u16,
    received: Shared,
}

impl Collector {
    pub(crate) fn start(transport: Transport) -> Self {
        Self::start_with(transport, None)
    }

    /// A receiver that answers over TLS.
    pub(crate) fn start_secured(transport: Transport, identity: &Identity) -> Self {
        Self::start_with(transport, Some(identity))
    }

    fn start_with(transport: Transport, identity: Option<&Identity>) -> Self {
        let received = Shared::default();
        let port = match transport {
            Transport::Grpc => grpc::serve(Arc::clone(&received), identity),
            Transport::Http => http::serve(Arc::clone(&received), identity),
        };
        Self { port, received }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What arrived so far.
    pub(crate) fn received(&self) -> MutexGuard<'_, Received> {
        self.received.lock().unwrap()
    }
}
