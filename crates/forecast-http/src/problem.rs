//! How the API says no: RFC 9457 problem details, for every error alike.
//!
//! A [`Problem`] has a stable [`Code`] for programs and sentences for people. Where a request has several
//! faults, all of them stand in `errors`. The middleware adds the request id and writes the answer.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

mod code;

pub use code::Code;

/// The content type of every error.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// When to ask again after a 503, in seconds.
const RETRY_AFTER_SECONDS: u64 = 5;

/// Why a request was refused. Not yet with the request id, which only the middleware knows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    /// The kind of problem; decides status and title.
    pub(crate) code: Code,
    /// What is wrong with this request, and what to change.
    pub(crate) detail: String,
    /// Every fault that was found, where there can be several.
    pub(crate) errors: Vec<Fault>,
    /// The methods that the path does know, after 405.
    pub(crate) allow: Option<&'static str>,
}

/// One fault of a request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Fault {
    /// Stable name of the cause, for programs.
    #[schema(example = "missing_future_row")]
    pub code: String,
    /// What is wrong, and what to change.
    pub detail: String,
    /// Where in the request, as a JSON pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/future/3/price")]
    pub pointer: Option<String>,
    /// Which series, its key values joined by `/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// Which date or time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Which column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The value found there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// How often it occurs, where the rest is about the first occurrence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

impl Fault {
    /// A fault of a kind.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code: code.name().to_owned(), detail: detail.into(), ..Self::default() }
    }

    /// The fault at a place in the request.
    pub(crate) fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }
}

/// A problem as it goes over the wire.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// Where this kind of problem is explained, relative to the service.
    #[serde(rename = "type")]
    #[schema(example = "/docs#unknown_series")]
    kind: String,
    /// Summary of the kind of problem.
    #[schema(example = "Unknown series")]
    title: &'static str,
    /// HTTP status.
    #[schema(example = 404)]
    status: u16,
    /// What is wrong with this request, and what to change.
    detail: String,
    /// Stable name of the kind of problem, for programs.
    #[schema(example = "unknown_series")]
    code: &'static str,
    /// What to name when asking the service's owners.
    request_id: String,
    /// Every fault that was found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<Fault>,
}

impl Problem {
    /// A problem without a list of faults.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), allow: None }
    }

    /// All faults of a request as one problem: of their kind if they are of one kind.
    pub(crate) fn of_faults(faults: Vec<Fault>) -> Self {
        let Some(first) = faults.first() else {
            return Self::new(Code::InvalidRequest, "the request cannot be answered");
        };
        let alike = faults.iter().all(|fault| fault.code == first.code);
        let code = Code::named(&first.code).filter(|_| alike).unwrap_or(Code::InvalidRequest);
        let detail = match (faults.len(), &first.pointer) {
            (1, _) => first.detail.clone(),
            (count, _) => format!("{count} faults; the first: {}", first.detail),
        };
        Self { code, detail, errors: faults, allow: None }
    }

    /// The answer, with the request's id in it.
    pub(crate) fn respond(&self, request_id: &str) -> HttpResponse {
        let body = ProblemBody {
            kind: format!("/docs#{}", self.code.name()),
            title: self.code.title(),
            status: self.status_code().as_u16(),
            detail: self.detail.clone(),
            code: self.code.name(),
            request_id: request_id.to_owned(),
            errors: self.errors.clone(),
        };
        // Of strings and numbers alone, so that it can always be written.
        let text = serde_json::to_string(&body).unwrap_or_default();
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CONTENT_TYPE, PROBLEM_JSON));
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if self.status_code() == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS)));
        }
        if let Some(allow) = self.allow {
            response.insert_header((header::ALLOW, allow));
        }
        response.body(text)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} ({})", self.detail, self.code.name())
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    /// Without a request id: only reached where the middleware is missing.
    fn error_response(&self) -> HttpResponse {
        self.respond("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_of_one_kind_are_a_problem_of_that_kind() {
        let unknown = || Fault::new(Code::UnknownSeries, "no series `9`").at("/series/0");
        let problem = Problem::of_faults(vec![unknown()]);
        assert_eq!((problem.code, problem.detail.as_str()), (Code::UnknownSeries, "no series `9`"));
        let problem = Problem::of_faults(vec![unknown(), Fault::new(Code::WrongType, "not a number")]);
        assert_eq!(problem.code, Code::InvalidRequest);
        assert_eq!(problem.detail, "2 faults; the first: no series `9`");
    }
}
