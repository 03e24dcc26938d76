//! The page at `/`, the documentation at `/docs`, and the files they are made of. All of them are part of
//! the program: nothing is loaded from elsewhere.

use std::hash::{DefaultHasher, Hash, Hasher};

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

/// A file of the page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asset {
    /// Where it is served.
    pub(crate) path: &'static str,
    content_type: &'static str,
    content: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! assets {
    ($($path:literal $kind:ident $file:literal;)*) => {
        /// Every file of the page.
        pub(crate) const ASSETS: &[Asset] = &[$(Asset {
            path: $path,
            content_type: $kind,
            content: include_str!(concat!("../../assets/", $file)),
        },)*];
    };
}

assets! {
    "/" HTML "index.html";
    "/docs" HTML "docs.html";
    "/assets/style.css" CSS "style.css";
    "/assets/api.js" SCRIPT "api.js";
    "/assets/chart.js" SCRIPT "chart.js";
    "/assets/finder.js" SCRIPT "finder.js";
    "/assets/format.js" SCRIPT "format.js";
    "/assets/model.js" SCRIPT "model.js";
    "/assets/page.js" SCRIPT "page.js";
    "/assets/docs.js" SCRIPT "docs.js";
    "/assets/icon.svg" SVG "icon.svg";
    "/assets/uplot.js" SCRIPT "vendor/uplot/uPlot.iife.min.js";
    "/assets/uplot.css" CSS "vendor/uplot/uPlot.min.css";
    "/assets/uplot-license.txt" TEXT "vendor/uplot/LICENSE";
}

const SVG: &str = "image/svg+xml";
const TEXT: &str = "text/plain; charset=utf-8";

/// Answers with a file. Browsers keep it, and ask whether it is still the same: a new release is seen
/// at once.
pub(crate) async fn serve(request: HttpRequest, asset: &'static Asset) -> HttpResponse {
    let mut hasher = DefaultHasher::new();
    asset.content.hash(&mut hasher);
    let tag = format!("\"{:x}\"", hasher.finish());
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_same = known.is_some_and(|known| known.trim_start_matches("W/") == tag);
    let mut response = if is_same { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((header::CACHE_CONTROL, "no-cache")).insert_header((header::ETAG, tag));
    if is_same {
        return response.finish();
    }
    response.insert_header((header::CONTENT_TYPE, asset.content_type)).body(asset.content)
}
