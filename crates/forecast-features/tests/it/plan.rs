//! Feature plans: training and serving agree to the bit, and nothing looks into the future.

use std::sync::Arc;

use forecast_core::{
    ColumnKind, Covariate, Frequency, Horizon, Panel, PanelBuilder, Period, SeriesKey, StaticColumn,
    panel::SeriesSpan,
};
use forecast_features::matrix::{FeatureMatrix, RowFilter};
use forecast_features::plan::{
    CalendarField, Feature, FeaturePlan, Featurizer, Parts, SeriesState, Statistic, StepInputs,
    SuggestOptions, TargetTransform,
};
use proptest::prelude::*;

/// One series: its start, and a row of (target, price, in stock) per period.
type Rows = (i32, Vec<(Option<u8>, u8, bool)>);

fn panel(series: &[Rows]) -> Panel {
    let mut builder = PanelBuilder::new(Frequency::Daily, "sales", ["item"]);
    let (mut price, mut promotion, mut available) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (start, rows)) in series.iter().enumerate() {
        builder.spans.push(SeriesSpan {
            key: SeriesKey::new([format!("{index:03}")]),
            start: Period(20_000 + start),
            rows: rows.len(),
            covariate_rows: rows.len(),
        });
        for &(value, cost, in_stock) in rows {
            builder.target.push(value.map_or(f32::NAN, f32::from));
            price.push(1.0 + f32::from(cost) / 7.0);
            promotion.push(if cost == 13 { f32::NAN } else { f32::from(cost % 3) });
            available.push(in_stock);
        }
    }
    let levels: Arc<[String]> = ["none", "sale", "gift"].map(str::to_owned).into();
    let column =
        |name: &str, kind, values: Vec<f32>| Covariate { name: name.into(), kind, values: values.into() };
    builder.covariates = vec![
        column("price", ColumnKind::Numeric, price),
        column("promotion", ColumnKind::Categorical { levels }, promotion),
    ];
    builder.statics = vec![StaticColumn {
        name: "size".to_owned(),
        kind: ColumnKind::Numeric,
        values: (0..series.len()).map(|index| index as f32).collect(),
    }];
    builder.available = Some(available);
    builder.build().unwrap()
}

/// Every kind of feature, over windows short enough for small histories.
fn every_feature(transforms: Vec<TargetTransform>, panel: &Panel) -> FeaturePlan {
    let rolling = |statistic, lag, window| Feature::Rolling { statistic, lag, window };
    let column = |name: &str| name.to_owned();
    let features = vec![
        Feature::Lag { lag: 1 },
        Feature::Lag { lag: 5 },
        rolling(Statistic::Mean, 1, 4),
        rolling(Statistic::Std, 2, 3),
        rolling(Statistic::Min, 3, 3),
        rolling(Statistic::Max, 1, 2),
        rolling(Statistic::Median, 1, 5),
        Feature::SeasonalRolling { statistic: Statistic::Mean, season: 3, window: 2 },
        Feature::ExponentialMean { percent: 30 },
        Feature::ExponentialMean { percent: 5 },
        Feature::ExpandingMean,
        Feature::SinceNonZero,
        Feature::ZeroShare { window: 4 },
        Feature::Age,
        Feature::Calendar { field: CalendarField::DayOfWeek },
        Feature::Calendar { field: CalendarField::WeekOfYear },
        Feature::Fourier { order: 2 },
        Feature::Holidays { country: "FR".parse().unwrap() },
        Feature::Covariate { column: column("price") },
        Feature::Covariate { column: column("promotion") },
        Feature::Relative { column: column("price") },
        Feature::Change { column: column("price") },
        Feature::Static { column: column("size") },
    ];
    FeaturePlan::new(Parts { transforms, features, ..Parts::for_panel(panel) }).unwrap()
}

fn compiled(plan: &FeaturePlan, panel: &Panel) -> Featurizer {
    plan.compile(panel.frequency(), panel.span().unwrap_or((Period(0), Period(0))))
}

/// The bits of the row of one series and period, or `None` when the matrix does not have it.
fn bits(matrix: &FeatureMatrix, series: usize, period: Period) -> Option<Vec<u32>> {
    let row = (0..matrix.rows)
        .find(|&row| matrix.series[row] as usize == series && matrix.period[row] == period)?;
    Some(matrix.columns.iter().map(|column| column[row].to_bits()).collect())
}

fn next_row(featurizer: &Featurizer, state: &SeriesState, full: &Panel, series: usize) -> Vec<u32> {
    let view = full.series(series);
    let index = state.next_period().since(view.start()) as usize;
    let covariates: Vec<f32> = (0..2).map(|column| view.covariate(column)[index]).collect();
    let statics = [view.static_value(0)];
    let inputs = StepInputs { period: state.next_period(), covariates: &covariates, statics: &statics };
    let mut row = vec![0.0; featurizer.width()];
    featurizer.row(state, &inputs, &mut row);
    row.into_iter().map(f32::to_bits).collect()
}

fn any_series() -> impl Strategy<Value = Vec<Rows>> {
    let row = (prop::option::weighted(0.9, 0..30u8), 0..40u8, prop::bool::weighted(0.9));
    prop::collection::vec((0..40i32, prop::collection::vec(row, 1..40)), 1..4)
}

fn any_transforms() -> impl Strategy<Value = Vec<TargetTransform>> {
    prop_oneof![
        Just(vec![]),
        Just(vec![TargetTransform::Log1p]),
        Just(vec![TargetTransform::Difference { lag: 1 }]),
        Just(vec![TargetTransform::Log1p, TargetTransform::Difference { lag: 3 }]),
        Just(vec![TargetTransform::Scale]),
        Just(vec![TargetTransform::Difference { lag: 2 }, TargetTransform::Scale]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A state built from the history up to any origin, even one that was stored in between, gives
    /// the row that transforming the whole history gives.
    #[test]
    fn one_step_equals_the_whole_history_bit_for_bit(series in any_series(), transforms in any_transforms()) {
        let full = panel(&series);
        let plan = every_feature(transforms, &full);
        let featurizer = compiled(&plan, &full);
        let matrix = featurizer.transform(&full, &RowFilter::default()).unwrap();
        for origin in 0..80 {
            let cut = full.until(Period(20_000 + origin));
            for (index, view) in cut.iter().enumerate() {
                let state = featurizer.state(view);
                let stored: SeriesState = postcard::from_bytes(&postcard::to_stdvec(&state).unwrap()).unwrap();
                if let Some(expected) = bits(&matrix, index, state.next_period()) {
                    prop_assert_eq!(&next_row(&featurizer, &state, &full, index), &expected);
                    prop_assert_eq!(&next_row(&featurizer, &stored, &full, index), &expected);
                }
            }
        }
    }

    /// Rows before a change of the target, and the row of the changed period itself, stay as they were.
    #[test]
    fn no_feature_sees_the_target_of_its_period_or_later(
        series in any_series(), transforms in any_transforms(), origin in 0..60i32,
    ) {
        let mut changed = series.clone();
        for (start, rows) in &mut changed {
            for (index, row) in rows.iter_mut().enumerate() {
                if *start + index as i32 >= origin {
                    row.0 = Some(row.0.map_or(99, |value| 255 - value));
                }
            }
        }
        let (before, after) = (panel(&series), panel(&changed));
        let plan = every_feature(transforms, &before);
        let matrices = [&before, &after]
            .map(|panel| compiled(&plan, panel).transform(panel, &RowFilter::default()).unwrap());
        for index in 0..series.len() {
            for period in (20_000..=20_000 + origin).map(Period) {
                if let Some(row) = bits(&matrices[0], index, period) {
                    prop_assert_eq!(Some(row), bits(&matrices[1], index, period));
                }
            }
        }
    }

    /// Whatever is done to the target is undone on a prediction.
    #[test]
    fn target_transforms_are_undone(
        series in any_series(), transforms in any_transforms(), value in 0u16..5000,
    ) {
        let full = panel(&series);
        let featurizer = compiled(&every_feature(transforms, &full), &full);
        for view in full.iter() {
            let state = featurizer.state(view);
            let model = featurizer.target(&state, f32::from(value));
            if !model.is_nan() {
                let back = featurizer.restore(&state, f64::from(model));
                prop_assert!((back - f64::from(value)).abs() <= 1e-4 * f64::from(value).max(50.0));
            }
        }
    }
}

/// A plain history without gaps, for calculation by hand.
fn simple() -> Panel {
    let values = [3, 0, 0, 6, 2, 0, 4u8];
    panel(&[(0, values.map(|value| (Some(value), value * 7, true)).to_vec())])
}

#[test]
fn features_match_hand_calculation() {
    let full = simple();
    let plan = every_feature(Vec::new(), &full);
    let featurizer = compiled(&plan, &full);
    let matrix = featurizer.transform(&full, &RowFilter::default()).unwrap();
    let at = |name: &str| {
        let column = plan.columns().iter().position(|column| column.name == name).expect(name);
        matrix.columns[column][6]
    };
    // Before the last row: 3 0 0 6 2 0.
    assert_eq!(at("lag_1"), 0.0);
    assert_eq!(at("lag_5"), 0.0);
    assert_eq!(at("rolling_mean_4"), 2.0);
    assert_eq!(at("rolling_min_3_lag_3"), 0.0);
    assert_eq!(at("rolling_max_2"), 2.0);
    assert_eq!(at("rolling_median_5"), 0.0);
    assert_eq!(at("seasonal_mean_3x2"), f32::midpoint(6.0, 3.0));
    assert_eq!(at("expanding_mean"), 11.0 / 6.0);
    assert_eq!(at("since_non_zero"), 2.0);
    assert_eq!(at("zero_share_4"), 0.5);
    assert_eq!(at("age"), 6.0);
    let mean_price = (4.0 + 1.0 + 1.0 + 7.0 + 3.0 + 1.0) / 6.0;
    assert!((at("price_relative") - 5.0 / mean_price).abs() < 1e-6);
    assert!((at("price_change") - 4.0).abs() < 1e-6);
    let mean = [0.0, 0.0, 6.0, 2.0, 0.0].iter().fold(3.0, |mean, value| 0.3 * value + 0.7 * mean);
    assert!((f64::from(at("exponential_mean_30")) - mean).abs() < 1e-6);
    assert_eq!(matrix.target[6], 4.0);
}

#[test]
fn forecasts_move_levels_and_leave_the_scatter_as_it_was() {
    let panel = simple();
    let plan = every_feature(Vec::new(), &panel);
    let featurizer = compiled(&plan, &panel);
    let mut state = featurizer.state(panel.series(0));
    let inputs = StepInputs { period: state.next_period(), covariates: &[1.0, 0.0], statics: &[0.0] };
    let row = |state: &SeriesState| {
        let mut row = vec![0.0; featurizer.width()];
        featurizer.row(state, &inputs, &mut row);
        row
    };
    let mut real = state.clone();
    let before = row(&state);
    for _ in 0..3 {
        featurizer.advance_expected(&mut state, &inputs, 0.25);
        featurizer.advance(&mut real, &inputs, 0.25);
    }
    let (forecast, observed) = (row(&state), row(&real));
    let shape =
        ["rolling_std_3_lag_2", "rolling_min_3_lag_3", "rolling_max_2", "since_non_zero", "zero_share_4"];
    for (index, column) in plan.columns().iter().enumerate() {
        let expected = if shape.contains(&column.name.as_str()) { before[index] } else { observed[index] };
        assert_eq!(forecast[index].to_bits(), expected.to_bits(), "{}", column.name);
    }
    assert_eq!(forecast[0], 0.25);
}

#[test]
fn the_scale_is_that_of_real_sales() {
    let panel = simple();
    let featurizer = compiled(&every_feature(vec![TargetTransform::Scale], &panel), &panel);
    let mut state = featurizer.state(panel.series(0));
    let inputs = StepInputs { period: state.next_period(), covariates: &[1.0, 0.0], statics: &[0.0] };
    let before = featurizer.restore(&state, 1.0);
    featurizer.advance_expected(&mut state, &inputs, 1_000.0);
    assert_eq!(featurizer.restore(&state, 1.0), before);
    featurizer.advance_expected(&mut state, &inputs, 0.01);
    assert_eq!(featurizer.restore(&state, 1.0), before);
}

#[test]
fn a_sample_depends_on_the_seed_alone() {
    let rows: Vec<_> = (0..400u16).map(|day| (Some((day % 7) as u8), 1, true)).collect();
    let full = panel(&[(0, rows.clone()), (3, rows.clone()), (9, rows)]);
    let featurizer = compiled(&every_feature(Vec::new(), &full), &full);
    let filter = RowFilter { max_rows: Some(300), seed: 7, min_history: 10, from: None };
    let threads = |count| rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap();
    let [one, two] =
        [1, 2].map(|count| threads(count).install(|| featurizer.transform(&full, &filter).unwrap()));
    assert_eq!(one.series, two.series);
    assert_eq!(one.period, two.period);
    assert!((240..360).contains(&one.rows), "about 300 rows, not {}", one.rows);
    let other = featurizer.transform(&full, &RowFilter { seed: 8, ..filter }).unwrap();
    assert_ne!(other.period, one.period);
}

#[test]
fn a_suggested_plan_fits_its_panel_and_survives_storage() {
    let rows: Vec<_> = (0..900u16).map(|day| (Some((day % 7) as u8), (day % 30) as u8, true)).collect();
    let full = panel(&[(0, rows)]);
    let options = SuggestOptions {
        horizon: Horizon::new(28).unwrap(),
        holidays: vec!["FR".parse().unwrap()],
        transforms: Vec::new(),
    };
    let plan = FeaturePlan::suggested(&full, &options).unwrap();
    let names: Vec<&str> = plan.columns().iter().map(|column| column.name.as_str()).collect();
    insta::assert_snapshot!(names.join("\n"));
    let json = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<FeaturePlan>(&json).unwrap(), plan);
    assert_eq!(plan.covariates(), ["price", "promotion"]);
}

#[test]
fn plans_that_cannot_be_computed_are_refused() {
    let full = simple();
    let of = |features: Vec<Feature>| {
        FeaturePlan::new(Parts { features, ..Parts::for_panel(&full) }).unwrap_err().to_string()
    };
    let messages = [
        of(vec![Feature::Lag { lag: 0 }]),
        of(vec![Feature::ExponentialMean { percent: 0 }]),
        of(vec![Feature::Covariate { column: "cost".into() }]),
        of(vec![Feature::Relative { column: "promotion".into() }]),
        of(vec![Feature::Age, Feature::Age]),
    ];
    insta::assert_snapshot!(messages.join("\n"));
    let transforms = vec![TargetTransform::Scale, TargetTransform::Log1p];
    let late = FeaturePlan::new(Parts { transforms, ..Parts::for_panel(&full) }).unwrap_err();
    assert_eq!(late.to_string(), "the target transform `scale` must be the last one");
}

#[test]
fn a_panel_with_other_columns_is_refused() {
    let full = simple();
    let featurizer = compiled(&every_feature(Vec::new(), &full), &full);
    let mut other = PanelBuilder::new(Frequency::Daily, "sales", ["item"]);
    other.spans =
        vec![SeriesSpan { key: SeriesKey::new(["a"]), start: Period(0), rows: 1, covariate_rows: 1 }];
    other.target = vec![1.0];
    let error = featurizer.transform(&other.build().unwrap(), &RowFilter::default()).unwrap_err();
    assert!(error.to_string().contains(r#"covariate columns ["price", "promotion"]"#), "{error}");
}
