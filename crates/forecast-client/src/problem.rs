//! How the API says no: RFC 9457 problem details.

use serde::Deserialize;
use serde_json::{Map, Value};

/// A refusal of the API, `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// Stable name of the cause, for programs.
    pub code: String,
    /// Short summary of the kind of problem, for people.
    pub title: String,
    /// What is wrong with this request, and what to change.
    #[serde(default)]
    pub detail: String,
    /// What to name when asking the service's owners.
    #[serde(default)]
    pub request_id: Option<String>,
    /// Further facts, such as the series, date and column that the problem is about.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let says = if self.detail.is_empty() { &self.title } else { &self.detail };
        write!(out, "{says} ({}, status {}", self.code, self.status)?;
        match &self.request_id {
            Some(request_id) => write!(out, ", request {request_id})"),
            None => out.write_str(")"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_fields_are_typed_and_the_others_kept() {
        let problem: Problem = serde_json::from_str(
            r#"{"type":"about:blank","title":"Unknown series","status":404,"detail":"store 9 is not in the model",
                "code":"unknown_series","request_id":"r-1","series":{"store":"9"}}"#,
        )
        .unwrap();
        assert_eq!(
            problem.to_string(),
            "store 9 is not in the model (unknown_series, status 404, request r-1)"
        );
        assert_eq!(problem.other["series"]["store"], "9");
    }
}
