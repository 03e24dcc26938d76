//! Arrow arrays of any sensible type, pushed into the collector's columns.

use arrow_array::cast::AsArray;
use arrow_array::timezone::Tz;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, DictionaryArray, StringArray};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{ArrowError, DataType, TimeUnit};
use chrono::{DateTime, Offset, TimeZone};
use hashbrown::HashMap;

use super::collect::{Collector, Role};
use super::column::FlagColumn;
use super::dictionary::MISSING;
use super::numbers::number_text;
use super::times::compact_date;

/// Whether a column of type `kind` can play `role`.
pub(crate) fn accepts(role: Role, kind: &DataType) -> bool {
    let kind = match kind {
        DataType::Dictionary(_, value) => value,
        other => other,
    };
    let text = matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let time = match kind {
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(_, None) => true,
        DataType::Timestamp(_, Some(zone)) => zone.parse::<Tz>().is_ok(),
        _ => false,
    };
    let number = kind.is_numeric() || *kind == DataType::Boolean;
    let nothing = *kind == DataType::Null;
    match role {
        Role::Key(_) => text || number || time || nothing,
        Role::Time => text || time || kind.is_integer() || nothing,
        Role::Target | Role::Available | Role::Static(_) | Role::Covariate(_) => text || number || nothing,
    }
}

/// Appends all rows of `array`, whose type [`accepts`] has let pass.
pub(crate) fn push_array(collector: &mut Collector<'_>, role: Role, array: &ArrayRef) {
    let pushed = match array.data_type() {
        DataType::Null => {
            push_nulls(collector, role, array.len());
            Ok(())
        }
        DataType::Dictionary(..) | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            push_texts(collector, role, array)
        }
        _ if role == Role::Time => push_times(collector, array),
        _ if matches!(role, Role::Key(_)) => push_keys(collector, role, array),
        _ => push_numbers(collector, role, array),
    };
    if pushed.is_err() {
        // Arrow can cast every type that `accepts` lets pass; keep the columns equally long anyway.
        push_nulls(collector, role, array.len());
    }
}

fn push_nulls(collector: &mut Collector<'_>, role: Role, rows: usize) {
    for _ in 0..rows {
        collector.push_text(role, "");
    }
}

fn cast(array: &dyn Array, to: &DataType) -> Result<ArrayRef, ArrowError> {
    cast_with_options(array, to, &CastOptions { safe: true, ..CastOptions::default() })
}

/// Text: every distinct value of the batch is looked up once.
fn push_texts(collector: &mut Collector<'_>, role: Role, array: &ArrayRef) -> Result<(), ArrowError> {
    let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let plain = if array.data_type() == &kind { array.clone() } else { cast(array, &kind)? };
    let dictionary: &DictionaryArray<Int32Type> = plain.as_dictionary();
    let texts: &StringArray = dictionary.values().as_string();
    let text = |position: usize| if texts.is_null(position) { "" } else { texts.value(position).trim() };
    let positions = || dictionary.keys().iter().map(|key| key.and_then(|key| usize::try_from(key).ok()));
    let Collector { keys, time, statics, covariates, reporter, .. } = collector;
    match role {
        Role::Key(column) => {
            let codes: Vec<u32> =
                (0..texts.len()).map(|position| keys.code(column, text(position))).collect();
            for position in positions() {
                let code = position.map_or(MISSING, |position| codes[position]);
                keys.push_code(column, code, reporter);
            }
        }
        Role::Time => {
            let meanings: Vec<u32> = (0..texts.len()).map(|position| time.meaning(text(position))).collect();
            for position in positions() {
                let meaning = position.map_or(MISSING, |position| meanings[position]);
                time.push_meaning(meaning, position.map_or("", text), reporter);
            }
        }
        Role::Static(column) => {
            let column = &mut statics[column];
            let codes: Vec<u32> =
                (0..texts.len()).map(|position| column.typed_code(text(position))).collect();
            for position in positions() {
                column.push_code(position.map_or(MISSING, |position| codes[position]));
            }
        }
        Role::Covariate(column) => {
            let column = &mut covariates[column];
            let codes: Vec<Option<u32>> =
                (0..texts.len()).map(|position| column.typed_code(text(position))).collect();
            for position in positions() {
                match position {
                    Some(position) => column.push_code(codes[position], reporter),
                    None => column.push_missing(1),
                }
            }
        }
        Role::Target | Role::Available => {
            for position in positions() {
                collector.push_text(role, position.map_or("", text));
            }
        }
    }
    Ok(())
}

/// Keys that are not text: written the way they would stand in a CSV file.
fn push_keys(collector: &mut Collector<'_>, role: Role, array: &ArrayRef) -> Result<(), ArrowError> {
    if array.data_type().is_floating() {
        let numbers = cast(array, &DataType::Float64)?;
        for number in numbers.as_primitive::<Float64Type>() {
            let text = number.filter(|number| !number.is_nan()).map(number_text).unwrap_or_default();
            collector.push_text(role, &text);
        }
        return Ok(());
    }
    let texts = cast(array, &DataType::Utf8)?;
    for text in texts.as_string::<i32>() {
        collector.push_text(role, text.unwrap_or_default());
    }
    Ok(())
}

fn push_numbers(collector: &mut Collector<'_>, role: Role, array: &ArrayRef) -> Result<(), ArrowError> {
    let numbers = cast(array, &DataType::Float64)?;
    let numbers = numbers.as_primitive::<Float64Type>().iter();
    let Collector { target, available, statics, covariates, reporter, .. } = collector;
    match role {
        Role::Target => numbers.for_each(|number| target.push_number(number, reporter)),
        Role::Available => {
            let mut unused = FlagColumn::default();
            let flags = available.as_mut().unwrap_or(&mut unused);
            numbers.for_each(|number| flags.push_number(number, reporter));
        }
        Role::Static(column) => numbers.for_each(|number| statics[column].push_number(number)),
        Role::Covariate(column) => {
            numbers.for_each(|number| covariates[column].push_number(number, reporter));
        }
        Role::Key(_) | Role::Time => {}
    }
    Ok(())
}

fn push_times(collector: &mut Collector<'_>, array: &ArrayRef) -> Result<(), ArrowError> {
    let Collector { time, reporter, .. } = collector;
    if array.data_type().is_integer() {
        let numbers = cast(array, &DataType::Int64)?;
        for number in numbers.as_primitive::<Int64Type>() {
            match number.map(|number| (number, compact_date(number))) {
                Some((number, None)) => time.push_bad(&number.to_string(), reporter),
                Some((_, micros)) => time.push_micros(micros, reporter),
                None => time.push_micros(None, reporter),
            }
        }
        return Ok(());
    }
    let zone = match array.data_type() {
        DataType::Timestamp(_, Some(zone)) => Some(zone.parse::<Tz>()?),
        _ => None,
    };
    let kind = DataType::Timestamp(TimeUnit::Microsecond, None);
    let instants = match zone {
        // The instants themselves: the cast must not shift them.
        Some(_) => cast(array, &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))?,
        None => cast(array, &kind)?,
    };
    let mut local_times = HashMap::new();
    for micros in instants.as_primitive::<TimestampMicrosecondType>() {
        let local = match zone {
            Some(zone) => {
                micros.map(|micros| *local_times.entry(micros).or_insert_with(|| wall_clock(micros, zone)))
            }
            None => micros,
        };
        time.push_micros(local, reporter);
    }
    Ok(())
}

/// What the clocks of `zone` show at an instant, in microseconds.
fn wall_clock(micros: i64, zone: Tz) -> i64 {
    let Some(instant) = DateTime::from_timestamp_micros(micros) else { return micros };
    let offset = zone.offset_from_utc_datetime(&instant.naive_utc()).fix();
    micros + i64::from(offset.local_minus_utc()) * 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_take_the_types_that_make_sense() {
        let paris = DataType::Timestamp(TimeUnit::Nanosecond, Some("Europe/Paris".into()));
        let nowhere = DataType::Timestamp(TimeUnit::Nanosecond, Some("Europe/Atlantis".into()));
        assert!(accepts(Role::Time, &paris) && !accepts(Role::Time, &nowhere));
        assert!(accepts(Role::Target, &DataType::Decimal128(10, 2)));
        assert!(!accepts(Role::Covariate(0), &DataType::Date32));
        assert!(!accepts(Role::Time, &DataType::Float64));
    }

    #[test]
    fn zoned_instants_become_wall_clock_time() {
        let zone: Tz = "Europe/Paris".parse().unwrap();
        // 2024-06-30T22:00Z is midnight in Paris.
        let micros = 1_719_784_800_000_000;
        assert_eq!(wall_clock(micros, zone), micros + 2 * 3_600_000_000);
    }
}
