//! What a program takes and gives, as a file: `deploy/contract/<program>.json`.
//!
//! Each program's own tests write its contract from the code and fail where the committed file differs,
//! so whoever deploys the program can rely on the file without building it, and a review shows every
//! change of what the program takes.
//!
//! Refuses: describing what no code says. A contract is never edited by hand.

mod values;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use values::{Facts, ValueKind, facts};

/// Where contracts lie, from the root of the repository.
pub const FOLDER: &str = "deploy/contract";

/// Everything that a deployment may rely on in one program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// Name of the program.
    pub program: String,
    /// Environment variables that it reads.
    pub variables: Vec<Variable>,
    /// Further variables that it reads, where `*` stands for any text.
    pub further_variables: Vec<String>,
    /// Command-line flags.
    pub flags: Vec<Flag>,
    /// Every exit code.
    pub exit_codes: Vec<ExitCode>,
    /// What it serves, where it is a server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<Http>,
}

/// An environment variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What holds where it is not set: a value, or words.
    pub default: String,
    /// Where it must be set.
    pub required: Required,
    /// Whether its value may be seen.
    pub exposure: Exposure,
    /// What it may hold.
    pub value: ValueKind,
    /// What it decides.
    pub meaning: String,
}

/// Where a variable must be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Required {
    /// The default serves everywhere.
    Never,
    /// The default serves on a workstation only, such as an address of loopback.
    InCluster,
}

/// Whether the value of a variable may be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exposure {
    /// It may stand in a ConfigMap or in a file of the repository.
    Public,
    /// It belongs in a Secret.
    Secret,
}

/// A command-line flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flag {
    /// With its dashes.
    pub name: String,
    /// Placeholder of its value; none for a switch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What it decides.
    pub meaning: String,
}

/// An exit code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExitCode {
    /// The number.
    pub code: u8,
    /// What it says.
    pub meaning: String,
}

/// What a server serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Port of the default address.
    pub port: u16,
    /// Paths with their methods, in capitals.
    pub paths: BTreeMap<String, Vec<String>>,
    /// Metric families of the Prometheus page.
    pub metrics: Vec<Metric>,
}

/// A family of metrics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Name of the family; a histogram's series add `_bucket`, `_sum` and `_count`.
    pub name: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: String,
    /// Labels that its series may carry.
    pub labels: Vec<String>,
}

/// A variable of which this crate does not know what it may hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing is known of {name}: say in forecast-deploy's contract/values.rs what it may hold")]
pub struct UnknownVariable {
    /// The variable.
    pub name: String,
}

impl Variable {
    /// A variable as a program describes it, with what is known of its values.
    ///
    /// # Errors
    /// [`UnknownVariable`] where the table of values lacks it.
    pub fn new(name: &str, default: &str, meaning: &str) -> Result<Self, UnknownVariable> {
        let facts = facts(name).ok_or_else(|| UnknownVariable { name: name.to_owned() })?;
        Ok(Self {
            name: name.to_owned(),
            default: default.replace('`', ""),
            required: facts.required,
            exposure: facts.exposure,
            value: facts.value,
            meaning: sentence(meaning),
        })
    }
}

impl Contract {
    /// The variable of this name; none where the program does not read it.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().find(|variable| variable.name == name)
    }

    /// Whether the program, or a library in it, reads the variable.
    #[must_use]
    pub fn reads(&self, name: &str) -> bool {
        let fits = |pattern: &String| match pattern.split_once('*') {
            Some((before, after)) => {
                name.len() > before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
            }
            None => pattern == name,
        };
        self.variable(name).is_some() || self.further_variables.iter().any(fits)
    }

    /// The contract as its file holds it.
    ///
    /// # Errors
    /// None in practice: every part has a form in JSON.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// What telemetry reads besides the variables that it lists: the exporter's for one signal alone, and what
/// the OpenTelemetry library reads itself.
#[must_use]
pub fn further_telemetry_variables() -> Vec<String> {
    let mut names = Vec::new();
    for signal in ["TRACES", "METRICS", "LOGS"] {
        for part in ["ENDPOINT", "PROTOCOL", "HEADERS", "TIMEOUT", "COMPRESSION", "CERTIFICATE"] {
            names.push(format!("OTEL_EXPORTER_OTLP_{signal}_{part}"));
        }
    }
    let library = ["OTEL_BSP_*", "OTEL_BLRP_*", "OTEL_SPAN_*_LIMIT", "OTEL_METRIC_EXPORT_INTERVAL"];
    names.extend(library.map(str::to_owned));
    names
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_of_variables_is_read() {
        let contract = Contract {
            program: "p".to_owned(),
            variables: vec![Variable::new("FORECAST_BIND", "`127.0.0.1:8080`", "where").unwrap()],
            further_variables: further_telemetry_variables(),
            flags: Vec::new(),
            exit_codes: Vec::new(),
            http: None,
        };
        assert!(contract.reads("FORECAST_BIND") && contract.reads("OTEL_BSP_SCHEDULE_DELAY"));
        assert!(
            contract.reads("OTEL_SPAN_LINK_COUNT_LIMIT") && contract.reads("OTEL_METRIC_EXPORT_INTERVAL")
        );
        assert!(!contract.reads("OTEL_SPAN_LIMIT") && !contract.reads("FORECAST_BINDS"));
        let text = contract.to_json().unwrap();
        assert_eq!(serde_json::from_str::<Contract>(&text).unwrap(), contract);
        assert_eq!(contract.variables[0].meaning, "Where.");
    }

    #[test]
    fn an_unknown_variable_says_where_to_describe_it() {
        let error = Variable::new("FORECAST_COLOUR", "", "").unwrap_err();
        assert!(error.to_string().contains("FORECAST_COLOUR: say in forecast-deploy's contract/values.rs"));
    }
}
