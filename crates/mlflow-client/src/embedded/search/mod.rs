//! MLflow's search language, translated to SQL over MLflow's own tables.
//!
//! Supported: comparisons joined by `AND` over metrics, params, tags and attributes, with
//! `=`, `!=`, `<`, `<=`, `>`, `>=`, `LIKE`, `ILIKE`, `IN`, `NOT IN`, `IS NULL`, `IS NOT NULL`;
//! `order_by` clauses over the same names; pages. Refused, with the supported grammar in the
//! message: `OR`, grouping, filters on datasets, and everything else. Values never enter the SQL
//! text: each one is bound.

mod grammar;
mod lexer;
mod page;
mod resource;
mod resources;

pub(super) use page::Page;
pub(super) use resource::Condition;
pub(super) use resources::{EXPERIMENTS, LOGGED_MODELS, MODEL_VERSIONS, REGISTERED_MODELS, RUNS};

/// Why a filter, an order or a page token cannot be read.
#[derive(Debug)]
pub(super) struct SyntaxError(String);

impl SyntaxError {
    fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
