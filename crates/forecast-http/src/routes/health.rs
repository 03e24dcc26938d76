//! `GET /health`, `/health/live`, `/health/ready`.
//!
//! `/health` and `/health/live` answer 200 for as long as the process can answer at all: a server that
//! waits for its model must not be restarted for it. `/health/ready` answers 503 until a model is
//! loaded and again from the moment that the server is told to end (docs/adr/0005).

use actix_web::web::{Data, Json};

use crate::ServiceState;
use crate::problem::{Code, Problem};
use crate::state::Phase;
use crate::wire::{Health, HealthModel};

/// Whether the service lives, and what it is doing.
#[utoipa::path(get, path = "/health", operation_id = "health", tag = "Health", responses(
    (status = 200, description = "The service lives; `status` says whether it is ready", body = Health),
))]
pub(crate) async fn health(state: Data<ServiceState>) -> Json<Health> {
    Json(report(&state))
}

/// Whether the service lives.
#[utoipa::path(get, path = "/health/live", operation_id = "live", tag = "Health", responses(
    (status = 200, description = "The service lives", body = Health),
))]
pub(crate) async fn live(state: Data<ServiceState>) -> Json<Health> {
    Json(report(&state))
}

/// Whether forecasts are answered.
#[utoipa::path(get, path = "/health/ready", operation_id = "ready", tag = "Health", responses(
    (status = 200, description = "Forecasts are answered", body = Health),
    (status = 503, description = "Not yet, or not any more; `detail` says why", body = crate::problem::ProblemBody,
        content_type = "application/problem+json"),
))]
pub(crate) async fn ready(state: Data<ServiceState>) -> Result<Json<Health>, Problem> {
    match state.phase() {
        Phase::Ready => Ok(Json(report(&state))),
        Phase::Starting => Err(Problem::new(Code::NoModel, state.reason())),
        Phase::Draining => Err(Problem::new(Code::Draining, state.reason())),
    }
}

fn report(state: &ServiceState) -> Health {
    let phase = state.phase();
    let model = state.model().map(|served| HealthModel {
        name: served.identity.name.clone(),
        version: served.identity.version.to_string(),
        origin: served.origin.name().to_owned(),
        loaded_at: served.loaded_at,
    });
    let reason = if phase == Phase::Ready { state.trouble() } else { Some(state.reason()) };
    Health { status: phase.name().to_owned(), reason, model }
}
