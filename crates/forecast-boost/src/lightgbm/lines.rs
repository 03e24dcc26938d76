//! The lines of a model's text, and the numbers in them. Every error knows its line.

use std::collections::HashMap;
use std::str::FromStr;

use crate::BoostError;

/// Characters of a refused text that a message repeats.
const QUOTED: usize = 40;

/// A place in the text, line by line.
#[derive(Debug, Clone)]
pub(super) struct Lines<'a> {
    text: &'a str,
    at: usize,
    number: usize,
}

/// One line without its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: usize,
    pub(super) text: &'a str,
}

/// What a `key=value` line says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    line: usize,
    key: &'a str,
    pub(super) text: &'a str,
}

/// The `key=value` lines of the header or of one tree, each key at most once.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    /// Where they begin.
    line: usize,
    by_key: HashMap<&'a str, Field<'a>>,
}

/// The error for a line.
pub(super) fn wrong(line: usize, what: impl Into<String>) -> BoostError {
    BoostError::Format { what: what.into(), place: format!("line {line}") }
}

/// The start of a text that may be of any length.
pub(super) fn quote(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", &text[..end]),
    }
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, number: 0 }
    }

    /// The number of the line that comes next.
    pub(super) fn number(&self) -> usize {
        self.number + 1
    }

    /// The next line that is not blank, without moving on.
    pub(super) fn peek(&self) -> Option<Line<'a>> {
        self.clone().find(|line| !line.text.is_empty())
    }

    /// Moves to the next line that is not blank.
    pub(super) fn skip_blank(&mut self) {
        let mut ahead = self.clone();
        while ahead.next().is_some_and(|line| line.text.is_empty()) {
            self.clone_from(&ahead);
        }
    }

    /// Moves past the next `bytes`, which must be there, and gives the lines in them.
    pub(super) fn split_off(&mut self, bytes: usize) -> Option<Self> {
        let end = self.at.checked_add(bytes)?;
        let part = self.text.get(self.at..end)?;
        let lines = Self { text: part, at: 0, number: self.number };
        self.at = end;
        self.number += part.bytes().filter(|&byte| byte == b'\n').count();
        Some(lines)
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let (line, length) = match rest.find('\n') {
            Some(end) => (&rest[..end], end + 1),
            None => (rest, rest.len()),
        };
        self.at += length;
        self.number += 1;
        Some(Line { number: self.number, text: line.trim_end_matches('\r') })
    }
}

impl<'a> Fields<'a> {
    /// None yet, of a section that begins at this line.
    pub(super) fn new(line: usize) -> Self {
        Self { line, by_key: HashMap::new() }
    }

    /// Adds a line; one without `=` is a key that says nothing more.
    pub(super) fn push(&mut self, line: Line<'a>) -> Result<(), BoostError> {
        let (key, text) = line.text.split_once('=').unwrap_or((line.text, ""));
        let field = Field { line: line.number, key, text };
        match self.by_key.insert(key, field) {
            None => Ok(()),
            Some(first) => Err(wrong(
                line.number,
                format!(
                    "{} is there twice, first in line {}; restore the file as LightGBM saved it",
                    quote(key),
                    first.line
                ),
            )),
        }
    }

    pub(super) fn find(&self, key: &str) -> Option<Field<'a>> {
        self.by_key.get(key).copied()
    }

    pub(super) fn get(&self, key: &str) -> Result<Field<'a>, BoostError> {
        self.find(key).ok_or_else(|| {
            let what =
                format!("there is no {key}= in what begins here; save the model again with LightGBM 4");
            wrong(self.line, what)
        })
    }

    /// As many numbers as expected, or none where the key is absent or empty.
    pub(super) fn optional_list<T: FromStr>(
        &self,
        key: &str,
        expected: usize,
    ) -> Result<Option<Vec<T>>, BoostError> {
        match self.find(key) {
            Some(field) if !field.text.trim_ascii().is_empty() => field.list(expected).map(Some),
            _ => Ok(None),
        }
    }
}

impl<'a> Field<'a> {
    /// The error for this field.
    pub(super) fn wrong(&self, what: impl std::fmt::Display) -> BoostError {
        wrong(self.line, format!("{}: {what}", self.key))
    }

    /// What it says, as one number.
    pub(super) fn number<T: FromStr>(&self) -> Result<T, BoostError> {
        self.parse(self.text.trim_ascii())
    }

    /// What it says, as exactly so many numbers between spaces.
    ///
    /// Memory grows with the text, never with what the file claims to hold.
    pub(super) fn list<T: FromStr>(&self, expected: usize) -> Result<Vec<T>, BoostError> {
        let numbers = self.numbers()?;
        if numbers.len() != expected {
            return Err(self.wrong(format_args!(
                "{} numbers where {expected} belong; the file is damaged, save the model again",
                numbers.len()
            )));
        }
        Ok(numbers)
    }

    /// What it says, as any number of numbers.
    pub(super) fn numbers<T: FromStr>(&self) -> Result<Vec<T>, BoostError> {
        self.words().map(|word| self.parse(word)).collect()
    }

    /// What stands between spaces.
    pub(super) fn words(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.text.split_ascii_whitespace()
    }

    fn parse<T: FromStr>(&self, word: &str) -> Result<T, BoostError> {
        word.parse()
            .map_err(|_| self.wrong(format_args!("{} is not a number that may stand here", quote(word))))
    }
}
