//! Building the exporter of one signal, over gRPC or HTTP.
//!
//! Must run inside the export runtime (`Handle::enter`): gRPC channels start their worker there.

use std::collections::HashMap;

use opentelemetry_otlp::tonic_types::metadata::MetadataMap;
use opentelemetry_otlp::tonic_types::transport::{Certificate, ClientTlsConfig};
use opentelemetry_otlp::{
    LogExporter, MetricExporter, SpanExporter, WithExportConfig, WithHttpConfig, WithTonicConfig,
};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::runtime::Handle;

use super::runtime::RuntimeClient;
use crate::config::{Compression, ExportConfig, Protocol, Signal};
use crate::error::Error;

/// The exporter of spans.
pub(crate) fn span_exporter(config: &ExportConfig, handle: &Handle) -> Result<SpanExporter, Error> {
    match config.protocol {
        Protocol::Grpc => with_grpc(SpanExporter::builder().with_tonic(), config).build(),
        Protocol::HttpProtobuf => {
            let client = http_client(config, handle, Signal::Traces)?;
            with_http(SpanExporter::builder().with_http(), config, client).build()
        }
    }
    .map_err(|error| failed(Signal::Traces, &error))
}

/// The exporter of measurements.
pub(crate) fn metric_exporter(config: &ExportConfig, handle: &Handle) -> Result<MetricExporter, Error> {
    match config.protocol {
        Protocol::Grpc => with_grpc(MetricExporter::builder().with_tonic(), config).build(),
        Protocol::HttpProtobuf => {
            let client = http_client(config, handle, Signal::Metrics)?;
            with_http(MetricExporter::builder().with_http(), config, client).build()
        }
    }
    .map_err(|error| failed(Signal::Metrics, &error))
}

/// The exporter of log records.
pub(crate) fn log_exporter(config: &ExportConfig, handle: &Handle) -> Result<LogExporter, Error> {
    match config.protocol {
        Protocol::Grpc => with_grpc(LogExporter::builder().with_tonic(), config).build(),
        Protocol::HttpProtobuf => {
            let client = http_client(config, handle, Signal::Logs)?;
            with_http(LogExporter::builder().with_http(), config, client).build()
        }
    }
    .map_err(|error| failed(Signal::Logs, &error))
}

fn failed(signal: Signal, reason: &dyn std::error::Error) -> Error {
    Error::Exporter { signal: signal.name(), reason: reason.to_string() }
}

fn with_grpc<B: WithExportConfig + WithTonicConfig>(builder: B, config: &ExportConfig) -> B {
    let mut headers = HeaderMap::new();
    for (name, value) in &config.headers {
        // Checked when the configuration was read.
        if let (Ok(name), Ok(mut value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value.expose()))
        {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
    }
    let mut builder = builder
        .with_endpoint(config.endpoint.as_str())
        .with_timeout(config.timeout)
        .with_metadata(MetadataMap::from_headers(headers));
    if config.endpoint.scheme() == "https" {
        let mut tls = ClientTlsConfig::new().with_native_roots();
        if let Some(pem) = &config.certificate_pem {
            tls = tls.ca_certificate(Certificate::from_pem(pem));
        }
        builder = builder.with_tls_config(tls);
    }
    match config.compression {
        Compression::None => builder,
        Compression::Gzip => builder.with_compression(opentelemetry_otlp::Compression::Gzip),
    }
}

fn with_http<B>(builder: B, config: &ExportConfig, client: RuntimeClient) -> B
where
    B: WithExportConfig + WithHttpConfig,
{
    let headers: HashMap<String, String> =
        config.headers.iter().map(|(name, value)| (name.clone(), value.expose().clone())).collect();
    let builder = builder
        .with_protocol(opentelemetry_otlp::Protocol::HttpBinary)
        .with_endpoint(config.endpoint.as_str())
        .with_timeout(config.timeout)
        .with_headers(headers)
        .with_http_client(client);
    match config.compression {
        Compression::None => builder,
        Compression::Gzip => builder.with_compression(opentelemetry_otlp::Compression::Gzip),
    }
}

fn http_client(config: &ExportConfig, handle: &Handle, signal: Signal) -> Result<RuntimeClient, Error> {
    let mut builder = reqwest::Client::builder().timeout(config.timeout);
    if let Some(pem) = &config.certificate_pem {
        let authorities =
            reqwest::Certificate::from_pem_bundle(pem).map_err(|error| failed(signal, &error))?;
        builder = builder.tls_certs_merge(authorities);
    }
    let client = builder.build().map_err(|error| failed(signal, &error))?;
    Ok(RuntimeClient { client, handle: handle.clone() })
}
