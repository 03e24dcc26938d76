//! Who asks, with secrets that do not show.

use std::fmt;

/// How a client says who it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Auth {
    /// It does not.
    #[default]
    None,
    /// HTTP basic authentication, as `mlflow server --app-name basic-auth` asks for.
    Basic {
        /// User name.
        username: String,
        /// Password.
        password: Secret,
    },
    /// A bearer token, for servers behind a proxy or plugin that accepts one.
    Bearer(Secret),
}

/// A text that neither `Debug` nor anything else prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Never log what this returns.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::{Auth, Secret};

    #[test]
    fn secrets_do_not_show() {
        let auth = Auth::Basic { username: "ada".into(), password: Secret::new("hunter2") };
        let shown = format!("{auth:?} {:?}", Auth::Bearer(Secret::new("hunter2")));
        assert!(shown.contains("ada") && !shown.contains("hunter2"), "{shown}");
    }
}
