//! Lists of `key=value,key2=value2` with percent-encoded values, as OpenTelemetry writes headers
//! and resource attributes (the syntax of W3C baggage).

/// A key and its value.
pub(super) type Pair = (String, String);

/// The entries of a list with their positions, counted from 1; a faulty one says what is wrong.
pub(super) fn parse(text: &str) -> impl Iterator<Item = (usize, Result<Pair, &'static str>)> {
    // A trailing comma is harmless.
    let filled = |(_, entry): &(usize, &str)| !entry.is_empty();
    let entries = text.split(',').map(str::trim).enumerate().filter(filled);
    entries.map(|(index, entry)| (index + 1, parse_entry(entry)))
}

fn parse_entry(entry: &str) -> Result<Pair, &'static str> {
    let (key, value) = entry.split_once('=').ok_or("has no `=`")?;
    let key = key.trim();
    if key.is_empty() {
        return Err("has an empty key");
    }
    let value = percent_decode(value.trim()).ok_or("has a broken percent encoding")?;
    Ok((key.to_owned(), value))
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let high = char::from(rest.next()?).to_digit(16)?;
        let low = char::from(rest.next()?).to_digit(16)?;
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_trimmed_and_decoded() {
        let pairs: Vec<_> = parse(" a = 1 ,b=x%20%C3%A9=y,, c=").collect();
        let pair = |key: &str, value: &str| Ok((key.to_owned(), value.to_owned()));
        assert_eq!(pairs, [(1, pair("a", "1")), (2, pair("b", "x é=y")), (4, pair("c", ""))]);
    }

    #[test]
    fn each_faulty_entry_is_named_by_its_position() {
        let faults: Vec<_> = parse("a=1,b,=2,c=%zz,d=%2,e=%FF")
            .filter_map(|(position, entry)| Some((position, entry.err()?)))
            .collect();
        assert_eq!(
            faults,
            [
                (2, "has no `=`"),
                (3, "has an empty key"),
                (4, "has a broken percent encoding"),
                (5, "has a broken percent encoding"),
                (6, "has a broken percent encoding"),
            ]
        );
    }
}
