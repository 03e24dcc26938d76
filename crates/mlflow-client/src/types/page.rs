//! Pages of a search and what a search may see.

use serde::{Deserialize, Serialize};

/// One page of results. Ask again with `next_page_token` until it is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paged<T> {
    /// The results of this page, in the order asked for.
    pub items: Vec<T>,
    /// An opaque mark of where the next page begins; `None` on the last page.
    pub next_page_token: Option<String>,
}

impl<T> Paged<T> {
    /// A page, taking an empty token for none.
    pub fn new(items: Vec<T>, next_page_token: Option<String>) -> Self {
        Self { items, next_page_token: next_page_token.filter(|token| !token.is_empty()) }
    }
}

/// Which lifecycle stages a search looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ViewType {
    /// What has not been deleted.
    #[default]
    ActiveOnly,
    /// What has been deleted and may be restored.
    DeletedOnly,
    /// Both.
    All,
}
