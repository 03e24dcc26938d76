//! What a check reports: one mistake, where it is, and what to change.

use std::fmt;
use std::sync::Arc;

/// A mistake in a deployment file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Path from the root of the repository.
    pub file: String,
    /// Line in the file, from 1.
    pub line: usize,
    /// Identifier of the rule, as in the table of rules.
    pub rule: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to change.
    pub remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, rule, message, remedy } = self;
        write!(out, "{file}:{line}: {rule}: {message}\n    remedy: {remedy}")
    }
}

/// Where something is in the deployment files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Path from the root of the repository.
    pub(super) file: Arc<str>,
    /// Line, from 1.
    pub(super) line: usize,
}

/// The findings of one rule.
#[derive(Debug)]
pub(super) struct Report {
    rule: &'static str,
    findings: Vec<Finding>,
}

impl Report {
    pub(super) fn new(rule: &'static str) -> Self {
        Self { rule, findings: Vec::new() }
    }

    /// Reports a mistake with its remedy.
    pub(super) fn add(&mut self, place: &Place, message: impl Into<String>, remedy: impl Into<String>) {
        self.findings.push(Finding {
            file: place.file.to_string(),
            line: place.line.max(1),
            rule: self.rule,
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}
