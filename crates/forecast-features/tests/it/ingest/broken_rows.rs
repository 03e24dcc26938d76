//! Rows in memory: the same checks, places given by index.

use std::sync::Arc;

use forecast_core::{ColumnKind, Frequency, Horizon, SeriesKey};
use forecast_features::ingest::{
    FutureRequest, IngestError, KnownColumns, ProblemCode, Row, RowsRequest, SeriesNext, TableSpec,
    from_rows, future_from_rows,
};

use super::support::{levels, setup, target};

fn rows(json: &str) -> Vec<Row> {
    serde_json::from_str(json).unwrap()
}

fn codes(error: &IngestError) -> Vec<ProblemCode> {
    error.problems().iter().map(|problem| problem.code).collect()
}

fn read(
    history: &[Row],
    future: &[Row],
    spec: &TableSpec,
) -> Result<forecast_features::ingest::Ingested, IngestError> {
    let options = setup().options;
    from_rows(&RowsRequest { history, future, spec, options: &options, known: None })
}

const HISTORY: &str = r#"[
    {"date": "2024-01-01", "store": 7, "sales": 1, "promo": "none"},
    {"date": "2024-01-02", "store": "7", "sales": 2.5, "promo": "gift"},
    {"date": "2024-01-03", "store": 7, "sales": null, "promo": null}
]"#;

#[test]
fn rows_make_the_panel_that_a_file_would() {
    let spec = setup().covariates(&["promo"]).spec;
    let future = rows(
        r#"[{"date": "2024-01-04", "store": 7, "promo": "gift"}, {"date": "2024-01-05", "store": 7, "promo": "none"}]"#,
    );
    let ingested = read(&rows(HISTORY), &future, &spec).unwrap();
    assert_eq!(target(&ingested.panel, &["7"])[..2], [1.0, 2.5]);
    let promo = &ingested.panel.covariates()[0];
    assert_eq!(levels(&promo.kind), ["gift", "none"]);
    assert_eq!(promo.values[3..], [0.0, 1.0]);
    assert_eq!(ingested.source.digest.len(), 32);
}

#[test]
fn every_broken_row_is_named_by_its_index() {
    let spec = setup().covariates(&["promo"]).spec;
    let history = rows(
        r#"[
        {"date": "2024-01-01", "store": "a", "sales": 1, "promo": 1, "pormo": 1},
        {"date": "01/02/2024", "store": "a", "sales": "many", "promo": 2},
        {"date": "2024-01-03", "sales": 3, "promo": "three"},
        {"date": true, "store": "a", "sales": 3, "promo": 3},
        {"date": "2024-01-05", "store": "a", "sales": 5, "promo": 5}
    ]"#,
    );
    let error = read(&history, &[], &spec).unwrap_err();
    insta::assert_snapshot!("broken_rows", error);
}

#[test]
fn no_rows_at_all_are_a_problem_and_not_a_panic() {
    assert_eq!(codes(&read(&[], &[], &setup().spec).unwrap_err()), [ProblemCode::NoRows]);
    let empty = vec![Row::new(), Row::new()];
    let error = read(&empty, &empty, &setup().spec).unwrap_err();
    assert!(codes(&error).contains(&ProblemCode::MissingColumn), "{error}");
}

fn known() -> KnownColumns {
    let levels: Arc<[String]> = vec!["gift".to_owned(), "none".to_owned()].into();
    KnownColumns::new(vec![
        ("promo".to_owned(), ColumnKind::Categorical { levels }),
        ("price".to_owned(), ColumnKind::Numeric),
    ])
}

#[test]
fn rows_are_read_onto_the_levels_of_a_model() {
    let spec = setup().covariates(&["promo"]).spec;
    let mut history = rows(HISTORY);
    history[0].insert("promo".to_owned(), serde_json::from_str(r#""raffle""#).unwrap());
    let (options, known) = (setup().options, known());
    let request =
        RowsRequest { history: &history, future: &[], spec: &spec, options: &options, known: Some(&known) };
    let ingested = from_rows(&request).unwrap();
    let promo = &ingested.panel.covariates()[0];
    assert_eq!(levels(&promo.kind), ["gift", "none"]);
    assert!(promo.values[0].is_nan() && promo.values[1] == 0.0);
    let unseen =
        ingested.quality.findings.iter().find(|finding| finding.code == ProblemCode::UnseenLevel).unwrap();
    assert_eq!((unseen.example.index, unseen.example.value.as_deref()), (Some(0), Some("raffle")));
    assert_eq!(KnownColumns::of(&ingested.panel).kind("promo"), Some(&promo.kind));
}

fn future(json: &str) -> Result<forecast_features::ingest::FutureValues, IngestError> {
    let spec = setup().covariates(&["promo", "price"]).spec;
    let next = Frequency::Daily.period("2024-01-04T00:00:00".parse().unwrap()).unwrap();
    let series = ["a", "b"].map(|store| SeriesNext { key: SeriesKey::new([store]), next });
    future_from_rows(&FutureRequest {
        rows: &rows(json),
        spec: &spec,
        known: &known(),
        frequency: Frequency::Daily,
        horizon: Horizon::new(2).unwrap(),
        series: &series,
    })
}

#[test]
fn future_rows_of_a_request_come_back_series_by_series() {
    let values = future(
        r#"[
        {"date": "2024-01-05", "store": "b", "promo": "none", "price": 4},
        {"date": "2024-01-04", "store": "b", "promo": "gift", "price": 3},
        {"date": "2024-01-04", "store": "a", "promo": "raffle", "price": 1},
        {"date": "2024-01-05", "store": "a", "promo": null, "price": "2"},
        {"date": "2024-01-03", "store": "a", "promo": "none", "price": 9},
        {"date": "2024-02-03", "store": "a", "promo": "none", "price": 9}
    ]"#,
    )
    .unwrap();
    assert_eq!(values.columns[1], [1.0, 2.0, 3.0, 4.0]);
    assert!(values.columns[0][..2].iter().all(|code| code.is_nan()));
    assert_eq!(values.columns[0][2..], [0.0, 1.0]);
    let codes: Vec<ProblemCode> = values.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(
        codes,
        [ProblemCode::UnseenLevel, ProblemCode::FutureOverlap, ProblemCode::FutureBeyondHorizon]
    );
}

#[test]
fn what_a_request_lacks_is_named_by_series_date_and_column() {
    let error = future(
        r#"[
        {"date": "2024-01-04", "store": "a", "promo": "gift", "price": null},
        {"date": "2024-01-05", "store": "a", "promo": "gift", "price": "cheap"},
        {"date": "2024-01-05", "store": "b", "promo": "gift", "price": 3},
        {"date": "2024-01-05", "store": "z", "promo": "gift", "price": 3}
    ]"#,
    )
    .unwrap_err();
    insta::assert_snapshot!("broken_future_rows", error);
    assert!(future("[]").unwrap_err().to_string().contains("future_row_missing (4 times)"));
}
