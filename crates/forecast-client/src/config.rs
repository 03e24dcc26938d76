//! Where the service is and how patient the client is.

use std::time::Duration;

use url::Url;

/// Plain settings; [`crate::ForecastClient::new`] checks them all at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientConfig {
    /// Address of the service, `http` or `https`, with or without a path prefix.
    pub base_url: String,
    /// How long one attempt may take, from connecting to the last byte of the answer.
    pub attempt_timeout: Duration,
    /// How long a call may take, all its attempts and the waits between them included.
    pub deadline: Duration,
    /// When and how often to try again.
    pub retry: RetryConfig,
    /// When to stop trying at all for a while.
    pub breaker: BreakerConfig,
}

/// When and how often to try again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryConfig {
    /// Attempts in all; 1 never retries.
    pub attempts: u32,
    /// Upper end of the first wait; each later one doubles. The lower end is half of it.
    pub first_delay: Duration,
    /// No backoff is longer. A longer `Retry-After` is obeyed as far as the deadline allows.
    pub longest_delay: Duration,
}

/// When to stop trying at all for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerConfig {
    /// Failed attempts in a row that open the circuit.
    pub failures_to_open: u32,
    /// How long it stays open before one attempt may probe the service.
    pub open_for: Duration,
}

impl ClientConfig {
    /// The deployment guide's policy: three attempts, a circuit that opens after five failures for 30 s.
    #[must_use]
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            attempt_timeout: Duration::from_secs(10),
            deadline: Duration::from_secs(30),
            retry: RetryConfig {
                attempts: 3,
                first_delay: Duration::from_millis(200),
                longest_delay: Duration::from_secs(5),
            },
            breaker: BreakerConfig { failures_to_open: 5, open_for: Duration::from_secs(30) },
        }
    }

    /// The address to append paths to, or everything that is wrong with the settings.
    pub(crate) fn check(&self) -> Result<Url, ConfigError> {
        let mut problems = Vec::new();
        let base_url = checked_base_url(&self.base_url).map_err(|reason| problems.push(reason)).ok();
        let durations = [
            ("attempt_timeout", self.attempt_timeout),
            ("deadline", self.deadline),
            ("retry.first_delay", self.retry.first_delay),
            ("retry.longest_delay", self.retry.longest_delay),
            ("breaker.open_for", self.breaker.open_for),
        ];
        problems.extend(
            durations
                .iter()
                .filter(|(_, duration)| duration.is_zero())
                .map(|(name, _)| format!("{name} is zero; choose a longer time")),
        );
        let counts = [
            ("retry.attempts", self.retry.attempts),
            ("breaker.failures_to_open", self.breaker.failures_to_open),
        ];
        problems.extend(
            counts
                .iter()
                .filter(|(_, count)| *count == 0)
                .map(|(name, _)| format!("{name} is 0; choose 1 or more")),
        );
        match base_url {
            Some(base_url) if problems.is_empty() => Ok(base_url),
            _ => Err(ConfigError { problems }),
        }
    }
}

fn checked_base_url(text: &str) -> Result<Url, String> {
    let mut url = Url::parse(text).map_err(|reason| {
        format!("base_url {text:?} is no URL ({reason}); write it like http://host:8080")
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(format!("base_url {text:?} is neither http nor https; write it like http://host:8080"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("base_url {text:?} has a query or fragment; remove it"));
    }
    // Only below a trailing slash do relative paths extend the prefix instead of replacing its end.
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

/// Everything that is wrong with a [`ClientConfig`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client cannot be set up: {}", problems.join("; "))]
pub struct ConfigError {
    /// One message per setting, each with what to change.
    pub problems: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_prefix_is_kept_with_or_without_its_slash() {
        for text in ["http://host:8080/api", "http://host:8080/api/"] {
            let base = ClientConfig::new(text).check().unwrap();
            assert_eq!(base.join("forecast").unwrap().as_str(), "http://host:8080/api/forecast");
        }
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let mut config = ClientConfig::new("host:8080");
        config.deadline = Duration::ZERO;
        config.retry.attempts = 0;
        let error = config.check().unwrap_err();
        assert_eq!(error.problems.len(), 3, "{error}");
        assert!(error.to_string().contains("retry.attempts is 0; choose 1 or more"));
    }

    #[test]
    fn an_address_with_a_query_is_refused() {
        let error = ClientConfig::new("http://host/?a=1").check().unwrap_err();
        assert!(error.to_string().contains("has a query"));
    }
}
