//! The bytes of a request body, up to a limit.

use actix_web::HttpRequest;
use actix_web::dev::Decompress;
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;

use crate::problem::{Code, Problem};

/// Reads a JSON body, uncompressed where the request says that it is compressed. The limit is on what
/// comes out, so that a small body cannot blow up.
pub(crate) async fn read_body(
    request: &HttpRequest,
    payload: Payload,
    max_bytes: usize,
) -> Result<Bytes, Problem> {
    check_media_type(request)?;
    check_encoding(request)?;
    let mut payload = Decompress::from_headers(payload, request.headers());
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| broken(&error))?;
        if body.len() + chunk.len() > max_bytes {
            return Err(too_large(max_bytes));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// `application/json` and its relatives; also no media type at all, as plain HTTP clients send it.
fn check_media_type(request: &HttpRequest) -> Result<(), Problem> {
    let Some(value) = request.headers().get(header::CONTENT_TYPE) else { return Ok(()) };
    let text = value.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json =
        essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"));
    if is_json {
        return Ok(());
    }
    let detail = format!("the body is `{text}`; send JSON as `content-type: application/json`");
    Err(Problem::new(Code::UnsupportedMediaType, detail))
}

/// Plain or gzip: what else could be in there would be read as broken JSON.
fn check_encoding(request: &HttpRequest) -> Result<(), Problem> {
    let Some(value) = request.headers().get(header::CONTENT_ENCODING) else { return Ok(()) };
    let text = value.to_str().unwrap_or_default().trim();
    if ["", "identity", "gzip"].iter().any(|known| text.eq_ignore_ascii_case(known)) {
        return Ok(());
    }
    let detail = format!("the body is encoded as `{text}`; send it plain or as `content-encoding: gzip`");
    Err(Problem::new(Code::UnsupportedMediaType, detail))
}

fn too_large(max_bytes: usize) -> Problem {
    let detail = format!("the body is longer than {max_bytes} bytes; split the request");
    Problem::new(Code::BodyTooLarge, detail)
}

fn broken(error: &PayloadError) -> Problem {
    let reason = match error {
        PayloadError::Incomplete(Some(error)) | PayloadError::Io(error) => error.to_string(),
        PayloadError::Incomplete(None) => "it ended early".to_owned(),
        other => other.to_string(),
    };
    Problem::new(Code::BadBody, format!("the body did not arrive whole: {reason}"))
}
