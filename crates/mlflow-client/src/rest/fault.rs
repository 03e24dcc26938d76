//! From an answer that is not a success to an [`Error`].

use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;

use crate::Error;

/// Longest part of a server's words that an error repeats, in characters.
const DETAIL_CHARS: usize = 600;

/// An answer that is not a success.
#[derive(Debug)]
pub(super) struct Refusal<'a> {
    pub(super) operation: &'static str,
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<Duration>,
    /// The host that the request named, with its port where it has one.
    pub(super) host: &'a str,
    /// The `Location` of a redirect.
    pub(super) location: Option<String>,
    pub(super) body: &'a str,
}

/// What MLflow answers: `error_code` from the API, `detail` from the artifact proxy.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Words {
    error_code: String,
    message: String,
    detail: String,
}

impl Refusal<'_> {
    pub(super) fn into_error(self) -> Error {
        let words = serde_json::from_str::<Words>(self.body).ok();
        let is_json = words.is_some();
        let words = words.unwrap_or_default();
        let detail = self.detail(&words);
        let operation = self.operation;

        if self.body.contains("Invalid Host header") {
            return invalid_host(operation, self.host);
        }
        // The code is more exact than the status: a missing alias and a name that is taken are
        // both status 400.
        match words.error_code.as_str() {
            "RESOURCE_DOES_NOT_EXIST" | "NOT_FOUND" => return Error::NotFound { operation, detail },
            "RESOURCE_ALREADY_EXISTS" | "ALREADY_EXISTS" => {
                return Error::AlreadyExists { operation, detail };
            }
            "BAD_REQUEST" if lost_a_race(self.body) => {
                let detail = format!("somebody else wrote the same at the same time: {detail}");
                return Error::Unavailable { operation, retry_after: self.retry_after, detail };
            }
            "ENDPOINT_NOT_FOUND" | "NOT_IMPLEMENTED" => return Error::Unsupported { operation, detail },
            _ => {}
        }
        match self.status.as_u16() {
            300..400 => Error::Protocol {
                operation,
                detail: format!(
                    "the server sends elsewhere ({}): {}; set MLFLOW_TRACKING_URI to the final address",
                    self.status,
                    self.location.as_deref().unwrap_or("no location given")
                ),
            },
            401 => Error::Unauthenticated { operation, detail },
            403 => Error::PermissionDenied { operation, detail },
            404 | 405 if !is_json => Error::Protocol {
                operation,
                detail: format!(
                    "no such endpoint ({}); check that MLFLOW_TRACKING_URI is the address of an MLflow 3 \
                     server: {detail}",
                    self.status
                ),
            },
            404 => Error::NotFound { operation, detail },
            409 => Error::Conflict { operation, detail },
            429 => Error::RateLimited { operation, retry_after: self.retry_after, detail },
            408 | 502 | 503 | 504 => Error::Unavailable { operation, retry_after: self.retry_after, detail },
            400..=499 => Error::InvalidParameter { operation, detail },
            501 => Error::Unsupported { operation, detail },
            status => Error::Server { operation, status, detail },
        }
    }

    fn detail(&self, words: &Words) -> String {
        let said = [&words.message, &words.detail]
            .into_iter()
            .find(|text| !text.is_empty())
            .map_or_else(|| plain_text(self.body), |text| text.trim().to_owned());
        if said.is_empty() {
            return format!("status {} without a word", self.status);
        }
        match said.char_indices().nth(DETAIL_CHARS) {
            Some((end, _)) => format!("{}…", &said[..end]),
            None => said,
        }
    }
}

/// Whether the server's database refused an entry that somebody else made a moment before, in which case
/// nothing has been written and a second attempt finds the entry.
///
/// MLflow looks for an alias or a tag and then inserts it, in two steps; of two writers at the same moment the
/// slower one is told what its database said: the words of PostgreSQL, SQLite, MySQL and SQL Server.
pub(super) fn lost_a_race(body: &str) -> bool {
    ["UniqueViolation", "UNIQUE constraint failed", "Duplicate entry", "Cannot insert duplicate key"]
        .iter()
        .any(|words| body.contains(words))
}

fn invalid_host(operation: &'static str, host: &str) -> Error {
    let bare = without_port(host);
    let allowed = if bare == host { format!("{bare},{bare}:*") } else { format!("{bare},{host}") };
    Error::InvalidHostHeader { operation, host: host.to_owned(), allowed }
}

/// The host without its port; the brackets of an IPv6 address stay.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((bare, port))
            if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) && !bare.is_empty() =>
        {
            bare
        }
        _ => host,
    }
}

/// The words of an HTML page, for people: tags out, spaces folded.
fn plain_text(body: &str) -> String {
    let mut text = String::new();
    let mut inside_tag = false;
    for c in body.chars() {
        match c {
            '<' => inside_tag = true,
            '>' if inside_tag => {
                inside_tag = false;
                text.push(' ');
            }
            c if !inside_tag => text.push(c),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::StatusCode;

    use super::Refusal;
    use crate::Error;

    fn refused(status: u16, body: &str) -> Error {
        Refusal {
            operation: "create run",
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: Some(Duration::from_secs(3)),
            host: "mlflow.ml.svc:5000",
            location: Some("https://mlflow.example.com/".to_owned()),
            body,
        }
        .into_error()
    }

    fn code(code: &str) -> String {
        format!(r#"{{"error_code":"{code}","message":"as it is"}}"#)
    }

    #[test]
    fn the_code_goes_before_the_status() {
        assert!(matches!(refused(400, &code("RESOURCE_ALREADY_EXISTS")), Error::AlreadyExists { .. }));
        assert!(matches!(refused(409, &code("ALREADY_EXISTS")), Error::AlreadyExists { .. }));
        assert!(matches!(refused(404, &code("RESOURCE_DOES_NOT_EXIST")), Error::NotFound { .. }));
        assert!(matches!(refused(400, &code("INVALID_PARAMETER_VALUE")), Error::InvalidParameter { .. }));
        assert!(matches!(refused(400, &code("BAD_REQUEST")), Error::InvalidParameter { .. }));
        assert!(matches!(refused(403, &code("PERMISSION_DENIED")), Error::PermissionDenied { .. }));
        assert!(matches!(refused(409, &code("RESOURCE_CONFLICT")), Error::Conflict { .. }));
        assert!(matches!(refused(501, &code("NOT_IMPLEMENTED")), Error::Unsupported { .. }));
        assert!(matches!(refused(500, &code("INTERNAL_ERROR")), Error::Server { status: 500, .. }));
    }

    #[test]
    fn transient_refusals_carry_the_wait() {
        for (status, name) in [(429, "REQUEST_LIMIT_EXCEEDED"), (503, "TEMPORARILY_UNAVAILABLE")] {
            let error = refused(status, &code(name));
            assert!(error.is_transient(), "{error}");
            assert_eq!(error.retry_after(), Some(Duration::from_secs(3)));
        }
    }

    #[test]
    fn a_lost_race_may_be_run_again() {
        let said =
            r#"{"error_code":"BAD_REQUEST","message":"(psycopg.errors.UniqueViolation) duplicate key"}"#;
        assert!(matches!(refused(400, said), Error::Unavailable { .. }));
        // What a person has written is no word of the database.
        let echoed = said.replace("BAD_REQUEST", "INVALID_PARAMETER_VALUE");
        assert!(matches!(refused(400, &echoed), Error::InvalidParameter { .. }));
    }

    #[test]
    fn an_unknown_host_names_its_remedy() {
        let error = refused(403, "Invalid Host header - possible DNS rebinding attack detected").to_string();
        for part in ["--allowed-hosts", "MLFLOW_SERVER_ALLOWED_HOSTS", "\"mlflow.ml.svc,mlflow.ml.svc:5000\""]
        {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn html_becomes_words() {
        let page = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not  Found</h1>";
        let error = refused(404, page).to_string();
        assert!(
            error.ends_with("404 Not Found Not Found") && error.contains("MLFLOW_TRACKING_URI"),
            "{error}"
        );
        assert!(matches!(refused(404, r#"{"detail":"Not Found"}"#), Error::NotFound { .. }));
        let long = refused(500, &"x".repeat(5_000)).to_string();
        assert!(long.len() < 800, "{}", long.len());
    }

    #[test]
    fn a_redirect_names_the_address() {
        assert!(refused(308, "").to_string().contains("https://mlflow.example.com/"));
    }
}
