//! Everything that is wrong with a configuration, in one error.

use std::fmt;

/// The configuration is not usable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// At least one problem, in the order of the settings.
    pub problems: Vec<ConfigProblem>,
}

/// One thing that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The setting, for instance `MLFLOW_TRACKING_URI`.
    pub setting: &'static str,
    /// What is wrong and what to change; never the value of a secret.
    pub problem: String,
}

impl ConfigError {
    /// A single problem.
    pub fn one(setting: &'static str, problem: impl Into<String>) -> Self {
        Self { problems: vec![ConfigProblem { setting, problem: problem.into() }] }
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.problem)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the MLflow configuration is not usable: ")?;
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
