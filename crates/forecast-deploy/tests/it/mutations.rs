//! Mistakes that people make in deployment files, each with what the checks say of it.
//!
//! An edit that does not fit its file any more fails the test: it has to follow the file.

mod manifests;
mod others;
mod rollout;

/// Stands for the whole text of a file.
pub(crate) const EVERYTHING: &str = "\u{0}";

/// One mistake.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mutation {
    /// In words.
    pub(crate) what: &'static str,
    /// File that is changed.
    pub(crate) file: &'static str,
    /// Text whose first occurrence is replaced.
    pub(crate) old: &'static str,
    /// What it becomes.
    pub(crate) new: &'static str,
    /// The only rule that may report it.
    pub(crate) rule: &'static str,
    /// A part of the remedy.
    pub(crate) remedy: &'static str,
    /// Where it is reported, if not at the replacement: the file, and a text in it.
    pub(crate) shows: Option<(&'static str, &'static str)>,
}

/// A mistake in a file; [`Mutation::edit`] and [`Mutation::expect`] say which.
const fn mutation(what: &'static str, file: &'static str) -> Mutation {
    Mutation { what, file, old: "", new: "", rule: "", remedy: "", shows: None }
}

impl Mutation {
    const fn edit(self, old: &'static str, new: &'static str) -> Self {
        Self { old, new, ..self }
    }

    /// The whole file is this, and its mistake in line 1.
    const fn becomes(self, new: &'static str) -> Self {
        Self { old: EVERYTHING, new, ..self }
    }

    const fn expect(self, rule: &'static str, remedy: &'static str) -> Self {
        Self { rule, remedy, ..self }
    }

    const fn shows(self, file: &'static str, marker: &'static str) -> Self {
        Self { shows: Some((file, marker)), ..self }
    }
}

/// Every mistake.
pub(crate) fn mutations() -> impl Iterator<Item = &'static Mutation> {
    manifests::MANIFESTS.iter().chain(rollout::ROLLOUT).chain(others::OTHERS)
}
