//! Splits a filter or `order_by` string into tokens.
//!
//! The token rules are those of MLflow's search language: an identifier is `key`, `entity.key`,
//! ``entity.`any key` `` or `entity."any key"`; a text is in single or double quotes; a number is
//! an optionally negative decimal. It refuses whatever MLflow's own server refuses (a doubled quote
//! as an escape, `+5`, unquoted keys with dashes or slashes), so that a filter that works here works there.

use super::SyntaxError;

/// One token of the search language.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// `key`, or `entity.key` with the quotes of the key taken off.
    Path { entity: Option<String>, key: String },
    /// A quoted text without its quotes.
    Text(String),
    /// A number as written, for example `-1.5e3`.
    Number(String),
    /// `=`, `!=`, `<`, `<=`, `>` or `>=`.
    Symbol(&'static str),
    /// `(`.
    Open,
    /// `)`.
    Close,
    /// `,`.
    Comma,
}

impl Token {
    /// True for the bare word `word`, whatever its case: the keywords are not reserved.
    pub(super) fn is_keyword(&self, word: &str) -> bool {
        matches!(self, Self::Path { entity: None, key } if key.eq_ignore_ascii_case(word))
    }
}

/// Splits `input` into tokens.
///
/// # Errors
/// The first character that starts no token, and an unclosed quote.
pub(super) fn tokens(input: &str) -> Result<Vec<Token>, SyntaxError> {
    let mut rest = input.trim_start();
    let mut found = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '(' => (Token::Open, &rest[1..]),
            ')' => (Token::Close, &rest[1..]),
            ',' => (Token::Comma, &rest[1..]),
            '\'' | '"' => {
                let (text, after) = quoted(rest, first)?;
                (Token::Text(text), after)
            }
            '=' | '!' | '<' | '>' => symbol(rest)?,
            '-' | '.' | '0'..='9' => number(rest)?,
            _ => path(rest)?,
        };
        found.push(token);
        rest = after.trim_start();
    }
    Ok(found)
}

/// The text between two `quote`s at the start of `input`, and what follows.
fn quoted(input: &str, quote: char) -> Result<(String, &str), SyntaxError> {
    let inner = &input[quote.len_utf8()..];
    let Some(end) = inner.find(quote) else {
        return Err(SyntaxError::new(format!("{quote} is never closed in {input:?}")));
    };
    let after = &inner[end + quote.len_utf8()..];
    if after.starts_with(quote) {
        return Err(SyntaxError::new(format!(
            "a doubled {quote} does not escape it: put a text that holds {quote} in the other kind of quotes"
        )));
    }
    Ok((inner[..end].to_owned(), after))
}

fn symbol(input: &str) -> Result<(Token, &str), SyntaxError> {
    for symbol in ["<=", ">=", "!=", "=", "<", ">"] {
        if let Some(after) = input.strip_prefix(symbol) {
            return Ok((Token::Symbol(symbol), after));
        }
    }
    Err(unexpected(input))
}

fn number(input: &str) -> Result<(Token, &str), SyntaxError> {
    let mut previous = ' ';
    let end = input
        .char_indices()
        .find(|&(at, c)| {
            let exponent_sign = c == '-' && (at == 0 || matches!(previous, 'e' | 'E'));
            previous = c;
            !(c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E') || exponent_sign)
        })
        .map_or(input.len(), |(at, _)| at);
    let literal = &input[..end];
    if literal.parse::<f64>().is_err() {
        return Err(unexpected(input));
    }
    Ok((Token::Number(literal.to_owned()), &input[end..]))
}

fn path(input: &str) -> Result<(Token, &str), SyntaxError> {
    let (head, after) = key_segment(input)?;
    // Only the first dot separates: `tags.mlflow.user` is the tag `mlflow.user`.
    let Some(tail) = after.strip_prefix('.') else {
        return Ok((Token::Path { entity: None, key: head }, after));
    };
    let (key, after) = match tail.chars().next() {
        Some('`') => quoted(tail, '`')?,
        Some('"') => quoted(tail, '"')?,
        _ => {
            let end = tail.find(|c: char| !(is_word(c) || c == '.')).unwrap_or(tail.len());
            (tail[..end].to_owned(), &tail[end..])
        }
    };
    if key.is_empty() {
        return Err(SyntaxError::new(format!("a key is missing after {head:?} and its dot")));
    }
    Ok((Token::Path { entity: Some(head), key }, after))
}

fn key_segment(input: &str) -> Result<(String, &str), SyntaxError> {
    if input.starts_with('`') {
        return quoted(input, '`');
    }
    let end = input.find(|c: char| !is_word(c)).unwrap_or(input.len());
    if end == 0 {
        return Err(unexpected(input));
    }
    Ok((input[..end].to_owned(), &input[end..]))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn unexpected(input: &str) -> SyntaxError {
    let shown: String = input.chars().take(20).collect();
    SyntaxError::new(format!("cannot read {shown:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(entity: Option<&str>, key: &str) -> Token {
        Token::Path { entity: entity.map(str::to_owned), key: key.to_owned() }
    }

    #[test]
    fn reads_every_kind_of_token() {
        let read =
            tokens("metrics.`a b.c` >= -1.5e-3 AND tags.mlflow.user = \"it's\" and run_id in ('x', 'y')")
                .unwrap();
        assert_eq!(
            read,
            vec![
                path(Some("metrics"), "a b.c"),
                Token::Symbol(">="),
                Token::Number("-1.5e-3".into()),
                path(None, "AND"),
                path(Some("tags"), "mlflow.user"),
                Token::Symbol("="),
                Token::Text("it's".into()),
                path(None, "and"),
                path(None, "run_id"),
                path(None, "in"),
                Token::Open,
                Token::Text("x".into()),
                Token::Comma,
                Token::Text("y".into()),
                Token::Close,
            ]
        );
        assert!(read[3].is_keyword("and"));
    }

    #[test]
    fn refuses_what_the_server_refuses() {
        for bad in ["name = 'it''s'", "metrics.x > +5", "name = 'x';", "tags.`a = 'x'", "tags. = 'x'"] {
            assert!(tokens(bad).is_err(), "{bad} was read");
        }
        // A dash ends the key; what follows is then no number.
        assert!(tokens("metrics.a-b > 1").is_err());
    }
}
