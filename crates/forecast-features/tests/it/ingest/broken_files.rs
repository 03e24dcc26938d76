//! Every kind of broken file that we know, with the message that its owner gets.
//!
//! The messages are one snapshot, to be read from top to bottom as a user would.

use arrow_array::{Date32Array, Float64Array, Int64Array, StringArray};
use forecast_core::{Frequency, Horizon};
use forecast_features::ingest::{IngestError, Negatives, ProblemCode, catalogue_markdown};
use forecast_testkit::docs::check_section;

use super::support::{GOOD, Setup, Tables, setup, shared};

/// A broken table, how it is read, and the problems that must be found, no more and no fewer.
struct Case {
    name: &'static str,
    tables: Tables,
    files: Vec<&'static str>,
    setup: Setup,
    expected: Vec<ProblemCode>,
}

fn case(name: &'static str, text: &str, expected: &[ProblemCode]) -> Case {
    let tables = Tables::of(text);
    Case { name, tables, files: vec!["sales.csv"], setup: setup(), expected: expected.to_vec() }
}

impl Case {
    fn with(mut self, setup: Setup) -> Self {
        self.setup = setup;
        self
    }

    fn tables(mut self, files: &[&'static str], tables: Tables) -> Self {
        self.files = files.to_vec();
        self.tables = tables;
        self
    }
}

/// `GOOD` with one of its lines replaced; lines count from 1, the header being the first.
fn replaced(line: usize, text: &str) -> String {
    let mut lines: Vec<&str> = GOOD.lines().collect();
    lines[line - 1] = text;
    lines.join("\n")
}

fn file_cases() -> Vec<Case> {
    use ProblemCode::{
        DuplicateColumn, EmptyFile, InvalidUtf8, MissingColumn, MixedTypes, NoRows, RaggedRow,
        UnreadableFile, UnsupportedType,
    };
    let gzip = {
        let long: String = std::iter::once("date,store,sales\n".to_owned())
            .chain((0..900).map(|day| day_row(day, "a")))
            .collect();
        let whole = Tables::new().with_gzip("sales.csv.gz", &[&long]);
        let bytes = std::fs::read(whole.path("sales.csv.gz")).unwrap();
        Tables::new().with("sales.csv.gz", &bytes[..bytes.len() / 2])
    };
    let dates = || shared(Date32Array::from(vec![19_723, 19_724, 19_725]));
    let stores = || shared(StringArray::from(vec!["a", "a", "a"]));
    vec![
        case("an empty file", "", &[EmptyFile]),
        case("a header and nothing else", "date,store,sales\n", &[NoRows]),
        case("a column is missing", &GOOD.replace("sales", "Sale"), &[MissingColumn]),
        case("several columns are missing", "when,shop,units\n2024-01-01,a,1\n", &[MissingColumn; 3]),
        case("a column appears twice", "date,store,sales,sales\n2024-01-01,a,1,1\n", &[DuplicateColumn]),
        case("text in Latin-1", "", &[InvalidUtf8]).tables(
            &["sales.csv"],
            Tables::new().with("sales.csv", [GOOD.as_bytes(), b"2024-01-06,Caf\xe9,7\n"].concat()),
        ),
        case("text in UTF-16", "", &[UnreadableFile])
            .tables(&["sales.csv"], Tables::new().with("sales.csv", b"\xff\xfed\0a\0t\0e\0")),
        case("a binary file", "", &[UnreadableFile])
            .tables(&["sales.csv"], Tables::new().with("sales.csv", b"\x00\x01\x02\x03\n")),
        case("too few fields", &replaced(4, "2024-01-03,a"), &[RaggedRow]),
        case("a decimal comma between commas", &replaced(4, "2024-01-03,a,3,5"), &[RaggedRow]),
        case("a quote that does not close", &replaced(3, "2024-01-02,\"a,2"), &[RaggedRow]),
        case("half a gzip file", "", &[UnreadableFile]).tables(&["sales.csv.gz"], gzip),
        case("a Parquet file that is none", "", &[UnreadableFile])
            .tables(&["sales.parquet"], Tables::new().with("sales.parquet", "PAR1 and so on")),
        case("a Parquet file cut off", "", &[UnreadableFile])
            .tables(&["sales.parquet"], Tables::new().with("sales.parquet", b"PAR1\x15\x04")),
        case("a Parquet column of the wrong type", "", &[UnsupportedType]).tables(
            &["sales.parquet"],
            Tables::new().with_parquet(
                "sales.parquet",
                vec![("date", dates()), ("store", stores()), ("sales", dates())],
            ),
        ),
        case("numbers in one file, text in another", "", &[MixedTypes])
            .tables(
                &["a.parquet", "b.parquet"],
                Tables::new()
                    .with_parquet(
                        "a.parquet",
                        vec![
                            ("date", dates()),
                            ("store", stores()),
                            ("sales", shared(Int64Array::from(vec![1, 2, 3]))),
                            ("price", shared(Float64Array::from(vec![1.0, 2.0, 3.0]))),
                        ],
                    )
                    .with_parquet(
                        "b.parquet",
                        vec![
                            ("date", dates()),
                            ("store", shared(StringArray::from(vec!["b", "b", "b"]))),
                            ("sales", shared(Int64Array::from(vec![1, 2, 3]))),
                            ("price", shared(StringArray::from(vec!["1", "2", "3"]))),
                        ],
                    ),
            )
            .with(setup().covariates(&["price"])),
    ]
}

fn value_cases() -> Vec<Case> {
    use ProblemCode::{
        AmbiguousTime, BadFlag, BadNumber, BadTime, ImplausibleTime, InfiniteValue, MissingKey, MissingTime,
        NegativeTarget, StaticChanges,
    };
    vec![
        case("a number with a unit", &replaced(4, "2024-01-03,a,3 pcs"), &[BadNumber]),
        case(
            "decimal commas without saying so",
            &GOOD.replace(',', ";").replace(";4\n", ";4,5\n").replace(";5\n", ";5,5\n"),
            &[BadNumber],
        ),
        case("a date that does not exist", &replaced(4, "2024-02-30,a,3"), &[BadTime]),
        case(
            "dates that may be read two ways",
            "date,store,sales\n01/02/2024,a,1\n02/02/2024,a,2\n",
            &[AmbiguousTime],
        ),
        case("a date in another format than given", &replaced(4, "03.01.2024,a,3"), &[BadTime])
            .with(setup().spec(|spec| spec.time_format = Some("%Y-%m-%d".into()))),
        case("no date", &replaced(4, ",a,3"), &[MissingTime]),
        case("no key", &replaced(4, "2024-01-03, ,3"), &[MissingKey]),
        case("a year mistyped", &replaced(4, "0202-01-03,a,3"), &[ImplausibleTime]),
        case("an infinite target", &replaced(4, "2024-01-03,a,inf"), &[InfiniteValue]),
        case("a number beyond 32 bits", &replaced(4, "2024-01-03,a,1e39"), &[InfiniteValue]),
        case("a negative target where none may be", &replaced(4, "2024-01-03,a,-3"), &[NegativeTarget])
            .with(setup().options(|options| options.negatives = Negatives::Error)),
        case(
            "a letter in a price",
            "date,store,sales,price\n2024-01-01,a,1,9.5\n2024-01-02,a,2,9.5\n2024-01-03,a,3,9.S\n",
            &[BadNumber],
        )
        .with(setup().covariates(&["price"])),
        case(
            "a flag that is neither yes nor no",
            "date,store,sales,stock\n2024-01-01,a,1,1\n2024-01-02,a,2,maybe\n2024-01-03,a,3,0\n",
            &[BadFlag],
        )
        .with(setup().spec(|spec| spec.available = Some("stock".into()))),
        case(
            "a static column that changes",
            "date,store,sales,region\n2024-01-01,a,1,north\n2024-01-02,a,2,north\n2024-01-03,a,3,south\n",
            &[StaticChanges],
        )
        .with(setup().statics(&["region"])),
    ]
}

fn series_cases() -> Vec<Case> {
    use ProblemCode::{
        DuplicateRows, FrequencyUnclear, HistoryTooShort, MixedFrequency, OffGrid, TooManyRows,
    };
    let weekly: String = (0..30).map(|week| day_row(week * 7, "a")).collect();
    let mixed: String =
        (0..90).map(|day| day_row(day, "a")).chain((0..13).map(|week| day_row(week * 7, "b"))).collect();
    vec![
        case("two rows for one day", &format!("{GOOD}2024-01-02,a,9\n2024-01-04,a,9\n"), &[DuplicateRows]),
        case("only two dates", "date,store,sales\n2024-01-01,a,1\n2024-01-02,a,2\n", &[FrequencyUnclear]),
        case(
            "times off the hour",
            "date,store,sales\n2024-01-01T08:10,a,1\n2024-01-01T09:20,a,2\n2024-01-01T10:30,a,3\n",
            &[FrequencyUnclear],
        ),
        case(
            "days written as eight in the morning",
            "date,store,sales\n2024-01-01T08:00,a,1\n2024-01-02T08:00,a,2\n2024-01-03T08:00,a,3\n",
            &[FrequencyUnclear],
        ),
        case("one row off a weekly grid", &format!("date,store,sales\n{weekly}2024-01-03,a,7\n"), &[OffGrid]),
        case("another frequency than given", GOOD, &[OffGrid])
            .with(setup().options(|options| options.frequency = Some(Frequency::MonthStart))),
        case("weekly rows among daily ones", &format!("date,store,sales\n{mixed}"), &[MixedFrequency]),
        case("too little history", GOOD, &[HistoryTooShort])
            .with(setup().options(|options| options.horizon = Horizon::new(28).unwrap())),
        case(
            "a gap too wide to fill",
            "date,store,sales\n2018-01-01,a,1\n2024-01-02,a,1\n2024-01-03,a,1\n",
            &[TooManyRows],
        )
        .with(setup().options(|options| options.max_panel_rows = 1000)),
        case(
            "everything at once",
            "date,store,sales\n2024-01-01,a,x\n2024-01-02,a,2\n2024-01-02,a,3\n2024-99-03,a,4\n,a,5\n2024-01-05,,6\n2024-01-06,a\n2024-01-07,a,inf\n2024-01-08,a,8\n",
            &[
                ProblemCode::RaggedRow,
                ProblemCode::MissingKey,
                ProblemCode::MissingTime,
                ProblemCode::BadTime,
                ProblemCode::BadNumber,
                ProblemCode::InfiniteValue,
                DuplicateRows,
            ],
        ),
    ]
}

/// A CSV row `days` after Monday, 2024-01-01.
fn day_row(days: u64, store: &str) -> String {
    let date = chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + chrono::Days::new(days);
    format!("{date},{store},{}\n", days % 5)
}

fn future_cases() -> Vec<Case> {
    use ProblemCode::{
        FutureConflict, FutureDuplicateRows, FutureRowMissing, FutureStartsLate, FutureStopsEarly,
        FutureUnknownSeries, FutureValueMissing, MissingColumn, OffGrid,
    };
    let history = "date,store,sales,price\n2024-01-01,a,1,9\n2024-01-02,a,2,9\n2024-01-03,a,3,9\n2024-01-01,b,1,5\n2024-01-02,b,2,5\n2024-01-03,b,3,5\n";
    let both = "2024-01-04,a,9\n2024-01-05,a,9\n2024-01-04,b,5\n2024-01-05,b,5\n";
    let future = |name, rows: &str, expected: &[ProblemCode]| {
        let tables = Tables::of(history).with("future.csv", format!("date,store,price\n{rows}"));
        case(name, "", expected)
            .tables(&["sales.csv"], tables)
            .with(setup().covariates(&["price"]).future("future.csv"))
    };
    vec![
        future(
            "the future has a series too many",
            &format!("{both}2024-01-04,c,1\n"),
            &[FutureUnknownSeries],
        ),
        future("the future has a row twice", &format!("{both}2024-01-04,a,9\n"), &[FutureDuplicateRows]),
        future("the future begins late", &both.replace("2024-01-04,b,5\n", ""), &[FutureStartsLate]),
        future("the future stops early", &both.replace("2024-01-05,b,5\n", ""), &[FutureStopsEarly]),
        future("the future forgets a series", "2024-01-04,a,9\n2024-01-05,a,9\n", &[FutureRowMissing]),
        future("the future has an empty value", &both.replace("05,b,5", "05,b,"), &[FutureValueMissing]),
        future("the future contradicts the history", &format!("{both}2024-01-03,a,8\n"), &[FutureConflict]),
        future("the future is off the grid", &format!("{both}2024-01-05T12:00,a,8\n"), &[OffGrid]),
        case("the future lacks a column", "", &[MissingColumn])
            .tables(
                &["sales.csv"],
                Tables::of(history).with("future.csv", both.replacen("2024", "date,store,pricing\n2024", 1)),
            )
            .with(setup().covariates(&["price"]).future("future.csv")),
    ]
}

#[test]
fn every_broken_file_is_described_to_its_owner() {
    let cases: Vec<Case> =
        [file_cases(), value_cases(), series_cases(), future_cases()].into_iter().flatten().collect();
    assert!(cases.len() >= 45, "{} kinds", cases.len());
    let (mut text, mut surprises) = (String::new(), String::new());
    for case in &cases {
        let error = case.tables.read(&case.files, &case.setup).expect_err(case.name);
        let codes: Vec<ProblemCode> = error.problems().iter().map(|problem| problem.code).collect();
        let message = case.tables.message(&error);
        if codes != case.expected {
            surprises
                .push_str(&format!("{}: {codes:?} instead of {:?}: {message}\n", case.name, case.expected));
        }
        text.push_str(&format!("# {}\n{message}\n\n", case.name));
    }
    assert!(surprises.is_empty(), "{surprises}");
    insta::assert_snapshot!("broken_files", text);
    let section = format!("{} kinds.\n\n```text\n{}\n```", cases.len(), text.trim());
    check_section("docs/bad-input.md", "broken files", &section).unwrap();
    check_section("docs/bad-input.md", "problem catalogue", &catalogue_markdown()).unwrap();
}

#[test]
fn a_source_that_is_not_there_is_no_data_problem() {
    let tables = Tables::of(GOOD);
    let error = tables.read(&["nothing.csv"], &setup()).unwrap_err();
    assert!(matches!(error, IngestError::Io { .. }), "{error}");
    let error = tables.read(&["*.parquet"], &setup()).unwrap_err();
    assert!(tables.message(&error).contains("`*.parquet` matches no file"), "{error}");
    let request = forecast_features::ingest::IngestRequest {
        data: &["s3://bucket/sales.parquet".to_owned()],
        future: &[],
        spec: &setup().spec,
        options: &setup().options,
    };
    if !cfg!(feature = "cloud") {
        let message = forecast_features::ingest::ingest(&request, &|_| {}).unwrap_err().to_string();
        assert!(message.contains("cargo feature `cloud`"), "{message}");
    }
}

#[test]
fn a_wrong_description_is_refused_before_any_file_is_opened() {
    let broken =
        setup().spec(|spec| spec.target = "date".into()).options(|options| options.min_history = Some(0));
    let error = Tables::new().read(&["nothing.csv"], &broken).unwrap_err();
    let IngestError::Config(errors) = &error else { panic!("{error}") };
    assert_eq!(errors.len(), 2);
    insta::assert_snapshot!(error, @"the table's description is wrong: column `date` is both time and target: list it once; min_history must be at least 1, not 0");
}

#[test]
fn problems_can_be_sent_as_json() {
    let error = Tables::of(&replaced(4, "2024-02-30,a,3")).read(&["sales.csv"], &setup()).unwrap_err();
    let mut json = serde_json::to_value(error.problems()).unwrap();
    json[0]["example"]["file"] = "sales.csv".into();
    insta::assert_json_snapshot!("problem_as_json", json);
}
