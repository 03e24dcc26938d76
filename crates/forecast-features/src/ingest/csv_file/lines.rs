//! Makes every line end a line feed: `\r\n` and a lone `\r` alike, so that lines can be counted.

use std::io::{self, Read};

/// Passes text through with Unix line ends.
pub(super) struct UnixLines<R> {
    inner: R,
    after_return: bool,
}

impl<R: Read> UnixLines<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, after_return: false }
    }
}

impl<R: Read> Read for UnixLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.inner.read(buffer)?;
            let kept = self.rewrite(&mut buffer[..count]);
            // A block that was nothing but the second half of a line end is not the end of the file.
            if kept > 0 || count == 0 {
                return Ok(kept);
            }
        }
    }
}

impl<R> UnixLines<R> {
    /// Rewrites in place; returns how many bytes are left.
    fn rewrite(&mut self, bytes: &mut [u8]) -> usize {
        if !self.after_return && !bytes.contains(&b'\r') {
            return bytes.len();
        }
        let mut kept = 0;
        for position in 0..bytes.len() {
            let byte = bytes[position];
            let second_half = byte == b'\n' && self.after_return;
            self.after_return = byte == b'\r';
            if !second_half {
                bytes[kept] = if byte == b'\r' { b'\n' } else { byte };
                kept += 1;
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(1);
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn all_line_ends_become_one_whatever_the_block_size() {
        let text = b"a\r\nb\rc\n\r\nd\r\r";
        let mut whole = String::new();
        UnixLines::new(&text[..]).read_to_string(&mut whole).unwrap();
        let mut dropped = String::new();
        UnixLines::new(Drops(text)).read_to_string(&mut dropped).unwrap();
        assert_eq!(whole, "a\nb\nc\n\nd\n\n");
        assert_eq!(dropped, whole);
    }
}
