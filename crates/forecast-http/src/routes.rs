//! Paths to handlers.

mod docs;
mod forecast;
mod health;
mod metrics;
mod model;
mod page;
mod series;

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, Resource, Route, guard};

use crate::problem::{Code, Problem};

pub(crate) use docs::openapi_json;

/// Every path of the service.
pub(crate) fn configure(app: &mut ServiceConfig) {
    app.service(resource("/forecast", "POST").route(web::post().to(forecast::forecast)));
    app.service(get("/health").route(reading().to(health::health)));
    app.service(get("/health/live").route(reading().to(health::live)));
    app.service(get("/health/ready").route(reading().to(health::ready)));
    app.service(get("/model/info").route(reading().to(model::info)));
    app.service(get("/model/metrics").route(reading().to(model::metrics)));
    app.service(get("/series").route(reading().to(series::list)));
    app.service(get("/series/history").route(reading().to(series::history)));
    app.service(get("/metrics").route(reading().to(metrics::metrics)));
    app.service(get("/openapi.json").route(reading().to(docs::openapi)));
    for asset in page::ASSETS {
        let serve = move |request: HttpRequest| page::serve(request, asset);
        app.service(get(asset.path).route(reading().to(serve)));
    }
    app.default_service(web::to(nowhere));
}

fn get(path: &str) -> Resource {
    resource(path, "GET, HEAD")
}

/// GET, and HEAD, which gets the same without the body.
fn reading() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// A path with the methods that it knows; any other method is a problem that names them.
fn resource(path: &str, allow: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move |request: HttpRequest| async move {
        let detail = format!("{} does not know the method {}; use {allow}", request.path(), request.method());
        Err::<&'static str, _>(Problem { allow: Some(allow), ..Problem::new(Code::MethodNotAllowed, detail) })
    }))
}

async fn nowhere(request: HttpRequest) -> Result<&'static str, Problem> {
    let detail = format!("there is nothing at {}; see /docs for the paths that exist", request.path());
    Err(Problem::new(Code::NotFound, detail))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_path_is_described_and_the_other_way_about() {
        let source = include_str!("routes.rs").split("mod tests").next().unwrap_or_default();
        let routed: BTreeSet<&str> = ["get(\"/", "resource(\"/"]
            .into_iter()
            .flat_map(|call| source.split(call).skip(1))
            .filter_map(|rest| rest.split('"').next())
            .collect();
        let document: serde_json::Value = serde_json::from_str(&openapi_json()).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let described: BTreeSet<&str> = paths.keys().map(|path| &path[1..]).collect();
        assert_eq!(routed, described);
        assert!(routed.len() >= 10, "{routed:?}");
    }
}
