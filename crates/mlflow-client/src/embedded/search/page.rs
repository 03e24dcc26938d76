//! Pages: how many rows a search returns, and where the next page begins.

use crate::embedded::fault::{Fault, Outcome};
use crate::types::Paged;

/// The limits of one kind of search.
#[derive(Debug, Clone, Copy)]
pub(in crate::embedded) struct Page {
    /// Rows in a page when the caller does not say.
    pub(in crate::embedded) default_rows: u32,
    /// Most rows that a caller may ask for.
    pub(in crate::embedded) most_rows: u32,
}

/// The rows that one page shows.
#[derive(Debug, Clone, Copy)]
pub(in crate::embedded) struct Window {
    rows: u32,
    offset: u64,
}

impl Page {
    /// The window that a caller asks for.
    ///
    /// # Errors
    /// No rows, more rows than allowed, or a token that did not come from an earlier page.
    pub(in crate::embedded) fn window(
        self,
        max_results: Option<u32>,
        token: Option<&str>,
    ) -> Outcome<Window> {
        let rows = max_results.unwrap_or(self.default_rows);
        if rows == 0 || rows > self.most_rows {
            return Err(Fault::Invalid(format!(
                "max_results is {rows}: ask for 1 to {} results",
                self.most_rows
            )));
        }
        let offset = match token.filter(|token| !token.is_empty()) {
            None => 0,
            Some(token) => parse_token(token)?,
        };
        Ok(Window { rows, offset })
    }
}

impl Window {
    /// The SQL that keeps this window, and one row more to learn whether another page follows.
    pub(in crate::embedded) fn limit_sql(self) -> String {
        format!(" LIMIT {} OFFSET {}", u64::from(self.rows) + 1, self.offset)
    }

    /// The page out of the rows that [`Self::limit_sql`] let through.
    pub(in crate::embedded) fn page<T>(self, mut rows: Vec<T>) -> Paged<T> {
        let keep = usize::try_from(self.rows).unwrap_or(usize::MAX);
        let more = rows.len() > keep;
        rows.truncate(keep);
        Paged::new(rows, more.then(|| format!("{TOKEN_PREFIX}{}", self.offset + u64::from(self.rows))))
    }
}

const TOKEN_PREFIX: &str = "offset-";

fn parse_token(token: &str) -> Outcome<u64> {
    token
        .strip_prefix(TOKEN_PREFIX)
        .and_then(|digits| digits.parse::<u64>().ok())
        // SQLite counts rows in signed 64 bits.
        .filter(|&offset| i64::try_from(offset).is_ok())
        .ok_or_else(|| {
            Fault::Invalid(format!("page token {token:?} did not come from an earlier page of this store"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: Page = Page { default_rows: 2, most_rows: 3 };

    #[test]
    fn pages_follow_each_other_and_end() {
        let first = PAGE.window(None, None).unwrap();
        assert_eq!(first.limit_sql(), " LIMIT 3 OFFSET 0");
        let page = first.page(vec!['a', 'b', 'c']);
        assert_eq!(page.items, vec!['a', 'b']);
        let token = page.next_page_token.unwrap();
        let second = PAGE.window(None, Some(&token)).unwrap();
        assert_eq!(second.limit_sql(), " LIMIT 3 OFFSET 2");
        assert_eq!(second.page(vec!['c']).next_page_token, None);
    }

    #[test]
    fn refuses_sizes_and_tokens_that_are_not_its_own() {
        assert!(PAGE.window(Some(0), None).is_err());
        assert!(PAGE.window(Some(4), None).is_err());
        for token in ["7", "offset-x", "offset--1", "offset-18446744073709551615"] {
            assert!(PAGE.window(None, Some(token)).is_err(), "{token} was accepted");
        }
    }
}
