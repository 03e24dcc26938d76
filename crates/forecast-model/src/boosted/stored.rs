//! Trees inside a model file: the engine's own format, which has a version and a checksum of its own.

use forecast_boost::Model;
use serde::{Deserialize as _, Deserializer, Serializer, de, ser};

pub(super) fn serialize<S: Serializer>(model: &Model, out: S) -> Result<S::Ok, S::Error> {
    let bytes = model.to_bytes().map_err(ser::Error::custom)?;
    out.serialize_bytes(&bytes)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Model, D::Error> {
    let bytes = <&[u8]>::deserialize(from)?;
    Model::from_bytes(bytes).map_err(de::Error::custom)
}
