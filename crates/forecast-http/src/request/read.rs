//! Shape and types of a request, without asking what the model knows.

use std::collections::HashSet;

use forecast_core::{Horizon, QuantileLevels, SeriesKey};
use forecast_features::ingest::Row;
use serde_json::{Map, Value};

use super::Faults;
use super::cell::{cell_of, key_part, kind_of};
use crate::config::Limits;
use crate::problem::{Code, Problem};

/// Most quantiles of one request: every percentile.
const MOST_QUANTILES: usize = 99;
/// Most different columns of one table: far more than any model has.
const MOST_COLUMNS: usize = 1_000;

const FIELDS: [&str; 5] = ["series", "horizon", "quantiles", "future", "history"];

/// What a request must look like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape<'a> {
    /// The model's key columns.
    pub(crate) key_names: &'a [String],
    /// How much may be asked at once.
    pub(crate) limits: Limits,
}

/// A well-formed request. What is `None` was not set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ask {
    /// The series, each once, in the order asked.
    pub(crate) series: Vec<SeriesKey>,
    pub(crate) horizon: Option<Horizon>,
    pub(crate) quantiles: Option<QuantileLevels>,
    pub(crate) future: Vec<Row>,
    pub(crate) history: Vec<Row>,
}

/// Reads a body.
pub(crate) fn read(body: &[u8], shape: &Shape<'_>) -> Result<Ask, Problem> {
    let value: Value = serde_json::from_slice(body).map_err(|error| bad_json(body, &error))?;
    let mut reader = Reader { shape: *shape, faults: Faults::default() };
    let ask = reader.request(value);
    reader.faults.into_result()?;
    ask.ok_or_else(|| Problem::new(Code::InvalidRequest, "the request cannot be answered"))
}

fn bad_json(body: &[u8], error: &serde_json::Error) -> Problem {
    if body.is_empty() {
        return Problem::new(Code::BadJson, "the body is empty; send a JSON object with `series`");
    }
    // serde_json ends its messages with the place.
    Problem::new(Code::BadJson, format!("the body is not JSON: {error}"))
}

struct Reader<'a> {
    shape: Shape<'a>,
    faults: Faults,
}

impl Reader<'_> {
    fn request(&mut self, value: Value) -> Option<Ask> {
        let Value::Object(mut fields) = value else {
            let detail = format!("the body must be an object with `series`, not {}", kind_of(&value));
            self.faults.note(Code::WrongType, "", detail);
            return None;
        };
        for name in fields.keys().filter(|name| !FIELDS.contains(&name.as_str())) {
            let detail = format!("there is no field `{name}`; known: {}", FIELDS.join(", "));
            self.faults.note(Code::UnknownField, pointer(&[name]), detail);
        }
        let mut take = |name: &str| fields.remove(name).filter(|value| !value.is_null());
        let (series, horizon, quantiles) = (take("series"), take("horizon"), take("quantiles"));
        let (future, history) = (take("future"), take("history"));

        let series = self.all_series(series);
        let horizon = horizon.and_then(|value| self.horizon(&value));
        let quantiles = quantiles.and_then(|value| self.quantiles(&value));
        let future = self.rows("future", future);
        let history = self.rows("history", history);
        if history.len() > self.shape.limits.max_history_rows {
            let (rows, most) = (history.len(), self.shape.limits.max_history_rows);
            let detail = format!("{rows} rows of history are more than {most}; split the request");
            self.faults.note(Code::TooManyRows, "/history", detail);
        }
        Some(Ask { series, horizon, quantiles, future, history })
    }

    fn all_series(&mut self, value: Option<Value>) -> Vec<SeriesKey> {
        let Some(value) = value else {
            let detail = format!("`series` is missing; send a list such as {}", self.example());
            self.faults.note(Code::MissingField, "/series", detail);
            return Vec::new();
        };
        let Value::Array(items) = value else {
            let detail =
                format!("`series` must be a list such as {}, not {}", self.example(), kind_of(&value));
            self.faults.note(Code::WrongType, "/series", detail);
            return Vec::new();
        };
        let most = self.shape.limits.max_series;
        if items.is_empty() || items.len() > most {
            let (code, detail) = if items.is_empty() {
                (Code::OutOfRange, format!("`series` is empty; send a list such as {}", self.example()))
            } else {
                (
                    Code::TooManySeries,
                    format!("{} series are more than {most}; split the request", items.len()),
                )
            };
            self.faults.note(code, "/series", detail);
            return Vec::new();
        }
        let mut seen = std::collections::HashMap::with_capacity(items.len());
        let mut keys = Vec::with_capacity(items.len());
        for (position, item) in items.iter().enumerate() {
            let Some(key) = self.key(position, item) else { continue };
            if let Some(first) = seen.insert(key.clone(), position) {
                let detail = format!("series `{key}` is asked for already at /series/{first}");
                self.faults.note(Code::DuplicateSeries, format!("/series/{position}"), detail);
            }
            keys.push(key);
        }
        keys
    }

    fn key(&mut self, position: usize, item: &Value) -> Option<SeriesKey> {
        let here = format!("/series/{position}");
        let Value::Object(parts) = item else {
            let names = self.shape.key_names.join(", ");
            let detail = format!("a series must be an object with {names}, not {}", kind_of(item));
            self.faults.note(Code::WrongType, here, detail);
            return None;
        };
        self.unknown_key_columns(&here, parts);
        let mut values = Vec::with_capacity(self.shape.key_names.len());
        for name in self.shape.key_names {
            let there = format!("{here}{}", pointer(&[name]));
            match parts.get(name) {
                None => {
                    self.faults.note(
                        Code::MissingField,
                        there,
                        format!("the key column `{name}` is missing"),
                    );
                }
                Some(value) => match key_part(value) {
                    Some(part) => values.push(part),
                    None => {
                        let detail = format!("`{name}` must be text or a number, not {}", kind_of(value));
                        self.faults.note(Code::WrongType, there, detail);
                    }
                },
            }
        }
        (values.len() == self.shape.key_names.len()).then(|| SeriesKey::new(values))
    }

    fn unknown_key_columns(&mut self, here: &str, parts: &Map<String, Value>) {
        for name in parts.keys().filter(|name| !self.shape.key_names.contains(name)) {
            let known = self.shape.key_names.join(", ");
            let detail = format!("`{name}` is no key column of the model; a series has: {known}");
            self.faults.note(Code::UnknownField, format!("{here}{}", pointer(&[name])), detail);
        }
    }

    fn horizon(&mut self, value: &Value) -> Option<Horizon> {
        let whole = value.as_f64().filter(|number| number.fract() == 0.0);
        let Some(number) = whole.filter(|_| value.is_number()) else {
            let detail = match value {
                Value::Number(number) => format!("`horizon` must be a whole number of steps, not {number}"),
                other => format!("`horizon` must be a whole number of steps, not {}", kind_of(other)),
            };
            self.faults.note(Code::WrongType, "/horizon", detail);
            return None;
        };
        let steps = (0.0..=f64::from(u32::MAX)).contains(&number).then_some(number as u32);
        match steps.map(Horizon::new) {
            Some(Ok(horizon)) => Some(horizon),
            _ => {
                let most = Horizon::MAX;
                // As it was sent: 1e300 in full would be a line of zeros.
                let detail = format!("`horizon` must lie between 1 and {most} steps, not {value}");
                self.faults.note(Code::OutOfRange, "/horizon", detail);
                None
            }
        }
    }

    fn quantiles(&mut self, value: &Value) -> Option<QuantileLevels> {
        let Value::Array(items) = value else {
            let detail = format!("`quantiles` must be a list such as [0.1, 0.9], not {}", kind_of(value));
            self.faults.note(Code::WrongType, "/quantiles", detail);
            return None;
        };
        if items.len() > MOST_QUANTILES {
            let detail = format!("{} quantiles are more than {MOST_QUANTILES}; ask for fewer", items.len());
            self.faults.note(Code::OutOfRange, "/quantiles", detail);
            return None;
        }
        let before = self.faults.len();
        let mut levels = Vec::with_capacity(items.len());
        for (position, item) in items.iter().enumerate() {
            let here = || format!("/quantiles/{position}");
            match item.as_f64() {
                None => {
                    let detail = format!("a quantile must be a number, not {}", kind_of(item));
                    self.faults.note(Code::WrongType, here(), detail);
                }
                Some(level) if !(level > 0.0 && level < 1.0) => {
                    let detail = format!("a quantile must lie strictly between 0 and 1, not {level}");
                    self.faults.note(Code::OutOfRange, here(), detail);
                }
                Some(level) if levels.contains(&level) => {
                    let detail = format!("the quantile {level} is listed twice");
                    self.faults.note(Code::OutOfRange, here(), detail);
                }
                Some(level) => levels.push(level),
            }
        }
        if self.faults.len() > before {
            return None;
        }
        QuantileLevels::new(levels)
            .map_err(|error| self.faults.note(Code::OutOfRange, "/quantiles", error.to_string()))
            .ok()
    }

    fn rows(&mut self, field: &str, value: Option<Value>) -> Vec<Row> {
        let items = match value {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(other) => {
                let detail = format!("`{field}` must be a list of rows, not {}", kind_of(&other));
                self.faults.note(Code::WrongType, format!("/{field}"), detail);
                return Vec::new();
            }
        };
        if has_too_many_columns(&items) {
            let detail = format!(
                "`{field}` has more than {MOST_COLUMNS} different columns; leave out what the model does not use"
            );
            self.faults.note(Code::OutOfRange, format!("/{field}"), detail);
            return Vec::new();
        }
        items.into_iter().enumerate().map(|(position, item)| self.row(field, position, item)).collect()
    }

    fn row(&mut self, field: &str, position: usize, item: Value) -> Row {
        let here = format!("/{field}/{position}");
        let Value::Object(cells) = item else {
            let detail = format!("a row must be an object of columns and values, not {}", kind_of(&item));
            self.faults.note(Code::WrongType, here, detail);
            return Row::new();
        };
        let mut row = Row::new();
        for (column, value) in cells {
            let kind = kind_of(&value);
            match cell_of(value) {
                Some(cell) => {
                    row.insert(column, cell);
                }
                None => {
                    let detail = format!("`{column}` must be text, a number, a boolean or null, not {kind}");
                    self.faults.note(Code::WrongType, format!("{here}{}", pointer(&[&column])), detail);
                }
            }
        }
        row
    }

    /// What `series` could look like for this model.
    fn example(&self) -> String {
        let parts: Vec<String> =
            self.shape.key_names.iter().map(|name| format!("\"{name}\":\"…\"")).collect();
        format!("[{{{}}}]", parts.join(","))
    }
}

/// Whether rows have more different columns than a table may have.
fn has_too_many_columns(rows: &[Value]) -> bool {
    let mut columns = HashSet::new();
    rows.iter().filter_map(Value::as_object).any(|row| {
        columns.extend(row.keys().map(String::as_str));
        columns.len() > MOST_COLUMNS
    })
}

/// A JSON pointer of names (RFC 6901).
fn pointer(names: &[&str]) -> String {
    names.iter().map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(body: &str) -> Result<Ask, Problem> {
        let key_names = ["store".to_owned(), "item".to_owned()];
        let limits = Limits { max_body_bytes: 1_000, max_series: 3, max_history_rows: 2 };
        read(body.as_bytes(), &Shape { key_names: &key_names, limits })
    }

    fn faults(body: &str) -> String {
        let problem = ask(body).unwrap_err();
        let lines: Vec<String> = problem
            .errors
            .iter()
            .map(|fault| {
                format!("{} {}: {}", fault.code, fault.pointer.as_deref().unwrap_or("-"), fault.detail)
            })
            .collect();
        format!("{}\n{}", problem.code.name(), lines.join("\n"))
    }

    #[test]
    fn a_whole_request_is_read() {
        let ask = ask(r#"{"series":[{"item":7,"store":"1"}],"horizon":28.0,"quantiles":[0.9,0.1],
            "future":[{"store":1,"item":"7","date":"2026-01-01","price":9.5,"promotion":true,"holiday":null}]}"#)
        .unwrap();
        assert_eq!(ask.series, [SeriesKey::new(["1", "7"])]);
        assert_eq!(ask.horizon.map(Horizon::steps), Some(28));
        assert_eq!(ask.quantiles.unwrap().as_slice(), [0.1, 0.9]);
        assert_eq!(ask.future[0].len(), 6);
        assert!(ask.history.is_empty());
    }

    #[test]
    fn null_is_as_good_as_absent() {
        let ask = ask(r#"{"series":[{"store":"1","item":"7"}],"horizon":null,"future":null}"#).unwrap();
        assert_eq!((ask.horizon, ask.quantiles, ask.future.len()), (None, None, 0));
    }

    #[test]
    fn all_faults_are_found_at_once() {
        insta::assert_snapshot!(faults(
            r#"{"serie":[],"series":[{"store":"1"},{"store":true,"item":"7","x/y":1},3],"horizon":0,
                "quantiles":[0.5,"a",1.0,0.5],"future":{},"history":[1,{"date":[1]},{}]}"#
        ));
    }

    #[test]
    fn wrong_kinds_of_horizon_and_series_are_told_apart() {
        let key = r#"{"store":"1","item":"7"}"#;
        let all = [
            "[]".to_owned(),
            "{}".to_owned(),
            r#"{"series":{}}"#.to_owned(),
            r#"{"series":[]}"#.to_owned(),
            format!(r#"{{"series":[{key},{key}]}}"#),
            format!(r#"{{"series":[{key},{key},{key},{key}]}}"#),
            format!(r#"{{"series":[{key}],"horizon":"28"}}"#),
            format!(r#"{{"series":[{key}],"horizon":2.5}}"#),
            format!(r#"{{"series":[{key}],"horizon":1e300}}"#),
            format!(r#"{{"series":[{key}],"quantiles":0.5}}"#),
        ]
        .map(|body| faults(&body));
        insta::assert_snapshot!(all.join("\n\n"));
    }

    #[test]
    fn long_lists_are_refused_before_they_are_read() {
        let key = r#"{"store":"1","item":"7"}"#;
        let quantiles: Vec<String> = (1..=100).map(|level| format!("0.{level:03}")).collect();
        let columns: Vec<String> = (0..=1_000).map(|column| format!("\"c{column}\":1")).collect();
        let all = [
            format!(r#"{{"series":[{key}],"quantiles":[{}]}}"#, quantiles.join(",")),
            format!(r#"{{"series":[{key}],"future":[{{{}}}]}}"#, columns.join(",")),
        ]
        .map(|body| faults(&body));
        insta::assert_snapshot!(all.join("\n\n"), @"
        out_of_range
        out_of_range /quantiles: 100 quantiles are more than 99; ask for fewer

        out_of_range
        out_of_range /future: `future` has more than 1000 different columns; leave out what the model does not use
        ");
    }

    #[test]
    fn what_is_not_json_is_located() {
        let detail = |body: &str| ask(body).unwrap_err().detail;
        assert!(detail("{\n  \"series\": [,]\n}").ends_with("at line 2 column 14"));
        assert!(detail("").contains("empty"));
        let deep = "[".repeat(100_000);
        assert!(detail(&deep).contains("recursion limit"));
    }
}
