//! How MLflow writes numbers in JSON.
//!
//! 64-bit integers arrive as numbers or as decimal strings (protobuf allows both), and doubles
//! that JSON has no number for travel as the strings `NaN`, `Infinity` and `-Infinity`.

use serde::de::{self, Deserialize, Deserializer};
use serde::ser::Serializer;

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum IntOrText {
    Int(i64),
    Text(String),
}

impl IntOrText {
    fn parse<E: de::Error>(self) -> Result<i64, E> {
        match self {
            Self::Int(value) => Ok(value),
            Self::Text(text) => {
                text.parse().map_err(|_| E::custom(format_args!("{text:?} is not a whole number")))
            }
        }
    }
}

/// An `i64` that may come as a string; goes out as a number.
pub(crate) mod int64 {
    use super::{Deserialize, Deserializer, IntOrText, Serializer};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<i64, D::Error> {
        IntOrText::deserialize(input)?.parse()
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
    pub(crate) fn serialize<S: Serializer>(value: &i64, output: S) -> Result<S::Ok, S::Error> {
        output.serialize_i64(*value)
    }
}

/// An optional `i64` that may come as a string; goes out as a number.
pub(crate) mod optional_int64 {
    use super::{Deserialize, Deserializer, IntOrText, Serializer};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Option<i64>, D::Error> {
        Option::<IntOrText>::deserialize(input)?.map(IntOrText::parse).transpose()
    }

    pub(crate) fn serialize<S: Serializer>(value: &Option<i64>, output: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => output.serialize_some(value),
            None => output.serialize_none(),
        }
    }
}

/// A version number, which MLflow writes as a decimal string.
pub(crate) mod version {
    use super::{Deserialize, Deserializer, IntOrText, Serializer, de};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<u64, D::Error> {
        let value = IntOrText::deserialize(input)?.parse()?;
        u64::try_from(value).map_err(|_| de::Error::custom("a version number is not negative"))
    }

    pub(crate) fn serialize<S: Serializer>(value: &u64, output: S) -> Result<S::Ok, S::Error> {
        output.collect_str(value)
    }
}

/// A double, of which `NaN` and the infinities travel as strings.
pub(crate) mod double {
    use super::{Deserialize, Deserializer, Serializer, de};

    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum NumberOrText {
        Number(f64),
        Text(String),
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<f64, D::Error> {
        match NumberOrText::deserialize(input)? {
            NumberOrText::Number(value) => Ok(value),
            // Rust reads "NaN", "Infinity" and "-Infinity" as MLflow writes them.
            NumberOrText::Text(text) => {
                text.parse().map_err(|_| de::Error::custom(format_args!("{text:?} is not a number")))
            }
        }
    }

    pub(crate) fn serialize<S: Serializer>(value: &f64, output: S) -> Result<S::Ok, S::Error> {
        if value.is_nan() {
            output.serialize_str("NaN")
        } else if value.is_infinite() {
            output.serialize_str(if *value > 0.0 { "Infinity" } else { "-Infinity" })
        } else {
            output.serialize_f64(*value)
        }
    }
}
