//! Gathers problems while a table is read, so that all of them can be told at once.
//!
//! Only the first occurrence of a kind and column is described; the others are counted. What is
//! noted must come in file order, so that the example does not depend on anything else.

use std::collections::BTreeMap;

use super::catalogue::ProblemCode;
use super::problem::{Place, Problem, Severity};

/// Problems so far, in catalogue order and then in order of first occurrence.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: BTreeMap<ProblemCode, Vec<Entry>>,
}

/// A kind of problem, and the column that it is about, if it is about one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind<'a> {
    pub(crate) code: ProblemCode,
    /// Empty when no column is meant.
    pub(crate) column: &'a str,
}

impl ProblemCode {
    /// This kind of problem in `column`.
    pub(crate) fn of(self, column: &str) -> Kind<'_> {
        Kind { code: self, column }
    }
}

impl From<ProblemCode> for Kind<'_> {
    fn from(code: ProblemCode) -> Self {
        Self { code, column: "" }
    }
}

#[derive(Debug)]
struct Entry {
    column: String,
    severity: Severity,
    count: u64,
    example: Place,
    remedy: Option<String>,
}

impl Ledger {
    /// One more occurrence, with the catalogue's severity.
    pub(crate) fn note<'a>(&mut self, kind: impl Into<Kind<'a>>, place: impl FnOnce() -> Place) {
        self.note_many(kind, 1, place);
    }

    /// `count` more occurrences, the first of them at `place`; nothing when there are none.
    pub(crate) fn note_many<'a>(
        &mut self,
        kind: impl Into<Kind<'a>>,
        count: u64,
        place: impl FnOnce() -> Place,
    ) {
        if count > 0 {
            self.entry(kind.into(), place).count += count;
        }
    }

    /// Gives what was noted of `code` another severity than the catalogue's.
    pub(crate) fn set_severity(&mut self, code: ProblemCode, severity: Severity) {
        for entry in self.entries.get_mut(&code).into_iter().flatten() {
            entry.severity = severity;
        }
    }

    /// Gives what was noted of `code` a more precise remedy than the catalogue's.
    pub(crate) fn set_remedy(&mut self, code: ProblemCode, remedy: &str) {
        for entry in self.entries.get_mut(&code).into_iter().flatten() {
            entry.remedy = Some(remedy.to_owned());
        }
    }

    /// Whether anything so far prevents a panel.
    pub(crate) fn has_errors(&self) -> bool {
        self.entries.values().flatten().any(|entry| entry.severity == Severity::Error)
    }

    /// Whether a value of `column` could not be read: that it is missing is not reported again.
    pub(crate) fn has_unreadable(&self, column: &str) -> bool {
        [
            ProblemCode::BadNumber,
            ProblemCode::InfiniteValue,
            ProblemCode::MixedTypes,
            ProblemCode::UnseenLevel,
        ]
        .iter()
        .filter_map(|code| self.entries.get(code))
        .flatten()
        .any(|entry| entry.column == column)
    }

    /// How often `code` was noted.
    pub(crate) fn count(&self, code: ProblemCode) -> u64 {
        self.entries.get(&code).into_iter().flatten().map(|entry| entry.count).sum()
    }

    /// All problems, or only the errors when there are any: findings about a table that could not
    /// be read whole would mislead.
    pub(crate) fn into_outcome(self) -> Result<Vec<Problem>, Vec<Problem>> {
        let failed = self.has_errors();
        let problems: Vec<Problem> = self
            .entries
            .into_iter()
            .flat_map(|(code, entries)| entries.into_iter().map(move |entry| entry.into_problem(code)))
            .filter(|problem| !failed || problem.severity == Severity::Error)
            .collect();
        if failed { Err(problems) } else { Ok(problems) }
    }

    fn entry(&mut self, kind: Kind<'_>, place: impl FnOnce() -> Place) -> &mut Entry {
        let Kind { code, column } = kind;
        let entries = self.entries.entry(code).or_default();
        let position = entries.iter().position(|entry| entry.column == column).unwrap_or_else(|| {
            let severity = code.entry().severity;
            let column = column.to_owned();
            entries.push(Entry { column, severity, count: 0, example: place(), remedy: None });
            entries.len() - 1
        });
        &mut entries[position]
    }
}

impl Entry {
    fn into_problem(self, code: ProblemCode) -> Problem {
        let entry = code.entry();
        Problem {
            severity: self.severity,
            code,
            count: self.count,
            message: entry.message.replace("{column}", &self.column),
            example: self.example,
            remedy: self.remedy.unwrap_or_else(|| entry.remedy.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_occurrence_is_described_and_the_rest_counted() {
        let mut ledger = Ledger::default();
        ledger.note(ProblemCode::BadNumber.of("sales"), || Place::noted("first"));
        ledger.note(ProblemCode::BadNumber.of("sales"), || panic!("described twice"));
        ledger.note(ProblemCode::BadNumber.of("price"), || Place::noted("other"));
        ledger.note(ProblemCode::MissingTarget.of("sales"), Place::default);
        assert_eq!(ledger.count(ProblemCode::BadNumber), 3);
        let problems = ledger.into_outcome().unwrap_err();
        assert_eq!(problems.len(), 2, "findings are left out beside errors");
        assert_eq!((problems[0].count, problems[0].example.note.as_deref()), (2, Some("first")));
        assert_eq!(problems[1].message, "a value of `price` is not a number");
    }
}
