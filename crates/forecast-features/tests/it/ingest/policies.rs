//! What the options do: copies, gaps, ends, signs, formats.

use forecast_core::Horizon;
use forecast_features::ingest::{DecimalMark, Duplicates, Ends, Gaps, Negatives, ProblemCode};

use super::support::{GOOD, Tables, levels, same_values, setup, target};

const SPARSE: &str = "date,store,sales
2024-01-01,a,1
2024-01-04,a,4
2024-01-02,b,5
2024-01-06,b,6
2024-01-03,b,7
";

#[test]
fn counts_are_filled_with_zero_up_to_the_end_of_the_table() {
    let ingested = Tables::of(SPARSE).ingested(&setup());
    assert_eq!(target(&ingested.panel, &["a"]), [1.0, 0.0, 0.0, 4.0, 0.0, 0.0]);
    assert_eq!(target(&ingested.panel, &["b"]), [5.0, 7.0, 0.0, 0.0, 6.0]);
    let quality = &ingested.quality;
    assert_eq!((quality.gaps, quality.ends), (Gaps::Zero, Ends::Aligned));
    assert_eq!((quality.gaps_inside, quality.gaps_at_end, quality.looks_like_counts), (4, 2, true));
}

#[test]
fn amounts_are_left_missing_and_end_where_they_end() {
    let ingested = Tables::of(&SPARSE.replace(",4\n", ",4.5\n")).ingested(&setup());
    assert!(same_values(target(&ingested.panel, &["a"]), &[1.0, f32::NAN, f32::NAN, 4.5]));
    assert_eq!((ingested.quality.gaps, ingested.quality.ends), (Gaps::Missing, Ends::Ragged));
    assert_eq!(ingested.quality.ended_early, 1);
}

#[test]
fn gaps_and_ends_follow_the_options() {
    let forward = setup().options(|options| {
        options.gaps = Some(Gaps::Forward);
        options.ends = Some(Ends::Aligned);
    });
    assert_eq!(target(&Tables::of(SPARSE).panel(&forward), &["a"]), [1.0, 1.0, 1.0, 4.0, 4.0, 4.0]);
    let ragged = setup().options(|options| options.ends = Some(Ends::Ragged));
    assert_eq!(target(&Tables::of(SPARSE).panel(&ragged), &["a"]), [1.0, 0.0, 0.0, 4.0]);
}

#[test]
fn copies_are_summed_or_the_last_one_kept_on_request() {
    let table = Tables::of(&format!("{GOOD}2024-01-02,a,9\n2024-01-02,a,\n"));
    let merged = |duplicates| table.ingested(&setup().options(|options| options.duplicates = duplicates));
    assert_eq!(target(&merged(Duplicates::Sum).panel, &["a"]), [1.0, 11.0, 3.0, 4.0, 5.0]);
    let last = merged(Duplicates::Last);
    assert!(target(&last.panel, &["a"])[1].is_nan());
    assert_eq!(last.quality.duplicates_merged, 2);
}

#[test]
fn returns_are_kept_with_a_warning_or_clipped() {
    let table = Tables::of(&GOOD.replace("a,3", "a,-3"));
    let kept = table.ingested(&setup());
    assert_eq!(target(&kept.panel, &["a"])[2], -3.0);
    assert_eq!((kept.quality.negatives, kept.quality.looks_like_counts), (1, false));
    let clipped = table.ingested(&setup().options(|options| options.negatives = Negatives::Clip));
    assert_eq!(target(&clipped.panel, &["a"])[2], 0.0);
    assert_eq!((clipped.quality.negatives, clipped.quality.looks_like_counts), (1, true));
}

#[test]
fn a_row_without_a_target_stays_unknown() {
    let ingested = Tables::of(&GOOD.replace("a,3", "a,")).ingested(&setup());
    assert!(target(&ingested.panel, &["a"])[2].is_nan());
    assert_eq!(ingested.quality.missing_targets, 1);
}

#[test]
fn semicolons_tabs_decimal_commas_marks_and_line_ends_make_no_difference() {
    let expected = Tables::of(&GOOD.replace("a,3", "a,3.5")).panel(&setup());
    let comma = setup().options(|options| options.decimal = DecimalMark::Comma);
    let semicolons = GOOD.replace(',', ";").replace("a;3", "a;3,5");
    assert_eq!(Tables::of(&semicolons).panel(&comma), expected);
    let plain = GOOD.replace("a,3", "a,3.5");
    let variants = [
        plain.replace(',', "\t"),
        plain.replace('\n', "\r\n"),
        plain.replace('\n', "\r"),
        format!("\u{feff}{plain}"),
        plain.replace('\n', "\n\n"),
        plain.replace(",a,", ", \"a\",").replace(" \"a\"", "\"a\""),
        plain.trim_end().to_owned(),
        plain.replace("date,store,sales", " date , store , sales "),
    ];
    for variant in variants {
        assert_eq!(Tables::of(&variant).panel(&setup()), expected, "{variant:?}");
    }
}

#[test]
fn lines_are_counted_right_whatever_the_line_ends() {
    let text = "date,store,sales\n\n2024-01-01,a,\"1\"\n2024-01-02,\"a\nb\",2\n2024-01-03,a,bad\n";
    for line_end in ["\n", "\r\n", "\r"] {
        let error = Tables::of(&text.replace('\n', line_end)).read(&["sales.csv"], &setup()).unwrap_err();
        let bad = error.problems().iter().find(|problem| problem.code == ProblemCode::BadNumber).unwrap();
        assert_eq!(bad.example.line, Some(6), "{line_end:?}: {error}");
    }
}

#[test]
fn gzip_files_of_several_members_are_read_to_the_end() {
    let (first, second) = GOOD.split_at(GOOD.find("2024-01-03").unwrap());
    let tables = Tables::of(GOOD).with_gzip("sales.csv.gz", &[first, second]);
    let zipped = tables.read(&["sales.csv.gz"], &setup()).unwrap();
    assert_eq!(zipped.panel, tables.panel(&setup()));
}

#[test]
fn availability_is_true_where_nothing_is_said() {
    let text =
        "date,store,sales,stock\n2024-01-01,a,1,yes\n2024-01-02,a,0,no\n2024-01-04,a,2,\n2024-01-05,a,2,1\n";
    let ingested = Tables::of(text).ingested(&setup().spec(|spec| spec.available = Some("stock".into())));
    assert_eq!(ingested.panel.series(0).available().unwrap(), [true, false, true, true, true]);
    assert_eq!(ingested.quality.available_share, Some(0.8));
}

#[test]
fn categories_numbers_and_keys_become_the_right_columns() {
    let text = "date,store,sales,region,size,promo,price
2024-01-01,2,1,north,12,gift,9.5
2024-01-02,2,2,north,12,,9.0
2024-01-03,2,3,north,12,sale,
2024-01-01,10,3,south,15.5,sale,4
";
    let described = setup().covariates(&["promo", "price"]).statics(&["region", "size", "store"]);
    let panel = Tables::of(text).panel(&described);
    let names: Vec<String> = panel.keys().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["10", "2"], "keys sort as text");
    assert_eq!(levels(&panel.covariates()[0].kind), ["gift", "sale"]);
    assert!(same_values(panel.series(1).covariate(0), &[0.0, f32::NAN, 1.0]));
    assert!(same_values(panel.series(1).covariate(1), &[9.5, 9.0, f32::NAN]));
    assert!(panel.series(0).covariate(1)[1..].iter().all(|price| price.is_nan()), "not made up in gaps");
    assert_eq!(levels(&panel.statics()[0].kind), ["north", "south"]);
    assert_eq!(*panel.statics()[1].values, [15.5, 12.0]);
    assert_eq!(levels(&panel.statics()[2].kind), ["10", "2"], "a key is a category");
    let forced = described.spec(|spec| spec.categorical = vec!["size".into()]);
    assert_eq!(levels(&Tables::of(text).panel(&forced).statics()[1].kind), ["12", "15.5"]);
}

#[test]
fn future_covariates_follow_the_history_and_fill_its_gaps() {
    let tables = Tables::of("date,store,sales,price\n2024-01-01,a,1,9\n2024-01-03,a,3,9\n2024-01-04,a,3,9\n")
        .with("future.csv", "store,date,price\na,2024-01-06,7\na,2024-01-05,8\na,2024-01-02,6\na,2024-01-03,9\na,2024-02-01,1\n");
    let ingested = tables.ingested(&setup().covariates(&["price"]).future("future.csv"));
    let series = ingested.panel.series(0);
    assert_eq!((series.len(), series.covariate(0)), (4, &[9.0, 6.0, 9.0, 9.0, 8.0, 7.0][..]));
    let future = ingested.quality.future.unwrap();
    assert_eq!((future.rows_read, future.series_covered), (5, 1));
}

#[test]
fn a_category_of_the_future_alone_counts_as_unknown() {
    let tables =
        Tables::of("date,store,sales,promo\n2024-01-01,a,1,no\n2024-01-02,a,1,\n2024-01-03,a,3,gift\n")
            .with("future.csv", "date,store,promo\n2024-01-04,a,raffle\n2024-01-05,a,gift\n");
    let ingested = tables.ingested(&setup().covariates(&["promo"]).future("future.csv"));
    assert_eq!(levels(&ingested.panel.covariates()[0].kind), ["gift", "no"]);
    assert!(ingested.panel.series(0).covariate(0)[3].is_nan());
    assert!(ingested.quality.findings.iter().any(|finding| finding.code == ProblemCode::UnseenLevel));
}

#[test]
fn known_future_columns_without_a_future_table_end_with_the_history() {
    let text = "date,store,sales,price\n2024-01-01,a,1,9\n2024-01-02,a,3,9\n2024-01-03,a,3,9\n";
    let panel = Tables::of(text).panel(&setup().covariates(&["price"]));
    assert_eq!(panel.series(0).covariate_len(), 3);
}

#[test]
fn a_table_without_keys_is_one_series() {
    let single = setup().spec(|spec| spec.series.clear());
    let panel = Tables::of(GOOD).panel(&single);
    assert_eq!((panel.len(), panel.key_names().len(), panel.rows()), (1, 0, 5));
}

#[test]
fn short_series_are_a_finding_as_long_as_one_is_long_enough() {
    let text = format!("{GOOD}2024-01-05,b,1\n");
    let ingested =
        Tables::of(&text).ingested(&setup().options(|options| options.horizon = Horizon::new(3).unwrap()));
    assert_eq!((ingested.quality.shorter_than_horizon, ingested.quality.shorter_than_two_horizons), (1, 2));
}
