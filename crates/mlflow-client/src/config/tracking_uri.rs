//! Which store: a server's address or a database file.

use std::fmt;

use url::Url;

use super::{Auth, Secret};

/// A tracking URI that this crate can open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrackingUri {
    /// A server: `http://…` or `https://…`, without credentials, query and fragment.
    Server(Url),
    /// An embedded store: `sqlite:///relative.db` or `sqlite:////absolute.db`.
    Sqlite(String),
}

impl TrackingUri {
    /// Reads a tracking URI. Credentials in it are returned apart, so that the URI may be shown.
    ///
    /// # Errors
    /// What is wrong and what to write instead.
    pub fn parse(text: &str) -> Result<(Self, Auth), String> {
        let text = text.trim();
        if let Some(path) = text.strip_prefix("sqlite:") {
            return match path.strip_prefix("///") {
                Some(file) if !file.trim_matches('/').is_empty() => {
                    Ok((Self::Sqlite(text.to_owned()), Auth::None))
                }
                _ => Err("the database file is missing; write sqlite:///mlflow.db (relative) or \
                          sqlite:////var/lib/mlflow.db (absolute)"
                    .to_owned()),
            };
        }
        let mut url = Url::parse(text).map_err(|fault| {
            format!("{fault}; write http://host:5000, https://host or sqlite:///mlflow.db")
        })?;
        match url.scheme() {
            "http" | "https" => {}
            "file" => {
                return Err("MLflow's file store is in maintenance mode; convert it with `mlflow \
                            migrate-filestore` and use sqlite:///mlflow.db"
                    .to_owned());
            }
            "postgresql" | "mysql" | "mssql" => {
                return Err(format!(
                    "{} databases are reached through a server; run `mlflow server \
                     --backend-store-uri …` and give its http:// address",
                    url.scheme()
                ));
            }
            other => return Err(format!("the scheme {other:?} is not supported; use http, https or sqlite")),
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("a server's address has no `?` or `#` part; remove it".to_owned());
        }
        let auth = match (url.username(), url.password()) {
            ("", None) => Auth::None,
            (username, password) => Auth::Basic {
                username: decoded(username),
                password: Secret::new(decoded(password.unwrap_or_default())),
            },
        };
        // Both succeed on every http(s) URL, which always has a host.
        let stripped = url.set_username("").is_ok() && url.set_password(None).is_ok();
        if !stripped {
            return Err("the host is missing".to_owned());
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok((Self::Server(url), auth))
    }
}

impl Default for TrackingUri {
    /// MLflow's own default: `sqlite:///mlflow.db`, in the working directory.
    fn default() -> Self {
        Self::Sqlite("sqlite:///mlflow.db".to_owned())
    }
}

impl fmt::Display for TrackingUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // `Url` writes an empty path as `/`, which people leave out.
            Self::Server(url) => f.write_str(url.as_str().trim_end_matches('/')),
            Self::Sqlite(uri) => f.write_str(uri),
        }
    }
}

/// Undoes percent-encoding; what is not valid UTF-8 afterwards stays encoded.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let pair = text.get(at + 1..at + 3).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (byte, pair) {
            (b'%', Some(value)) => {
                plain.push(value);
                at += 3;
            }
            _ => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(plain).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Auth, Secret, TrackingUri};

    #[test]
    fn takes_servers_and_databases() {
        for (text, shown) in [
            ("http://localhost:5000/", "http://localhost:5000"),
            ("https://ml.example.com/mlflow/", "https://ml.example.com/mlflow"),
            ("sqlite:///mlflow.db", "sqlite:///mlflow.db"),
            ("sqlite:////var/lib/mlflow.db", "sqlite:////var/lib/mlflow.db"),
        ] {
            assert_eq!(TrackingUri::parse(text).unwrap().0.to_string(), shown);
        }
    }

    #[test]
    fn takes_credentials_out() {
        let (uri, auth) = TrackingUri::parse("http://ada:p%40ss@host:5000").unwrap();
        assert_eq!(uri.to_string(), "http://host:5000");
        assert_eq!(auth, Auth::Basic { username: "ada".into(), password: Secret::new("p@ss") });
    }

    #[test]
    fn says_what_to_write_instead() {
        for (text, hint) in [
            ("localhost:5000", "http"),
            ("", "http://host:5000"),
            ("./mlruns", "sqlite:///mlflow.db"),
            ("file:///mlruns", "migrate-filestore"),
            ("postgresql://u@h/db", "mlflow server"),
            ("databricks", "http"),
            ("sqlite:mlflow.db", "sqlite:///mlflow.db"),
            ("sqlite:///", "sqlite:///mlflow.db"),
            ("http://host/?x=1", "remove"),
        ] {
            let problem = TrackingUri::parse(text).unwrap_err();
            assert!(problem.contains(hint), "{text:?}: {problem}");
        }
    }
}
