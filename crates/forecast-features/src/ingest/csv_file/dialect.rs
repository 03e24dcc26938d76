//! Tells from the first line how a text file is written.

use std::io::{self, Read};

/// How a file is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Nothing in it.
    Empty,
    /// Not text in UTF-8.
    NotText { reason: &'static str },
    /// Fields with `delimiter` between them; `prefix` has been taken from the input already.
    Text { delimiter: u8, prefix: Vec<u8> },
}

const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];
/// A first line longer than this is cut for the purpose of telling the delimiter.
const MOST_SNIFFED: usize = 1 << 20;

/// Reads up to the end of the first line.
pub(super) fn sniff(input: &mut dyn Read) -> io::Result<Dialect> {
    let mut prefix = Vec::new();
    let mut buffer = [0; 4096];
    while prefix.len() < MOST_SNIFFED {
        let count = input.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        prefix.extend_from_slice(&buffer[..count]);
        if prefix.len() >= 4 && first_line(&prefix).len() < prefix.len() {
            break;
        }
    }
    if prefix.starts_with(&[0xff, 0xfe]) || prefix.starts_with(&[0xfe, 0xff]) {
        return Ok(Dialect::NotText { reason: "the text is UTF-16: save it as UTF-8" });
    }
    if prefix.starts_with(BYTE_ORDER_MARK) {
        prefix.drain(..BYTE_ORDER_MARK.len());
    }
    if prefix.iter().all(u8::is_ascii_whitespace) {
        return Ok(Dialect::Empty);
    }
    if prefix.contains(&0) {
        return Ok(Dialect::NotText {
            reason: "there are zero bytes in it, as in a binary file or UTF-16 text",
        });
    }
    Ok(Dialect::Text { delimiter: delimiter_of(first_line(&prefix)), prefix })
}

/// The first line that is not blank.
fn first_line(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !matches!(byte, b'\n' | b'\r')).unwrap_or(text.len());
    let end = text[start..].iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    end.map_or(text, |end| &text[start..start + end])
}

/// The candidate that stands most often outside quotes.
fn delimiter_of(line: &[u8]) -> u8 {
    let mut counts = [(b',', 0u32), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for &byte in line {
        quoted ^= byte == b'"';
        for (delimiter, count) in &mut counts {
            *count += u32::from(!quoted && byte == *delimiter);
        }
    }
    // The comma wins a draw.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| *delimiter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delimiter(text: &[u8]) -> Option<u8> {
        match sniff(&mut &text[..]).unwrap() {
            Dialect::Text { delimiter, .. } => Some(delimiter),
            _ => None,
        }
    }

    #[test]
    fn the_header_tells_the_delimiter() {
        assert_eq!(delimiter(b"date,store\r1,2"), Some(b','));
        assert_eq!(delimiter(b"date;store;\"a,b,c,d\"\n"), Some(b';'));
        assert_eq!(delimiter(b"\xef\xbb\xbfdate\tstore\r\n"), Some(b'\t'));
        assert_eq!(delimiter(b"sales"), Some(b','));
    }

    #[test]
    fn what_is_no_text_is_not_read() {
        assert_eq!(sniff(&mut &b""[..]).unwrap(), Dialect::Empty);
        assert_eq!(sniff(&mut &b"\xef\xbb\xbf\n\n"[..]).unwrap(), Dialect::Empty);
        assert!(matches!(sniff(&mut &b"\xff\xfed\0a\0"[..]).unwrap(), Dialect::NotText { .. }));
        assert!(matches!(sniff(&mut &b"ab\0\x01\n"[..]).unwrap(), Dialect::NotText { .. }));
    }
}
