//! Everything that is wrong with a configuration, in one error.

use std::fmt;

/// One thing that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The setting, as written in `forecast.toml`; empty when the file as a whole is meant.
    pub setting: String,
    /// What is wrong and what to write instead.
    pub problem: String,
}

impl ConfigProblem {
    pub(crate) fn new(setting: &str, problem: impl fmt::Display) -> Self {
        Self { setting: setting.to_owned(), problem: problem.to_string() }
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.setting.is_empty() {
            return out.write_str(&self.problem);
        }
        write!(out, "{}: {}", self.setting, self.problem)
    }
}

/// A configuration that cannot be used: all of its problems, in the order of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// At least one.
    pub problems: Vec<ConfigProblem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => out.write_str("the configuration has 1 problem:")?,
            count => write!(out, "the configuration has {count} problems:")?,
        }
        for (position, problem) in self.problems.iter().enumerate() {
            write!(out, "\n{}. {problem}", position + 1)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
