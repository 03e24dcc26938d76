//! Keys with a text value: params, which never change, and tags, which may.

use serde::{Deserialize, Serialize};

/// An input of a run, for instance `("horizon", "28")`. Written once: another value under the same
/// key is refused by the store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Param {
    /// At most 250 characters: letters, digits, `_ - . / :` and spaces.
    pub key: String,
    /// At most 6,000 characters; a server truncates silently beyond.
    #[serde(default)]
    pub value: String,
}

/// A note on a run, model, version or experiment. A later value replaces the earlier one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tag {
    /// At most 250 characters.
    pub key: String,
    /// At most 8,000 characters on a run; a server truncates silently beyond.
    #[serde(default)]
    pub value: String,
}

impl Param {
    /// A param from anything that displays as text.
    #[expect(clippy::needless_pass_by_value, reason = "callers give literals, numbers and texts alike")]
    pub fn new(key: impl Into<String>, value: impl ToString) -> Self {
        Self { key: key.into(), value: value.to_string() }
    }
}

impl Tag {
    /// A tag from anything that displays as text.
    #[expect(clippy::needless_pass_by_value, reason = "callers give literals, numbers and texts alike")]
    pub fn new(key: impl Into<String>, value: impl ToString) -> Self {
        Self { key: key.into(), value: value.to_string() }
    }
}

/// The value of the last tag under `key`.
pub(crate) fn tag_value<'a>(tags: &'a [Tag], key: &str) -> Option<&'a str> {
    tags.iter().rev().find(|tag| tag.key == key).map(|tag| tag.value.as_str())
}
