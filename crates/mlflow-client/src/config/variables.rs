//! The variables that the configuration is read from, for `--help` and documentation.

use super::names;

/// A variable and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What holds where it is not set.
    pub default: &'static str,
    /// What it means and what it may hold.
    pub meaning: &'static str,
}

const fn variable(name: &'static str, default: &'static str, meaning: &'static str) -> Variable {
    Variable { name, default, meaning }
}

/// Every variable that [`ClientConfig::from_lookup`](crate::ClientConfig::from_lookup) reads.
pub const VARIABLES: &[Variable] = &[
    variable(
        names::TRACKING_URI,
        "`sqlite:///mlflow.db`",
        "Which store: `http://host:5000` or `https://host` for a server, `sqlite:///mlflow.db` (relative) or \
         `sqlite:////var/lib/mlflow.db` (absolute) for a file.",
    ),
    variable(names::USERNAME, "no login", "User of basic authentication; asks for the password too."),
    variable(names::PASSWORD, "no login", "Password of basic authentication; asks for the user too."),
    variable(
        names::TOKEN,
        "no token",
        "Bearer token, where a proxy before the server takes them. Basic authentication wins where both are set.",
    ),
    variable(
        names::SERVER_CERT_PATH,
        "the system's authorities",
        "PEM file of further authorities that sign the server's certificate.",
    ),
    variable(
        names::INSECURE_TLS,
        "`false`",
        "`true` or `1` trusts every certificate: anybody between here and the server can read and change \
         everything. Not together with a certificate file.",
    ),
];

#[cfg(test)]
mod tests {
    use super::{VARIABLES, names};

    #[test]
    fn none_is_missing() {
        let listed: Vec<_> = VARIABLES.iter().map(|variable| variable.name).collect();
        assert_eq!(listed, names::ALL);
    }
}
