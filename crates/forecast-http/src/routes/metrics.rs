//! `GET /metrics` for Prometheus.

use actix_web::HttpResponse;
use actix_web::web::Data;
use forecast_telemetry::PROMETHEUS_CONTENT_TYPE;

use crate::ServiceState;
use crate::problem::{Code, Problem};

/// Request counts and durations, and which model answers, in the Prometheus text format.
#[utoipa::path(get, path = "/metrics", operation_id = "serviceMetrics", tag = "Operation", responses(
    (status = 200, description = "Metrics", body = String, content_type = "text/plain"),
))]
pub(crate) async fn metrics(state: Data<ServiceState>) -> Result<HttpResponse, Problem> {
    let text = state.metrics().render_prometheus();
    let text = text.map_err(|error| Problem::new(Code::Internal, error.to_string()))?;
    Ok(HttpResponse::Ok().content_type(PROMETHEUS_CONTENT_TYPE).body(text))
}
