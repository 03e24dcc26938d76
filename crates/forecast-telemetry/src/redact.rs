//! Keeping secrets out of whatever is logged or exported.
//!
//! Two nets: [`Redacted`] marks a value as secret where it is declared, and the rules of
//! [`scrub`] and [`is_secret_name`] run over every field that leaves the process, for the values
//! nobody marked (an address with a password in an error message, a header by its name).
//!
//! The rules are a net, not a licence: they recognise credentials by their surroundings, so a
//! bare secret in a sentence passes. Wrap secrets in [`Redacted`].

use std::borrow::Cow;
use std::fmt;

/// What stands in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Parts of field, header and parameter names whose values are never shown.
const SECRET_NAME_PARTS: [&str; 15] = [
    "accesskey",
    "apikey",
    "authorization",
    "cookie",
    "credential",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "pwd",
    "secret",
    "sessionid",
    "signature",
    "token",
    "xapikey",
];

/// Authentication schemes after which a credential follows.
const SCHEMES: [&str; 2] = ["bearer ", "basic "];

/// A value that shows itself as [`REDACTED`] in `Debug` and `Display`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// Marks `value` as secret.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for the one place that needs it.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Redacted<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(REDACTED)
    }
}

impl<T> fmt::Display for Redacted<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(REDACTED)
    }
}

/// Whether a field, header or parameter of this name holds a secret.
///
/// Case, `-`, `_` and `.` do not matter: `X-Api-Key`, `api_key` and `apiKey` are one name.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    plain == "sig" || SECRET_NAME_PARTS.iter().any(|part| plain.contains(part))
}

/// `text` without user names and passwords in addresses, credentials after `Bearer` or `Basic`,
/// and values of `name=value` pairs whose name is secret. Borrows when there is nothing to hide.
#[must_use]
pub fn scrub(text: &str) -> Cow<'_, str> {
    let mut clean = Cow::Borrowed(text);
    for find in [find_userinfo, find_scheme_credential, find_secret_pair] {
        let mut from = 0;
        while let Some((start, end)) = find(&clean, from) {
            clean.to_mut().replace_range(start..end, REDACTED);
            from = start + REDACTED.len();
        }
    }
    clean
}

/// The `user:password` of the next `scheme://user:password@host` at or after `from`.
fn find_userinfo(text: &str, mut from: usize) -> Option<(usize, usize)> {
    while let Some(found) = text[from..].find("://") {
        let start = from + found + 3;
        let address = until(&text[start..], |c| c.is_whitespace() || "\"<>`{}|".contains(c));
        let authority = until(address, |c| "/?#".contains(c));
        let userinfo = match authority.rfind('@') {
            // A password with an unencoded `/`, `?` or `#`: what looks like a port is none.
            None if has_impossible_port(authority) => address.rfind('@').unwrap_or(0),
            found => found.unwrap_or(0),
        };
        if userinfo > 0 && &address[..userinfo] != REDACTED {
            return Some((start, start + userinfo));
        }
        from = start;
    }
    None
}

/// `text` up to the first character that ends it.
fn until(text: &str, ends: impl Fn(char) -> bool) -> &str {
    text.find(ends).map_or(text, |end| &text[..end])
}

fn has_impossible_port(authority: &str) -> bool {
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    !port.ends_with(']') && port.starts_with(|c: char| !c.is_ascii_digit())
}

/// The credential after the next `Bearer ` or `Basic ` at or after `from`.
fn find_scheme_credential(text: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find_map(|at| {
        let scheme = SCHEMES.iter().find(|scheme| {
            bytes[at..].len() > scheme.len()
                && bytes[at..at + scheme.len()].eq_ignore_ascii_case(scheme.as_bytes())
        })?;
        let starts_a_word = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        let start = at + scheme.len();
        let length = bytes[start..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=:".contains(byte))
            .count();
        // Short words are prose ("basic idea"); credentials are longer than that.
        (starts_a_word && length >= 8).then_some((start, start + length))
    })
}

/// The value of the next `name=value` with a secret name at or after `from`.
fn find_secret_pair(text: &str, mut from: usize) -> Option<(usize, usize)> {
    while let Some(found) = text[from..].find('=') {
        let equals = from + found;
        let name_start = text[..equals]
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)))
            .map_or(0, |before| before + text[before..].chars().next().map_or(1, char::len_utf8));
        let mut start = equals + 1;
        let quote = text[start..].chars().next().filter(|c| *c == '"' || *c == '\'');
        start += quote.map_or(0, char::len_utf8);
        let length = text[start..]
            .find(|c: char| match quote {
                Some(quote) => c == quote,
                None => c.is_whitespace() || "&\"'<>`,;()[]{}|#".contains(c),
            })
            .unwrap_or(text.len() - start);
        if length > 0 && is_secret_name(&text[name_start..equals]) {
            return Some((start, start + length));
        }
        from = equals + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redacted_value_never_shows_itself() {
        let password = Redacted::new("hunter2");
        assert_eq!(format!("{password} {password:?}"), "[redacted] [redacted]");
        assert_eq!(*password.expose(), "hunter2");
    }

    #[test]
    fn names_are_recognised_in_every_spelling() {
        for name in [
            "Authorization",
            "X-Api-Key",
            "apiKey",
            "MLFLOW_TRACKING_PASSWORD",
            "access_token",
            "Set-Cookie",
            "client.secret",
            "sig",
            "X-Amz-Signature",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["message", "http.route", "horizon", "significance", "key", "run_id"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn credentials_are_cut_out_of_text() {
        for (text, expected) in [
            ("GET https://bob:pa@ss@mlflow:5000/x", "GET https://[redacted]@mlflow:5000/x"),
            ("a http://u:p@h b ftp://v:q@i", "a http://[redacted]@h b ftp://[redacted]@i"),
            ("authorization: Bearer eyJhbGciOi.J9", "authorization: Bearer [redacted]"),
            ("http://u:p,(a]s@h/x", "http://[redacted]@h/x"),
            ("http://u:p/a#s@h/x", "http://[redacted]@h/x"),
            ("basic dXNlcjpwYXNz,", "basic [redacted],"),
            (
                "https://a.blob/x?sv=1&sig=abc%3D&se=2 failed",
                "https://a.blob/x?sv=1&sig=[redacted]&se=2 failed",
            ),
            ("password=\"a b\" host=db", "password=\"[redacted]\" host=db"),
            ("token=[redacted]", "token=[redacted]"),
            ("é token=é=ü x", "é token=[redacted] x"),
        ] {
            assert_eq!(scrub(text), expected);
        }
    }

    #[test]
    fn harmless_text_is_borrowed() {
        for text in [
            "",
            "a basic idea",
            "mail bob@example.org",
            "https://mlflow:5000/api?run_id=7",
            "https://mlflow:5000/api?mail=bob@example.org",
            "http://[::1]/x@y",
            "x=1 y==2 =",
            "://",
            "://@h",
            "the bearer of news",
            "é=ü",
        ] {
            assert!(matches!(scrub(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_secret_is_found_in_any_surroundings(
            parts in proptest::collection::vec(proptest::sample::select(PARTS.as_slice()), 0..12),
            tail in ".*",
        ) {
            let around = parts.concat() + &tail;
            for secret in ["http://bob:hunter2@mlflow", "token=hunter2", "bearer hunter2hunter2"] {
                let text = format!("{around} {secret} {around}");
                proptest::prop_assert!(!scrub(&text).contains("hunter2"), "{}", scrub(&text));
            }
        }
    }

    /// What the rules look at, so that random text meets them.
    const PARTS: [&str; 16] = [
        "http://",
        "://",
        "@",
        ":",
        "/",
        "token=",
        "=",
        "\"",
        "'",
        "bearer ",
        "Basic ",
        "abcdefgh",
        " ",
        "é",
        "[redacted]",
        "?sig=",
    ];
}
