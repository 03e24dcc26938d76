//! Whatever bytes a file holds, the answer is a panel or an error.

use arrow_array::{Date32Array, Int64Array, StringArray};
use forecast_features::ingest::IngestError;
use proptest::prelude::*;

use super::support::{Setup, Tables, setup, shared};

fn full_setup() -> Setup {
    setup().covariates(&["promo"])
}

fn parquet_bytes() -> Vec<u8> {
    let rows = 400;
    let tables = Tables::new().with_parquet(
        "t.parquet",
        vec![
            ("date", shared(Date32Array::from_iter_values((0..rows).map(|row| 19_000 + row)))),
            ("store", shared(StringArray::from_iter_values((0..rows).map(|_| "a")))),
            ("sales", shared(Int64Array::from_iter_values((0..rows).map(i64::from)))),
            ("promo", shared(StringArray::from_iter((0..rows).map(|row| (row % 3 > 0).then_some("gift"))))),
        ],
    );
    std::fs::read(tables.path("t.parquet")).unwrap()
}

fn is_an_answer(outcome: &Result<forecast_features::ingest::Ingested, IngestError>) -> bool {
    match outcome {
        Ok(ingested) => ingested.panel.rows() > 0,
        Err(IngestError::Problems(problems)) => !problems.is_empty(),
        Err(_) => false,
    }
}

/// Pieces of tables that are likely to lead a reader astray.
fn piece() -> impl Strategy<Value = String> {
    let words = [
        "date",
        "store",
        "sales",
        "promo",
        "2024-01-01",
        "2024-01-02",
        "2024-01-03",
        "0202-01-01",
        "9999-12-31",
        "a",
        "b",
        "1",
        "-2",
        "1e400",
        "nan",
        "inf",
        "1,5",
        "gift",
        "\"",
        "\"\"",
        "\u{feff}",
        "é",
        "\0",
        " ",
    ];
    let breaks = [",", ",", ",", "\n", "\n", "\r", "\r\n", ";", "\t"];
    (prop::sample::select(words.to_vec()), prop::sample::select(breaks.to_vec()))
        .prop_map(|(word, end)| format!("{word}{end}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_is_answered(pieces in prop::collection::vec(piece(), 0..80), headed in any::<bool>()) {
        let head = if headed { "date,store,sales,promo\n" } else { "" };
        let outcome = Tables::of(&format!("{head}{}", pieces.concat())).read(&["sales.csv"], &full_setup());
        prop_assert!(is_an_answer(&outcome), "{outcome:?}");
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let outcome = Tables::new().with("sales.csv", bytes).read(&["sales.csv"], &full_setup());
        prop_assert!(is_an_answer(&outcome), "{outcome:?}");
    }

    #[test]
    fn a_damaged_parquet_file_is_answered(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in prop::option::of(any::<prop::sample::Index>())) {
        let mut bytes = parquet_bytes();
        for (position, value) in changes {
            *position.get_mut(&mut bytes) = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let outcome = Tables::new().with("t.parquet", bytes).read(&["t.parquet"], &full_setup());
        prop_assert!(is_an_answer(&outcome), "{outcome:?}");
    }
}
