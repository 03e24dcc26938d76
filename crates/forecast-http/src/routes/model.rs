//! `GET /model/info` and `GET /model/metrics`.

use std::collections::BTreeMap;

use actix_web::web::{Data, Json};
use forecast_core::Period;
use forecast_model::{Family, FamilyScore};

use crate::ServiceState;
use crate::problem::Problem;
use crate::wire::{DataRange, FamilyMetrics, FeatureWeight, ModelInfo, ModelMetrics, QuantileMetrics};

/// How many features the card names by weight.
const MOST_WEIGHTS: usize = 20;

/// The model card.
#[utoipa::path(get, path = "/model/info", operation_id = "modelInfo", tag = "Model", responses(
    (status = 200, description = "The model that answers", body = ModelInfo),
    (status = 503, description = "No model is loaded", body = crate::problem::ProblemBody,
        content_type = "application/problem+json"),
))]
pub(crate) async fn info(state: Data<ServiceState>) -> Result<Json<ModelInfo>, Problem> {
    let served = state.require_model()?;
    let card = served.model.card();
    let weights = served.model.feature_importance();
    let time = |period: Period| card.frequency.timestamp(period);
    Ok(Json(ModelInfo {
        name: served.identity.name.clone(),
        version: served.identity.version.to_string(),
        run_id: served.identity.run_id.clone(),
        alias: served.identity.alias.clone(),
        family: card.family.to_string(),
        target: card.target.clone(),
        frequency: card.frequency.to_string(),
        horizon: card.horizon.steps(),
        quantiles: card.levels.as_slice().to_vec(),
        trained_at: card.trained_at,
        data: DataRange { first: time(card.first), last: time(card.last) },
        series_count: served.model.keys().len(),
        key_columns: card.spec.series.clone(),
        time_column: card.spec.time.clone(),
        static_columns: card.statics.clone(),
        known_future: card.known_future.clone(),
        required_future: card.required_future.clone(),
        features: card.features.clone(),
        importance: weights
            .into_iter()
            .take(MOST_WEIGHTS)
            .map(|(feature, share)| FeatureWeight { feature, share })
            .collect(),
        origin: served.origin.name().to_owned(),
        loaded_at: served.loaded_at,
        library_version: card.library_version.clone(),
    }))
}

/// Accuracy in the backtest, against seasonal naive.
#[utoipa::path(get, path = "/model/metrics", operation_id = "modelMetrics", tag = "Model", responses(
    (status = 200, description = "Accuracy in the backtest", body = ModelMetrics),
    (status = 503, description = "No model is loaded", body = crate::problem::ProblemBody,
        content_type = "application/problem+json"),
))]
pub(crate) async fn metrics(state: Data<ServiceState>) -> Result<Json<ModelMetrics>, Problem> {
    let served = state.require_model()?;
    let card = served.model.card();
    let leaderboard: Vec<FamilyMetrics> = card.metrics.iter().map(family_metrics).collect();
    let of = |family: Family| {
        let name = family.to_string();
        leaderboard.iter().find(|entry| entry.family == name).cloned()
    };
    let nothing =
        || FamilyMetrics { family: card.family.to_string(), metrics: BTreeMap::new(), quantiles: Vec::new() };
    let champion = of(card.family).unwrap_or_else(nothing);
    let baseline = of(Family::SeasonalNaive);
    let improvement = baseline.as_ref().map(|baseline| improvement(&champion, baseline)).unwrap_or_default();
    let (metric, windows) = (card.metric.to_string(), card.windows);
    Ok(Json(ModelMetrics { metric, windows, champion, baseline, improvement, leaderboard }))
}

fn family_metrics(score: &FamilyScore) -> FamilyMetrics {
    let FamilyScore { family, overall, quantiles } = score;
    let values = [
        ("mae", overall.mae),
        ("rmse", overall.rmse),
        ("wape", overall.wape),
        ("smape", overall.smape),
        ("mase", overall.mase),
        ("rmsse", overall.rmsse),
        ("bias", overall.bias),
    ];
    let finite = |value: f64| value.is_finite().then_some(value);
    let quantiles = quantiles.iter().map(|quantile| QuantileMetrics {
        level: quantile.level,
        pinball: finite(quantile.pinball),
        coverage: finite(quantile.coverage),
    });
    FamilyMetrics {
        family: family.to_string(),
        metrics: values.into_iter().map(|(name, value)| (name.to_owned(), finite(value))).collect(),
        quantiles: quantiles.collect(),
    }
}

/// By how much the champion's error is smaller, as a share of the baseline's.
fn improvement(champion: &FamilyMetrics, baseline: &FamilyMetrics) -> BTreeMap<String, f64> {
    let compared = baseline.metrics.iter().filter_map(|(name, theirs)| {
        let (ours, theirs) = ((*champion.metrics.get(name)?)?.abs(), (*theirs)?.abs());
        (theirs > 0.0).then(|| (name.clone(), 1.0 - ours / theirs))
    });
    compared.collect()
}
