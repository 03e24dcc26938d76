//! Numbers or categories? Decides what the texts of a column are.
//!
//! The decision looks at all rows, never at their order: numbers when every text is one, categories
//! when most are not. In between, the few that are not numbers are taken for mistakes, because a
//! price column must not turn into categories for one stray letter.

use forecast_core::ColumnKind;

use crate::ingest::dictionary::Dictionary;
use crate::ingest::numbers::{NumberText, parse_number};
use crate::ingest::options::DecimalMark;

/// What is known beforehand about a column.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expect<'a> {
    /// Nothing.
    Anything,
    /// The user says that it holds categories.
    Categories,
    /// A model was trained on it.
    Kind(&'a ColumnKind),
}

/// What the texts of a column are.
#[derive(Debug, PartialEq)]
pub(crate) enum Inferred {
    /// Numbers by code; NaN for words that mean "missing" and for what is listed as bad.
    Numbers {
        values: Vec<f64>,
        bad: Vec<u32>,
    },
    Categories,
}

/// Decides for texts that occur `weights[code]` times each.
pub(crate) fn infer(dictionary: &Dictionary, weights: &[u64], decimal: DecimalMark) -> Inferred {
    if let Some(values) = as_booleans(dictionary) {
        return Inferred::Numbers { values, bad: Vec::new() };
    }
    let inferred = as_numbers(dictionary, decimal);
    let Inferred::Numbers { values, bad } = &inferred else { return inferred };
    let weight = |code: usize| weights.get(code).copied().unwrap_or(0);
    let rows_of_words: u64 = bad.iter().map(|&code| weight(code as usize)).sum();
    let numbers = values.iter().enumerate().filter(|(_, value)| !value.is_nan());
    let rows_of_numbers: u64 = numbers.map(|(code, _)| weight(code)).sum();
    if bad.is_empty() || rows_of_numbers > rows_of_words { inferred } else { Inferred::Categories }
}

/// Every text as a number, whatever the majority.
pub(crate) fn as_numbers(dictionary: &Dictionary, decimal: DecimalMark) -> Inferred {
    let mut bad = Vec::new();
    let values =
        dictionary.texts().iter().enumerate().map(|(code, text)| match parse_number(text, decimal) {
            NumberText::Number(number) => number,
            NumberText::Missing => f64::NAN,
            NumberText::Bad => {
                bad.push(code as u32);
                f64::NAN
            }
        });
    let values = values.collect();
    Inferred::Numbers { values, bad }
}

/// 1 and 0 when all texts are `true` or `false`: what a Parquet file would hold as booleans.
fn as_booleans(dictionary: &Dictionary) -> Option<Vec<f64>> {
    if dictionary.len() == 0 {
        return None;
    }
    let boolean = |text: &str| {
        let is = |word| text.eq_ignore_ascii_case(word);
        if is("true") {
            Some(1.0)
        } else if is("false") {
            Some(0.0)
        } else {
            None
        }
    };
    dictionary.texts().iter().map(|text| boolean(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Inferred {
        let mut dictionary = Dictionary::default();
        let mut weights = vec![0; texts.len()];
        for text in texts {
            weights[dictionary.code(text) as usize] += 1;
        }
        infer(&dictionary, &weights, DecimalMark::Point)
    }

    #[test]
    fn the_majority_of_rows_decides() {
        assert!(matches!(of(&["1", "2", "2.5"]), Inferred::Numbers { bad, .. } if bad.is_empty()));
        assert!(matches!(of(&["1", "2", "2,5"]), Inferred::Numbers { bad, .. } if bad == [2]));
        assert_eq!(of(&["S", "M", "38"]), Inferred::Categories);
        assert!(matches!(of(&["True", "false"]), Inferred::Numbers { values, .. } if values == [1.0, 0.0]));
        assert!(matches!(of(&[]), Inferred::Numbers { .. }));
    }
}
