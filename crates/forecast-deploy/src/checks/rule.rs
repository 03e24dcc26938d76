//! What a rule is, and what it looks at.

use super::finding::Report;
use super::stack::{Stack, stacks};
use super::tree::{CheckError, Tree};
use std::path::Path;

/// Everything that a rule may look at.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) tree: Tree,
    pub(super) stacks: Vec<Stack>,
}

impl Project {
    /// Reads the deployment files of a repository.
    pub(super) fn read(root: &Path) -> Result<Self, CheckError> {
        let tree = Tree::read(root)?;
        let stacks = stacks(&tree);
        Ok(Self { tree, stacks })
    }
}

/// A rule that deployment files keep.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Short name, stable, in front of every finding.
    pub id: &'static str,
    /// What holds where the rule is kept, in one sentence.
    pub holds: &'static str,
    pub(super) check: fn(&Project, &mut Report),
}

/// Rules that belong together.
#[derive(Clone, Copy, Debug)]
pub struct RuleGroup {
    /// What they are about.
    pub title: &'static str,
    /// The rules.
    pub rules: &'static [Rule],
}
