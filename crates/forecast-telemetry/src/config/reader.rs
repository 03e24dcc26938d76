//! Reading variables one after another while collecting what is wrong with them.

use std::time::Duration;

use super::pairs::{self, Pair};
use crate::error::{ConfigError, ConfigProblem};

/// A lookup, and the problems met so far.
pub(super) struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<ConfigProblem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, problems: Vec::new() }
    }

    /// The trimmed value; a blank one counts as unset.
    pub(super) fn get(&self, variable: &str) -> Option<String> {
        let value = (self.lookup)(variable)?.trim().to_owned();
        (!value.is_empty()).then_some(value)
    }

    pub(super) fn report(&mut self, problem: ConfigProblem) {
        // Three signals read the same general variables; say it once.
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// One of the named choices, whatever its case.
    pub(super) fn choice<T: Copy>(
        &mut self,
        variable: &str,
        choices: &[(&str, T)],
        allowed: &'static str,
    ) -> Option<T> {
        let value = self.get(variable)?;
        let found = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(&value));
        if found.is_none() {
            let variable = variable.to_owned();
            self.report(ConfigProblem::UnknownChoice { variable, value, allowed });
        }
        found.map(|(_, choice)| *choice)
    }

    /// A duration in milliseconds.
    pub(super) fn milliseconds(&mut self, variable: &str) -> Option<Duration> {
        let value = self.get(variable)?;
        match value.parse::<u64>() {
            Ok(milliseconds) if milliseconds > 0 => Some(Duration::from_millis(milliseconds)),
            _ => {
                let variable = variable.to_owned();
                self.report(ConfigProblem::Milliseconds { variable, value });
                None
            }
        }
    }

    /// A list of `key=value` pairs, percent-decoded, each of which has to pass `check`.
    pub(super) fn pairs(
        &mut self,
        variable: &str,
        check: impl Fn(&Pair) -> Result<(), &'static str>,
    ) -> Vec<Pair> {
        let text = self.get(variable).unwrap_or_default();
        let mut pairs = Vec::new();
        for (position, entry) in pairs::parse(&text) {
            match entry.and_then(|pair| check(&pair).map(|()| pair)) {
                Ok(pair) => pairs.push(pair),
                Err(reason) => {
                    let variable = variable.to_owned();
                    self.report(ConfigProblem::Pairs { variable, position, reason });
                }
            }
        }
        pairs
    }

    pub(super) fn finish(self) -> Result<(), ConfigError> {
        ConfigError::check(self.problems)
    }
}
