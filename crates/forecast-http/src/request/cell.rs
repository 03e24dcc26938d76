//! JSON values as cells of a table and as parts of a key.

use forecast_features::ingest::Cell;
use serde_json::{Number, Value};

/// A JSON value as a cell; `None` for lists and objects.
pub(crate) fn cell_of(value: Value) -> Option<Cell> {
    Some(match value {
        Value::Null => Cell::Null,
        Value::Bool(flag) => Cell::Flag(flag),
        Value::Number(number) => match number.as_f64() {
            Some(finite) if is_exact(&number) => Cell::Number(finite),
            // A long key such as an EAN keeps all its digits as text.
            _ => Cell::Text(number.to_string()),
        },
        Value::String(text) => Cell::Text(text),
        Value::Array(_) | Value::Object(_) => return None,
    })
}

/// Whether a number is the same as a double.
fn is_exact(number: &Number) -> bool {
    const EXACT: u64 = 1 << 53;
    number.as_u64().is_none_or(|whole| whole <= EXACT)
        && number.as_i64().is_none_or(|whole| whole.unsigned_abs() <= EXACT)
}

/// A JSON value as a part of a key, as a table would have it: text without space around it, numbers as
/// they are written.
pub(crate) fn key_part(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(_) => cell_of(value.clone()).as_ref().and_then(text_of_cell),
        _ => None,
    }
}

/// A cell as a part of a key; `None` where it is empty.
pub(crate) fn text_of_cell(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Null => None,
        Cell::Flag(flag) => Some(flag.to_string()),
        Cell::Number(number) => Some(number.to_string()),
        Cell::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
    }
}

/// What a JSON value is, for people.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_is_the_key_that_a_table_would_have() {
        let part = |value| key_part(&value);
        assert_eq!(part(json!(7)).as_deref(), Some("7"));
        assert_eq!(part(json!(7.0)).as_deref(), Some("7"));
        assert_eq!(part(json!("07")).as_deref(), Some("07"));
        assert_eq!(part(json!(" Paris ")).as_deref(), Some("Paris"));
        assert_eq!(part(json!(12_345_678_901_234_567_890_u64)).as_deref(), Some("12345678901234567890"));
        assert_eq!(part(json!(true)), None);
    }
}
