//! Checks of the files that say how the service is deployed, against what the programs really take.
//!
//! [`check`] reads manifests, compose files, pipelines and monitoring under the root of the repository
//! and says what is wrong, where, and what to change. What the programs take is read from their
//! [contracts](crate::contract), so a renamed variable or path is a finding and not a failed rollout.
//!
//! Refuses: changing files, printing, calling other programs, and warnings. A finding is a mistake.

mod finding;
mod patch;
mod rule;
mod rules;
mod stack;
mod tree;
mod workload;
mod yaml;

use std::path::Path;

pub use finding::Finding;
pub use rule::{Rule, RuleGroup};
pub use rules::GROUPS;
pub use tree::CheckError;

use finding::Report;
use rule::Project;

/// Every mistake in the deployment files under `root`, by file and line, each once.
///
/// # Errors
/// [`CheckError`] where files cannot be read; what is wrong *in* them is a finding.
pub fn check(root: &Path) -> Result<Vec<Finding>, CheckError> {
    let project = Project::read(root)?;
    let mut findings = Vec::new();
    for rule in GROUPS.iter().flat_map(|group| group.rules) {
        let mut report = Report::new(rule.id);
        (rule.check)(&project, &mut report);
        findings.extend(report.into_findings());
    }
    findings.sort();
    // Stacks that share a file find the same; what they suggest may differ.
    findings.dedup_by(|a, b| (&a.file, a.line, a.rule, &a.message) == (&b.file, b.line, b.rule, &b.message));
    Ok(findings)
}

/// The rules as a page for readers, in Markdown.
#[must_use]
pub fn rules_page() -> String {
    let mut page = String::new();
    for group in GROUPS {
        page.push_str(&format!("### {}\n\n| Rule | What holds |\n|---|---|\n", group.title));
        for rule in group.rules {
            page.push_str(&format!("| `{}` | {} |\n", rule.id, rule.holds));
        }
        page.push('\n');
    }
    page
}
