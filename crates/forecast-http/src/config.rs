//! What the server needs to know, checked: every problem of a configuration is reported at once.
//!
//! Texts come in through a lookup function by the names in [`SETTINGS`]; who reads the environment and
//! the command line is the program's business.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Everything the server needs to know besides where MLflow is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// Address to listen on; port 0 lets the system choose.
    pub bind: SocketAddr,
    /// Registered model to serve.
    pub model: String,
    /// Alias to follow.
    pub alias: String,
    /// Folder of the last known good model.
    pub cache_dir: PathBuf,
    /// Time between two looks at the alias.
    pub poll_interval: Duration,
    /// What a request may ask for.
    pub limits: Limits,
    /// How the server ends.
    pub drain: Drain,
}

/// What a request may ask for, so that none can take the server from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest request body, in bytes.
    pub max_body_bytes: usize,
    /// Most series in one request.
    pub max_series: usize,
    /// Most rows of history in one request.
    pub max_history_rows: usize,
}

/// How the server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drain {
    /// How long it goes on accepting after it has said that it is not ready any more, so that whoever
    /// routes requests to it can notice.
    pub delay: Duration,
    /// How long requests that have begun may take to finish after that.
    pub timeout: Duration,
}

/// One setting: its names, its default and its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Environment variable.
    pub variable: &'static str,
    /// Command-line flag, without the dashes.
    pub flag: &'static str,
    /// What holds where neither is set.
    pub default: &'static str,
    /// What it decides.
    pub meaning: &'static str,
}

/// Address to listen on.
pub const BIND: Setting = Setting {
    variable: "FORECAST_BIND",
    flag: "bind",
    default: "127.0.0.1:8080",
    meaning: "address and port to listen on",
};
/// Registered model.
pub const MODEL: Setting = Setting {
    variable: "FORECAST_MODEL",
    flag: "model",
    default: "demand-forecast",
    meaning: "registered model to serve",
};
/// Alias.
pub const ALIAS: Setting = Setting {
    variable: "FORECAST_ALIAS",
    flag: "alias",
    default: "production",
    meaning: "alias of the model to follow",
};
/// Cache folder.
pub const CACHE_DIR: Setting = Setting {
    variable: "FORECAST_CACHE_DIR",
    flag: "cache-dir",
    default: "forecast-cache",
    meaning: "folder that keeps the last known good model",
};
/// Poll interval.
pub const POLL_SECONDS: Setting = Setting {
    variable: "FORECAST_POLL_SECONDS",
    flag: "poll-seconds",
    default: "15",
    meaning: "seconds between two looks at the alias",
};
/// Body limit.
pub const MAX_BODY_BYTES: Setting = Setting {
    variable: "FORECAST_MAX_BODY_BYTES",
    flag: "max-body-bytes",
    default: "16777216",
    meaning: "longest request body, in bytes",
};
/// Series limit.
pub const MAX_SERIES: Setting = Setting {
    variable: "FORECAST_MAX_SERIES",
    flag: "max-series",
    default: "1000",
    meaning: "most series in one request",
};
/// History limit.
pub const MAX_HISTORY_ROWS: Setting = Setting {
    variable: "FORECAST_MAX_HISTORY_ROWS",
    flag: "max-history-rows",
    default: "200000",
    meaning: "most rows of history in one request",
};
/// Drain delay.
pub const DRAIN_DELAY_SECONDS: Setting = Setting {
    variable: "FORECAST_DRAIN_DELAY_SECONDS",
    flag: "drain-delay-seconds",
    default: "5",
    meaning: "seconds after SIGTERM in which new requests are still answered",
};
/// Drain timeout.
pub const DRAIN_SECONDS: Setting = Setting {
    variable: "FORECAST_DRAIN_SECONDS",
    flag: "drain-seconds",
    default: "30",
    meaning: "seconds that requests may take to finish after that",
};

/// Every setting, in the order of the help page.
pub const SETTINGS: [Setting; 10] = [
    BIND,
    MODEL,
    ALIAS,
    CACHE_DIR,
    POLL_SECONDS,
    MAX_BODY_BYTES,
    MAX_SERIES,
    MAX_HISTORY_ROWS,
    DRAIN_DELAY_SECONDS,
    DRAIN_SECONDS,
];

/// The configuration is not usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server's configuration is not usable: {}", joined(.problems))]
pub struct ConfigError {
    /// At least one problem, in the order of [`SETTINGS`].
    pub problems: Vec<ConfigProblem>,
}

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The setting, by its variable.
    pub setting: &'static str,
    /// What is wrong and what to change.
    pub problem: String,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.setting, self.problem)
    }
}

fn joined(problems: &[ConfigProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl ServerConfig {
    /// The configuration that a lookup by [`Setting::variable`] gives; an empty value counts as absent.
    ///
    /// # Errors
    /// All problems at once.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader { lookup, problems: Vec::new() };
        let config = Self {
            bind: reader.bind(),
            model: reader.name(MODEL),
            alias: reader.alias(),
            cache_dir: PathBuf::from(reader.text(CACHE_DIR)),
            poll_interval: Duration::from_secs(reader.number(POLL_SECONDS, 1, 86_400)),
            limits: Limits {
                max_body_bytes: reader.size(MAX_BODY_BYTES, 1_024, 1 << 30),
                max_series: reader.size(MAX_SERIES, 1, 1_000_000),
                max_history_rows: reader.size(MAX_HISTORY_ROWS, 1, 10_000_000),
            },
            drain: Drain {
                delay: Duration::from_secs(reader.number(DRAIN_DELAY_SECONDS, 0, 3_600)),
                timeout: Duration::from_secs(reader.number(DRAIN_SECONDS, 0, 3_600)),
            },
        };
        if reader.problems.is_empty() { Ok(config) } else { Err(ConfigError { problems: reader.problems }) }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_body_bytes: 16 << 20, max_series: 1_000, max_history_rows: 200_000 }
    }
}

struct Reader<L> {
    lookup: L,
    problems: Vec<ConfigProblem>,
}

impl<L: Fn(&str) -> Option<String>> Reader<L> {
    fn text(&self, setting: Setting) -> String {
        let given = (self.lookup)(setting.variable).map(|text| text.trim().to_owned());
        given.filter(|text| !text.is_empty()).unwrap_or_else(|| setting.default.to_owned())
    }

    fn report(&mut self, setting: Setting, problem: String) {
        self.problems.push(ConfigProblem { setting: setting.variable, problem });
    }

    fn bind(&mut self) -> SocketAddr {
        let text = self.text(BIND);
        // Names may mean several addresses and change; only this one means the same everywhere.
        let address = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
        address.as_deref().unwrap_or(&text).parse().unwrap_or_else(|_| {
            let problem = format!("`{text}` is not an address and port such as 127.0.0.1:8080 or [::]:8080");
            self.report(BIND, problem);
            SocketAddr::from(([127, 0, 0, 1], 8080))
        })
    }

    fn name(&mut self, setting: Setting) -> String {
        let text = self.text(setting);
        if text.contains(['/', ':']) {
            let problem = format!("`{text}` is not the name of a registered model: it holds `/` or `:`");
            self.report(setting, problem);
        }
        text
    }

    fn alias(&mut self) -> String {
        let text = self.text(ALIAS);
        let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let number = text.strip_prefix(['v', 'V']).unwrap_or_default();
        let reserved = text.eq_ignore_ascii_case("latest")
            || (!number.is_empty() && number.chars().all(|c| c.is_ascii_digit()));
        if reserved || text.len() > 255 || !text.chars().all(plain) {
            let problem = format!(
                "`{text}` cannot be an alias: use letters, digits, `_` and `-`, and neither `latest` nor `v1`"
            );
            self.report(ALIAS, problem);
        }
        text
    }

    fn number(&mut self, setting: Setting, least: u64, most: u64) -> u64 {
        let text = self.text(setting);
        match text.parse() {
            Ok(number) if (least..=most).contains(&number) => number,
            _ => {
                let problem = format!("`{text}` is not a whole number from {least} to {most}");
                self.report(setting, problem);
                least
            }
        }
    }

    fn size(&mut self, setting: Setting, least: u64, most: u64) -> usize {
        usize::try_from(self.number(setting, least, most)).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(pairs: &[(&str, &str)]) -> Result<ServerConfig, ConfigError> {
        ServerConfig::from_lookup(|name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_set_is_the_documented_default() {
        let config = from(&[("FORECAST_BIND", " ")]).unwrap();
        assert_eq!(config.bind, "127.0.0.1:8080".parse().unwrap());
        assert_eq!((config.model.as_str(), config.alias.as_str()), ("demand-forecast", "production"));
        assert_eq!(config.limits, Limits::default());
        assert_eq!(config.poll_interval, Duration::from_secs(15));
    }

    #[test]
    fn localhost_is_an_address() {
        assert_eq!(from(&[("FORECAST_BIND", "localhost:9")]).unwrap().bind, "127.0.0.1:9".parse().unwrap());
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let error = from(&[
            ("FORECAST_BIND", "here"),
            ("FORECAST_MODEL", "a/b"),
            ("FORECAST_ALIAS", "v3"),
            ("FORECAST_POLL_SECONDS", "0"),
            ("FORECAST_MAX_BODY_BYTES", "16MB"),
            ("FORECAST_DRAIN_SECONDS", "-1"),
        ])
        .unwrap_err();
        let text: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(text.join("\n"), @"
        FORECAST_BIND: `here` is not an address and port such as 127.0.0.1:8080 or [::]:8080
        FORECAST_MODEL: `a/b` is not the name of a registered model: it holds `/` or `:`
        FORECAST_ALIAS: `v3` cannot be an alias: use letters, digits, `_` and `-`, and neither `latest` nor `v1`
        FORECAST_POLL_SECONDS: `0` is not a whole number from 1 to 86400
        FORECAST_MAX_BODY_BYTES: `16MB` is not a whole number from 1024 to 1073741824
        FORECAST_DRAIN_SECONDS: `-1` is not a whole number from 0 to 3600
        ");
    }
}
