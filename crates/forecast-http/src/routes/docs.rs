//! `GET /openapi.json`: the API described for programs; `/docs` shows the same to people.

use actix_web::HttpResponse;
use serde_json::json;
use utoipa::OpenApi;

use crate::problem::Code;
use crate::wire;

/// The description of the API. A committed copy stands in `openapi.json`, and a test compares the two.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Forecast API",
        description = "Demand forecasts from the model in production. Every error is `application/problem+json` \
            (RFC 9457) with a stable `code` and the `request_id`; each answer carries `x-request-id`, and takes \
            a caller's own together with W3C `traceparent`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        super::forecast::forecast,
        super::series::list,
        super::series::history,
        super::model::info,
        super::model::metrics,
        super::health::health,
        super::health::live,
        super::health::ready,
        super::metrics::metrics,
        openapi,
    ),
    components(schemas(
        wire::ForecastQuestion,
        wire::ForecastAnswer,
        wire::Health,
        wire::ModelInfo,
        wire::ModelMetrics,
        wire::SeriesList,
        wire::SeriesHistory,
        crate::problem::ProblemBody,
        crate::problem::Fault,
    ))
)]
struct ApiDocument;

/// This description.
#[utoipa::path(get, path = "/openapi.json", operation_id = "openapi", tag = "Operation", responses(
    (status = 200, description = "OpenAPI 3.1", body = Object),
))]
pub(crate) async fn openapi() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(openapi_json())
}

/// The description as text, with every code that a problem can have.
pub(crate) fn openapi_json() -> String {
    let mut document = serde_json::to_value(ApiDocument::openapi()).unwrap_or_default();
    let code = |code: &Code| {
        json!({
            "code": code.name(),
            "status": code.status().as_u16(),
            "title": code.title(),
            "remedy": code.remedy(),
        })
    };
    document["x-problem-codes"] = Code::ALL.iter().map(code).collect();
    // The version of the API is the workspace's, and changes with every release: the paths do not.
    document["info"]["version"] = env!("CARGO_PKG_VERSION").into();
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}
