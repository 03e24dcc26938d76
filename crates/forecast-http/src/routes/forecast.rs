//! `POST /forecast`.

use std::collections::BTreeMap;

use actix_web::http::header::ContentType;
use actix_web::web::{Data, Payload, ReqData};
use actix_web::{HttpRequest, HttpResponse, web};
use forecast_core::{Forecast, SeriesForecast};
use forecast_telemetry::RequestId;

use crate::ServiceState;
use crate::answer::{Answer, answer};
use crate::problem::{Code, Problem};
use crate::request::{ARRIVES_WITHIN, Allowance, Shape, read, read_body};
use crate::served::ServedModel;
use crate::wire::{ForecastAnswer, ModelVersion, SeriesAnswer, key_object};

/// Forecasts for the series of the request.
#[utoipa::path(
    post,
    path = "/forecast",
    operation_id = "forecast",
    tag = "Forecasts",
    request_body = crate::wire::ForecastQuestion,
    responses(
        (status = 200, description = "Forecasts, in the order of the request", body = ForecastAnswer),
        (status = 400, description = "The body is not JSON", body = crate::problem::ProblemBody,
            content_type = "application/problem+json"),
        (status = 404, description = "A series is not known", body = crate::problem::ProblemBody,
            content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = crate::problem::ProblemBody,
            content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON by its media type", body = crate::problem::ProblemBody,
            content_type = "application/problem+json"),
        (status = 422, description = "The request cannot be answered as it is", body = crate::problem::ProblemBody,
            content_type = "application/problem+json"),
        (status = 503, description = "No model is loaded, or too many requests wait", body = crate::problem::ProblemBody,
            content_type = "application/problem+json"),
    )
)]
pub(crate) async fn forecast(
    state: Data<ServiceState>,
    id: ReqData<RequestId>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let model = state.require_model()?;
    let limits = state.config().limits;
    let mut held = state.gate().hold()?;
    let allowance = Allowance { max_bytes: limits.max_body_bytes, within: ARRIVES_WITHIN, held: &mut held };
    let body = read_body(&request, payload, allowance).await?;

    let _turn = state.gate().enter().await?;
    let request_id = id.as_str().to_owned();
    let span = tracing::Span::current();
    // Reading, computing and writing are all work for the processor: the worker goes on answering others.
    let answered = web::block(move || {
        span.in_scope(|| {
            let shape = Shape { key_names: &model.model.card().spec.series, limits };
            let answer = written(&model, answer(&model, &read(&body, &shape)?)?, &request_id);
            let text = serde_json::to_vec(&answer).map_err(|error| internal(&error))?;
            Ok((answer.forecasts.len() as u64, text))
        })
    });
    let (series, text) = answered.await.map_err(|error| internal(&error))??;
    state.metrics().forecast_served(series);
    Ok(HttpResponse::Ok().content_type(ContentType::json()).body(text))
}

fn internal(error: &dyn std::error::Error) -> Problem {
    Problem::new(Code::Internal, error.to_string())
}

fn written(served: &ServedModel, answer: Answer, request_id: &str) -> ForecastAnswer {
    let Answer { forecast, warnings } = answer;
    let key_names = &served.model.card().spec.series;
    ForecastAnswer {
        model: ModelVersion {
            name: served.identity.name.clone(),
            version: served.identity.version.to_string(),
            run_id: served.identity.run_id.clone(),
        },
        frequency: forecast.frequency.to_string(),
        horizon: forecast.horizon.steps(),
        forecasts: forecast.series.iter().map(|series| one(series, &forecast, key_names)).collect(),
        warnings,
        request_id: request_id.to_owned(),
    }
}

fn one(series: &SeriesForecast, forecast: &Forecast, key_names: &[String]) -> SeriesAnswer {
    let first = forecast.frequency.period_containing(series.start);
    let steps = 0..forecast.horizon.steps() as i32;
    let levels = forecast.levels.as_slice().iter().map(ToString::to_string);
    let quantiles: BTreeMap<String, Vec<f64>> = levels.zip(series.quantiles.iter().cloned()).collect();
    SeriesAnswer {
        series: key_object(key_names, &series.key),
        start: series.start,
        timestamps: steps.filter_map(|step| forecast.frequency.timestamp(first.plus(step))).collect(),
        mean: series.mean.clone(),
        quantiles,
    }
}
