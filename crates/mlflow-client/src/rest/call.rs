//! One call of MLflow's REST interface, before it is sent.

use reqwest::Method;
use serde::Serialize;
use serde_json::Value;

/// How safe it is to send a call twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Reads, and writes that leave the same state when done twice.
    Freely,
    /// Creations, and changes whose second time is an error: only if the first had no effect.
    WithoutEffect,
}

/// One call below `/api/2.0/mlflow/`.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// What a person would call it.
    pub(super) operation: &'static str,
    pub(super) method: Method,
    /// Below `/api/2.0/mlflow/`; parts that come from a caller have been checked.
    pub(super) path: String,
    pub(super) repeat: Repeat,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
}

impl Call {
    pub(super) fn new(
        operation: &'static str,
        method: Method,
        path: impl Into<String>,
        repeat: Repeat,
    ) -> Self {
        Self { operation, method, path: path.into(), repeat, query: Vec::new(), body: None }
    }

    /// A GET, which may always be repeated.
    pub(super) fn get(operation: &'static str, path: impl Into<String>) -> Self {
        Self::new(operation, Method::GET, path, Repeat::Freely)
    }

    #[expect(clippy::needless_pass_by_value, reason = "callers give literals, numbers and texts alike")]
    pub(super) fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    pub(super) fn optional_query<T: ToString>(self, name: &'static str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// A body that serialises without fail: our own types and `json!` values.
    pub(super) fn body(mut self, body: &impl Serialize) -> Self {
        self.body = serde_json::to_value(body).ok();
        self
    }
}
