//! The gRPC receiver: OpenTelemetry's three collector services on tonic.

use std::net::TcpListener;
use std::thread;

use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{LogsService, LogsServiceServer};
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use tonic::codec::CompressionEncoding::Gzip;
use tonic::metadata::KeyAndValueRef;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Server, ServerTlsConfig};
use tonic::{Request, Response, Status};

use super::{Identity, Shared};

/// Starts the receiver on a thread of its own; returns its port.
pub(super) fn serve(received: Shared, identity: Option<&Identity>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut server = Server::builder();
    if let Some(identity) = identity {
        let pair = tonic::transport::Identity::from_pem(&identity.certificate_pem, &identity.key_pem);
        server = server.tls_config(ServerTlsConfig::new().identity(pair)).unwrap();
    }
    let service = Service(received);
    let router = server
        .add_service(TraceServiceServer::new(service.clone()).accept_compressed(Gzip))
        .add_service(LogsServiceServer::new(service.clone()).accept_compressed(Gzip))
        .add_service(MetricsServiceServer::new(service).accept_compressed(Gzip));
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            router.serve_with_incoming(TcpIncoming::from(listener)).await.unwrap();
        });
    });
    port
}

#[derive(Clone)]
struct Service(Shared);

impl Service {
    fn note_headers<T>(&self, request: &Request<T>) {
        let mut received = self.0.lock().unwrap();
        for header in request.metadata().iter() {
            if let KeyAndValueRef::Ascii(name, value) = header {
                received.headers.push(format!("{name}: {}", value.to_str().unwrap()));
            }
        }
    }
}

#[tonic::async_trait]
impl TraceService for Service {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.note_headers(&request);
        self.0.lock().unwrap().traces.push(request.into_inner());
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Service {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        self.note_headers(&request);
        self.0.lock().unwrap().logs.push(request.into_inner());
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Service {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.note_headers(&request);
        self.0.lock().unwrap().metrics.push(request.into_inner());
        Ok(Response::new(Default::default()))
    }
}
