//! What stands around every body: magic, version, kind, length, checksum.

use super::bytes::{Reader, wrong};
use crate::BoostError;

/// What every file begins with.
const MAGIC: [u8; 8] = *b"\x89FBOOST\n";
/// The version that this release writes, and the newest that it reads.
const VERSION: u16 = 1;
/// Magic, version, kind and length.
const HEADER: usize = 20;
const CHECKSUM: usize = size_of::<u32>();

/// What a body holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One model.
    Model = 1,
    /// Several quantiles.
    Quantiles = 2,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Model, Self::Quantiles];

    /// What it is, and who reads it.
    fn reader(self) -> (&'static str, &'static str) {
        match self {
            Self::Model => ("one model", "Model::from_bytes"),
            Self::Quantiles => ("a model of several quantiles", "QuantileModel::from_bytes"),
        }
    }
}

/// Puts the frame around a body, which `write` appends.
pub(super) fn seal(
    kind: Kind,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), BoostError>,
) -> Result<Vec<u8>, BoostError> {
    let mut bytes = Vec::new();
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((kind as u16).to_le_bytes());
    bytes.extend([0; size_of::<u64>()]);
    write(&mut bytes)?;
    let length = (bytes.len() - HEADER) as u64;
    bytes[HEADER - size_of::<u64>()..HEADER].copy_from_slice(&length.to_le_bytes());
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    Ok(bytes)
}

/// Checks the frame and gives what is in it to `read`, which must use all of it.
pub(super) fn open<T>(
    bytes: &[u8],
    expected: Kind,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, BoostError>,
) -> Result<T, BoostError> {
    let (body, version, kind) = check(bytes)?;
    if version == 0 || version > VERSION {
        let what = format!(
            "it has format version {version}, but this release reads 1 to {VERSION}; read it with the release that wrote it, or a newer one"
        );
        return Err(wrong(8, what));
    }
    if kind != expected as u16 {
        return Err(wrong(10, other_kind(kind)));
    }
    let mut reader = Reader::new(body, HEADER);
    let model = read(&mut reader)?;
    match reader.left() {
        0 => Ok(model),
        left => Err(wrong(reader.at(), format!("{left} bytes follow after the model's end"))),
    }
}

fn other_kind(kind: u16) -> String {
    match Kind::ALL.into_iter().find(|known| *known as u16 == kind).map(Kind::reader) {
        Some((what, reader)) => format!("it holds {what}; read it with {reader}"),
        None => format!("it holds kind {kind}, which this release does not know; read it with a newer one"),
    }
}

/// Everything up to the body's end, the version and the kind, once length and checksum are right.
fn check(bytes: &[u8]) -> Result<(&[u8], u16, u16), BoostError> {
    let begins_alike = bytes.iter().zip(&MAGIC).all(|(a, b)| a == b);
    if bytes.is_empty() || !begins_alike {
        return Err(wrong(0, "this is not a model of forecast-boost: it does not begin with \\x89FBOOST"));
    }
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else {
        return Err(wrong(
            bytes.len(),
            "the file is cut short within its header; copy it again from its source",
        ));
    };
    let [.., v0, v1, k0, k1, l0, l1, l2, l3, l4, l5, l6, l7] = *header;
    let length = u64::from_le_bytes([l0, l1, l2, l3, l4, l5, l6, l7]);
    let found = rest.len() as u64;
    if length.checked_add(CHECKSUM as u64) != Some(found) {
        let what = format!(
            "the header promises {length} bytes and a checksum of {CHECKSUM}, but {found} bytes follow; copy the file again from its source"
        );
        return Err(wrong(bytes.len(), what));
    }
    let Some((body, checksum)) = bytes.split_last_chunk::<CHECKSUM>() else {
        return Err(wrong(bytes.len(), "the checksum is missing"));
    };
    let (stored, computed) = (u32::from_le_bytes(*checksum), crc32fast::hash(body));
    if stored != computed {
        let what = format!(
            "the checksum is {computed:08x}, but {stored:08x} was stored: the file was damaged; copy it again from its source"
        );
        return Err(wrong(body.len(), what));
    }
    Ok((body, u16::from_le_bytes([v0, v1]), u16::from_le_bytes([k0, k1])))
}
