//! `GET /series` and `GET /series/history`.

use std::collections::BTreeMap;

use actix_web::web::{Data, Json, Query};
use forecast_core::SeriesKey;

use crate::ServiceState;
use crate::problem::{Code, Problem};
use crate::served::ServedModel;
use crate::wire::{SeriesHistory, SeriesList, key_object};

/// Parameters by name. Read by hand, so that a mistyped name is an error.
type Parameters = Query<BTreeMap<String, String>>;

const DEFAULT_LIMIT: usize = 50;
const MOST_LISTED: usize = 1_000;

/// Series whose key holds every word of the query.
#[utoipa::path(get, path = "/series", operation_id = "listSeries", tag = "Series",
    params(
        ("query" = Option<String>, Query, description = "Words that the key must hold, in any case"),
        ("limit" = Option<usize>, Query, description = "Most series to list: 1 to 1000, 50 by default"),
    ),
    responses(
        (status = 200, description = "The first series that fit", body = SeriesList),
        (status = 400, description = "A parameter is not known or cannot be used", body = crate::problem::ProblemBody,
            content_type = "application/problem+json"),
        (status = 503, description = "No model is loaded", body = crate::problem::ProblemBody,
            content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    state: Data<ServiceState>,
    parameters: Parameters,
) -> Result<Json<SeriesList>, Problem> {
    let served = state.require_model()?;
    if let Some(name) = parameters.keys().find(|name| !["query", "limit"].contains(&name.as_str())) {
        let detail = format!("there is no parameter `{name}`; known: query, limit");
        return Err(Problem::new(Code::BadParameter, detail));
    }
    let limit = match parameters.get("limit") {
        None => DEFAULT_LIMIT,
        Some(text) => {
            text.parse().ok().filter(|limit| (1..=MOST_LISTED).contains(limit)).ok_or_else(|| {
                let detail = format!("`limit` must be a whole number from 1 to {MOST_LISTED}, not `{text}`");
                Problem::new(Code::BadParameter, detail)
            })?
        }
    };
    let query = parameters.get("query").map_or("", String::as_str);
    let found: Vec<usize> = served.search(query).collect();
    let key_names = &served.model.card().spec.series;
    let first = found.iter().take(limit).filter_map(|position| served.model.keys().get(*position));
    Ok(Json(SeriesList { total: found.len(), series: first.map(|key| key_object(key_names, key)).collect() }))
}

/// The last part of a series' history, up to about a year.
#[utoipa::path(get, path = "/series/history", operation_id = "seriesHistory", tag = "Series",
    description = "The series is named by its key columns as parameters, such as `?boutique=Paris&product=scarf-12`.",
    responses(
        (status = 200, description = "The history", body = SeriesHistory),
        (status = 400, description = "A key column is missing or not known", body = crate::problem::ProblemBody,
            content_type = "application/problem+json"),
        (status = 404, description = "The series is not known", body = crate::problem::ProblemBody,
            content_type = "application/problem+json"),
        (status = 503, description = "No model is loaded", body = crate::problem::ProblemBody,
            content_type = "application/problem+json"),
    )
)]
pub(crate) async fn history(
    state: Data<ServiceState>,
    parameters: Parameters,
) -> Result<Json<SeriesHistory>, Problem> {
    let served = state.require_model()?;
    let key = key_of(&served, &parameters)?;
    let position = served.model.position(&key).ok_or_else(|| {
        let meant = served.nearest(&key).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        Problem::new(Code::UnknownSeries, format!("the model knows no series `{key}`{meant}"))
    })?;
    let card = served.model.card();
    let (start, values) = served.model.history(position);
    let periods = (0..values.len()).map(|step| start.plus(i32::try_from(step).unwrap_or(i32::MAX)));
    Ok(Json(SeriesHistory {
        series: key_object(&card.spec.series, &key),
        frequency: card.frequency.to_string(),
        timestamps: periods.filter_map(|period| card.frequency.timestamp(period)).collect(),
        values: values.iter().map(|value| value.is_finite().then_some(f64::from(*value))).collect(),
    }))
}

fn key_of(served: &ServedModel, parameters: &Parameters) -> Result<SeriesKey, Problem> {
    let key_names = &served.model.card().spec.series;
    let known = key_names.join(", ");
    if let Some(name) = parameters.keys().find(|name| !key_names.contains(name)) {
        let detail = format!("`{name}` is no key column of the model; name a series by {known}");
        return Err(Problem::new(Code::BadParameter, detail));
    }
    let value = |name: &String| {
        let missing = || {
            let detail = format!("the key column `{name}` is missing; name a series by {known}");
            Problem::new(Code::BadParameter, detail)
        };
        parameters.get(name).cloned().ok_or_else(missing)
    };
    Ok(SeriesKey::new(key_names.iter().map(value).collect::<Result<Vec<_>, _>>()?))
}
