//! The messages that the sources can print, and whether a text is one of them.
//!
//! A string literal of the sources is a template: what stands in braces is filled in. A text is explained
//! if it is a template whose fillings are short values, words of other programs, or texts that are
//! explained in turn.

use std::fs::read_to_string;

use forecast_testkit::workspace::root;

/// Literal pieces of a message; between each two of them something is filled in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<String>);

/// The templates of all programs and libraries that ship.
pub(crate) fn of_sources(files: impl IntoIterator<Item = std::path::PathBuf>) -> Vec<Template> {
    let mut templates = Vec::new();
    for file in files {
        if file.components().any(|part| part.as_os_str() == "src") {
            let source = read_to_string(root().join(file)).unwrap();
            // Quotes are read line by line.
            templates.extend(literals(&source).iter().flat_map(|text| text.lines()).map(template));
        }
    }
    templates
}

/// The string literals of a Rust file, escapes resolved as far as messages use them.
fn literals(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chars = source.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        if c == '/' && chars.peek() == Some(&'/') {
            // Comments may hold a single quotation mark.
            chars.by_ref().find(|c| *c == '\n');
        } else if c == '"' && before != '\'' {
            let mut text = String::new();
            while let Some(c) = chars.next() {
                match c {
                    '"' => break,
                    '\\' => match chars.next() {
                        Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
                        Some('n') => text.push('\n'),
                        Some(other) => text.push(other),
                        None => break,
                    },
                    other => text.push(other),
                }
            }
            found.push(text);
        }
        before = c;
    }
    found
}

fn template(text: &str) -> Template {
    let mut pieces = vec![String::new()];
    let mut chars = text.trim().chars().peekable();
    while let Some(c) = chars.next() {
        let doubled = matches!(c, '{' | '}') && chars.peek() == Some(&c);
        match (c, pieces.last_mut()) {
            ('{', _) if !doubled => {
                chars.by_ref().find(|c| *c == '}');
                pieces.push(String::new());
            }
            (c, Some(piece)) => {
                piece.push(c);
                if doubled {
                    chars.next();
                }
            }
            (_, None) => {}
        }
    }
    Template(pieces)
}

/// Whether the sources can print `text`; `foreign` are words of other programs that may be filled in.
pub(crate) fn explains(templates: &[Template], text: &str, foreign: &[&str]) -> bool {
    // A template of fillings alone would explain everything.
    let worth_trying = |template: &&Template| template.0.iter().map(String::len).sum::<usize>() >= 6;
    templates.iter().filter(worth_trying).any(|template| {
        fillings(&template.0, text).iter().any(|fillings| {
            fillings.iter().all(|filling| is_value(filling, foreign) || explains(templates, filling, foreign))
        })
    })
}

/// A name, a number, an address: one word; or what another program says.
fn is_value(filling: &str, foreign: &[&str]) -> bool {
    (!filling.is_empty() && filling.len() <= 120 && !filling.contains(char::is_whitespace))
        || foreign.contains(&filling)
}

/// Every way to see `text` as the pieces with something between them.
fn fillings<'a>(pieces: &[String], text: &'a str) -> Vec<Vec<&'a str>> {
    let Some((first, rest)) = pieces.split_first() else { return Vec::new() };
    let Some(text) = text.strip_prefix(first.as_str()) else { return Vec::new() };
    let Some(next) = rest.first() else {
        return if text.is_empty() { vec![Vec::new()] } else { Vec::new() };
    };
    if rest.len() == 1 && next.is_empty() {
        return vec![vec![text]];
    }
    let mut all = Vec::new();
    for (at, _) in text.match_indices(next.as_str()) {
        for mut tail in fillings(rest, &text[at..]) {
            tail.insert(0, &text[..at]);
            all.push(tail);
        }
    }
    all
}

#[test]
fn a_message_within_a_message_is_explained() {
    let source = r#"
        #[error("cannot ask: {0}")]
        // don't mind
        #[error("{operation}: no route \
                 to {server}")]
        call("read alias");
    "#;
    let templates: Vec<Template> = literals(source).iter().map(|text| template(text)).collect();
    let explained = |text| explains(&templates, text, &["the cat"]);
    assert!(explained("cannot ask: read alias: no route to http://x:5000"));
    assert!(explained("cannot ask: the cat"));
    assert!(!explained("cannot ask: the dog"));
    assert!(!explained("cannot ask: read alias: no road to http://x:5000"));
}
