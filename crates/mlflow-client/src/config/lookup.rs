//! The configuration from MLflow's own environment names, by way of a lookup function: who reads
//! the environment is the binary's business.

use std::path::PathBuf;

use super::{Auth, ClientConfig, ConfigError, ConfigProblem, Secret, Tls, TrackingUri};

/// The names that [`ClientConfig::from_lookup`] asks for, as MLflow's own client does.
pub mod names {
    /// Which store; `sqlite:///mlflow.db` when absent.
    pub const TRACKING_URI: &str = "MLFLOW_TRACKING_URI";
    /// User of basic authentication.
    pub const USERNAME: &str = "MLFLOW_TRACKING_USERNAME";
    /// Password of basic authentication.
    pub const PASSWORD: &str = "MLFLOW_TRACKING_PASSWORD";
    /// Bearer token. Basic authentication wins where both are set, as in MLflow's own client.
    pub const TOKEN: &str = "MLFLOW_TRACKING_TOKEN";
    /// PEM file of certificates to trust.
    pub const SERVER_CERT_PATH: &str = "MLFLOW_TRACKING_SERVER_CERT_PATH";
    /// `true` or `1` to trust every certificate.
    pub const INSECURE_TLS: &str = "MLFLOW_TRACKING_INSECURE_TLS";
    /// All of them.
    pub const ALL: [&str; 6] = [TRACKING_URI, USERNAME, PASSWORD, TOKEN, SERVER_CERT_PATH, INSECURE_TLS];
}

impl ClientConfig {
    /// The configuration that the values of [`names`] give; an empty value counts as absent.
    ///
    /// # Errors
    /// All problems at once.
    ///
    /// # Examples
    /// ```
    /// use mlflow_client::ClientConfig;
    /// let config = ClientConfig::from_lookup(|name| std::env::var(name).ok())?;
    /// # Ok::<(), mlflow_client::config::ConfigError>(())
    /// ```
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let value = |name| lookup(name).filter(|text| !text.trim().is_empty());
        let mut problems = Vec::new();
        let mut report = |setting, problem: &str| {
            problems.push(ConfigProblem { setting, problem: problem.to_owned() });
        };

        let (tracking_uri, uri_auth) = match value(names::TRACKING_URI).map(|text| TrackingUri::parse(&text))
        {
            None => (TrackingUri::default(), Auth::None),
            Some(Ok(parsed)) => parsed,
            Some(Err(problem)) => {
                report(names::TRACKING_URI, &problem);
                (TrackingUri::default(), Auth::None)
            }
        };

        let auth = match (value(names::USERNAME), value(names::PASSWORD), value(names::TOKEN)) {
            (Some(username), Some(password), _) => {
                if username.contains(':') {
                    report(names::USERNAME, "a user name cannot hold a colon; check it for a password");
                }
                Auth::Basic { username, password: Secret::new(password) }
            }
            (Some(_), None, _) => {
                report(names::PASSWORD, "is not set though MLFLOW_TRACKING_USERNAME is; set both or none");
                Auth::None
            }
            (None, Some(_), _) => {
                report(names::USERNAME, "is not set though MLFLOW_TRACKING_PASSWORD is; set both or none");
                Auth::None
            }
            (None, None, Some(token)) => {
                let token = token.trim();
                if !token.chars().all(|c| c.is_ascii_graphic()) {
                    report(
                        names::TOKEN,
                        "a token is printable ASCII without spaces; check for stray quotes or line ends",
                    );
                }
                Auth::Bearer(Secret::new(token))
            }
            (None, None, None) => uri_auth,
        };

        let insecure =
            match value(names::INSECURE_TLS).map(|text| text.trim().to_ascii_lowercase()).as_deref() {
                None | Some("false" | "0") => false,
                Some("true" | "1") => true,
                Some(other) => {
                    report(names::INSECURE_TLS, &format!("{other:?} is neither true, false, 1 nor 0"));
                    false
                }
            };
        let tls = match (value(names::SERVER_CERT_PATH).map(PathBuf::from), insecure) {
            (None, false) => Tls::System,
            (None, true) => Tls::Insecure,
            (Some(path), insecure) => {
                if insecure {
                    report(
                        names::INSECURE_TLS,
                        "is true though MLFLOW_TRACKING_SERVER_CERT_PATH is set; keep one of them",
                    );
                }
                if let Err(fault) = std::fs::File::open(&path) {
                    report(names::SERVER_CERT_PATH, &format!("{}: {fault}", path.display()));
                }
                Tls::CaFile(path)
            }
        };

        if problems.is_empty() {
            Ok(Self { auth, tls, ..Self::new(tracking_uri) })
        } else {
            Err(ConfigError { problems })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Auth, ClientConfig, ConfigError, Secret, Tls, names};

    fn from(pairs: &[(&str, &str)]) -> Result<ClientConfig, ConfigError> {
        ClientConfig::from_lookup(|name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_set_is_the_embedded_store() {
        let config = from(&[(names::TRACKING_URI, " ")]).unwrap();
        assert_eq!(config.tracking_uri.to_string(), "sqlite:///mlflow.db");
        assert_eq!((config.auth, config.tls), (Auth::None, Tls::System));
    }

    #[test]
    fn basic_wins_over_token_and_uri() {
        let uri = (names::TRACKING_URI, "http://eve:x@h");
        assert!(matches!(from(&[uri]).unwrap().auth, Auth::Basic { username, .. } if username == "eve"));
        let token = (names::TOKEN, "abc\n");
        assert_eq!(from(&[uri, token]).unwrap().auth, Auth::Bearer(Secret::new("abc")));
        let config = from(&[uri, token, (names::USERNAME, "ada"), (names::PASSWORD, "pw")]).unwrap();
        assert!(matches!(config.auth, Auth::Basic { username, .. } if username == "ada"));
    }

    #[test]
    fn reports_everything_at_once_and_no_secret() {
        let error = from(&[
            (names::TRACKING_URI, "ftp://h"),
            (names::PASSWORD, "hunter2"),
            (names::INSECURE_TLS, "yes"),
            (names::SERVER_CERT_PATH, "/no/such/file.pem"),
        ])
        .unwrap_err();
        let settings: Vec<_> = error.problems.iter().map(|problem| problem.setting).collect();
        assert_eq!(
            settings,
            [names::TRACKING_URI, names::USERNAME, names::INSECURE_TLS, names::SERVER_CERT_PATH]
        );
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
