//! The bytes of a request body, up to a limit and within a time.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::dev::Decompress;
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;

use crate::gate::Held;
use crate::problem::{Code, Problem};

/// How long a body may take to arrive: the longest one, over a connection of 2 Mbit/s.
pub(crate) const ARRIVES_WITHIN: Duration = Duration::from_secs(60);

/// What a body may take.
#[derive(Debug)]
pub(crate) struct Allowance<'a, 'g> {
    /// Most bytes of this body.
    pub(crate) max_bytes: usize,
    /// Longest time until its last byte.
    pub(crate) within: Duration,
    /// The right to hold it; grows with it.
    pub(crate) held: &'a mut Held<'g>,
}

/// Reads a JSON body, uncompressed where the request says that it is compressed. The limit is on what
/// comes out, so that a small body cannot blow up.
pub(crate) async fn read_body(
    request: &HttpRequest,
    payload: Payload,
    allowance: Allowance<'_, '_>,
) -> Result<Bytes, Problem> {
    check_media_type(request)?;
    check_encoding(request)?;
    let Allowance { max_bytes, within, held } = allowance;
    let mut payload = Decompress::from_headers(payload, request.headers());
    let whole = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| broken(&error))?;
            if body.len() + chunk.len() > max_bytes {
                return Err(too_large(max_bytes));
            }
            held.grow_to(body.len() + chunk.len())?;
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    tokio::time::timeout(within, whole).await.unwrap_or_else(|_| Err(too_slow(within)))
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

fn too_slow(within: Duration) -> Problem {
    let detail = format!("the body did not arrive whole: its end is missing after {} s", within.as_secs());
    Problem::new(Code::BadBody, detail)
}

fn broken(error: &PayloadError) -> Problem {
    let reason = match error {
        PayloadError::Incomplete(Some(error)) | PayloadError::Io(error) => error.to_string(),
        PayloadError::Incomplete(None) => "it ended early".to_owned(),
        other => other.to_string(),
    };
    Problem::new(Code::BadBody, format!("the body did not arrive whole: {reason}"))
}

#[cfg(test)]
mod tests {
    use actix_web::FromRequest;
    use actix_web::dev;
    use actix_web::test::TestRequest;
    use futures_util::stream;

    use super::*;
    use crate::gate::Gate;

    #[actix_web::test]
    async fn a_body_that_does_not_end_is_given_up() {
        let (request, _) = TestRequest::post().to_http_parts();
        let beginning = stream::iter([Ok::<_, PayloadError>(Bytes::from_static(b"{"))]);
        let stalled: dev::Payload =
            dev::Payload::Stream { payload: Box::pin(beginning.chain(stream::pending())) };
        let payload = Payload::from_request(&request, &mut { stalled }).await.unwrap();
        let gate = Gate::new(1, 1_024);
        let mut held = gate.hold().unwrap();
        let within = Duration::from_millis(1);
        let allowance = Allowance { max_bytes: 1_024, within, held: &mut held };
        let problem = read_body(&request, payload, allowance).await.unwrap_err();
        assert_eq!(problem.code, Code::BadBody);
        assert!(problem.detail.contains("its end is missing"), "{}", problem.detail);
    }
}
