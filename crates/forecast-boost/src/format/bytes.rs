//! Numbers and names to bytes and back, with the offset where something is wrong.

use crate::BoostError;

/// Reads one part after the other and knows where it is.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// An error at a byte of the file.
pub(super) fn wrong(at: usize, what: impl Into<String>) -> BoostError {
    BoostError::Format { what: what.into(), place: format!("byte {at}") }
}

/// Bits of a LEB128 byte that belong to the number.
const PAYLOAD: u32 = 7;
/// Set where another byte follows.
const MORE: u8 = 1 << PAYLOAD;

impl<'a> Reader<'a> {
    /// Reads from `at` to the end of `bytes`.
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// The offset of what is read next.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    fn take(&mut self, count: usize, what: &str) -> Result<&'a [u8], BoostError> {
        let part = self.bytes[self.at..].get(..count).ok_or_else(|| {
            wrong(self.at, format!("{what} needs {count} bytes, but {} are left", self.left()))
        })?;
        self.at += count;
        Ok(part)
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], BoostError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, what)?);
        Ok(array)
    }

    pub(super) fn byte(&mut self, what: &str) -> Result<u8, BoostError> {
        self.array(what).map(u8::from_le_bytes)
    }

    /// A threshold: any number, the infinite ones too.
    pub(super) fn threshold(&mut self) -> Result<f32, BoostError> {
        let at = self.at;
        let value = self.array("a threshold").map(f32::from_le_bytes)?;
        if value.is_nan() { Err(wrong(at, "a threshold is not a number")) } else { Ok(value) }
    }

    pub(super) fn finite(&mut self, what: &str) -> Result<f64, BoostError> {
        let at = self.at;
        let value = self.array(what).map(f64::from_le_bytes)?;
        if value.is_finite() {
            Ok(value)
        } else {
            Err(wrong(at, format!("{what} is {value}, but must be finite")))
        }
    }

    /// A LEB128 number in its shortest form.
    pub(super) fn number(&mut self, what: &str) -> Result<u64, BoostError> {
        let first = self.at;
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(PAYLOAD as usize) {
            let byte = self.byte(what)?;
            let payload = u64::from(byte & !MORE);
            if payload << shift >> shift != payload {
                break;
            }
            number |= payload << shift;
            if byte & MORE == 0 {
                if byte == 0 && shift > 0 {
                    return Err(wrong(first, format!("{what} is not written in its shortest form")));
                }
                return Ok(number);
            }
        }
        Err(wrong(first, format!("{what} does not fit into 64 bits")))
    }

    /// A number below `limit`.
    pub(super) fn index(&mut self, what: &str, limit: usize) -> Result<usize, BoostError> {
        let at = self.at;
        let number = self.number(what)?;
        usize::try_from(number)
            .ok()
            .filter(|&index| index < limit)
            .ok_or_else(|| wrong(at, format!("{what} is {number}, but must be below {limit}")))
    }

    /// How many of something follow, each of `least` bytes at least: no more than the rest can hold.
    pub(super) fn count(&mut self, what: &str, least: usize) -> Result<usize, BoostError> {
        let at = self.at;
        let number = self.number(what)?;
        let most = self.left() / least;
        usize::try_from(number).ok().filter(|&count| count <= most).ok_or_else(|| {
            wrong(at, format!("{what} is {number}, but the {} bytes left hold {most} at most", self.left()))
        })
    }

    pub(super) fn text(&mut self, what: &str) -> Result<&'a str, BoostError> {
        let length = self.count(what, 1)?;
        let at = self.at;
        let bytes = self.take(length, what)?;
        std::str::from_utf8(bytes)
            .map_err(|error| wrong(at + error.valid_up_to(), format!("{what} is not UTF-8")))
    }
}

/// Appends a LEB128 number in its shortest form.
pub(super) fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= u64::from(MORE) {
        bytes.push(number as u8 | MORE);
        number >>= PAYLOAD;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_and_have_one_form() {
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut bytes = Vec::new();
            put_number(&mut bytes, number);
            let mut reader = Reader::new(&bytes, 0);
            assert_eq!(reader.number("it").unwrap(), number);
            assert_eq!(reader.left(), 0);
        }
        let refused = |bytes: &[u8]| Reader::new(bytes, 0).number("it").unwrap_err().to_string();
        assert!(refused(&[0x80, 0]).contains("shortest form (byte 0)"));
        assert!(refused(&[0x80]).contains("needs 1 bytes, but 0 are left (byte 1)"));
        let too_large = [0xff; 9].into_iter().chain([2]).collect::<Vec<u8>>();
        assert!(refused(&too_large).contains("64 bits"));
        assert!(refused(&[0xff; 20]).contains("64 bits"));
    }

    #[test]
    fn a_count_that_lies_is_refused_before_anything_is_allocated() {
        let mut bytes = Vec::new();
        put_number(&mut bytes, 1 << 40);
        bytes.extend([0; 100]);
        let error = Reader::new(&bytes, 0).count("the number of trees", 10).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot read the model: the number of trees is 1099511627776, but the 100 bytes left hold 10 at most (byte 0)"
        );
    }

    #[test]
    fn text_must_be_utf8() {
        let error = Reader::new(&[3, b'a', 0xff, b'b'], 0).text("a name").unwrap_err();
        assert_eq!(error.to_string(), "cannot read the model: a name is not UTF-8 (byte 2)");
    }
}
