//! Contributions sum to what is predicted, and the columns that matter get them.

mod lightgbm;

use forecast_boost::{
    BoostError, Booster, Contributions, Dataset, Features, Importance, Model, Objective, Params,
};

use crate::support::noise;

/// Columns that matter (one with missing values, one of categories), and one that does not.
struct Table {
    price: Vec<f32>,
    stock: Vec<f32>,
    store: Vec<f32>,
    constant: Vec<f32>,
    label: Vec<f32>,
}

impl Table {
    fn new(rows: usize) -> Self {
        let price: Vec<f32> = (0..rows).map(|row| noise(1, row)).collect();
        let stock: Vec<f32> =
            (0..rows).map(|row| if row % 11 == 0 { f32::NAN } else { noise(2, row) * 9.0 }).collect();
        let store: Vec<f32> = (0..rows).map(|row| (noise(3, row) * 40.0).floor()).collect();
        let label = (0..rows)
            .map(|row| {
                let full = if stock[row].is_nan() { 2.0 } else { stock[row].sqrt() };
                (3.0 * price[row] + full + store[row] * 7.0 % 11.0 / 5.0) * (0.5 + noise(4, row))
            })
            .collect();
        Self { price, stock, store, constant: vec![4.0; rows], label }
    }

    fn features(&self) -> Features<'_> {
        Features::new()
            .numeric("price", &self.price)
            .numeric("stock", &self.stock)
            .categorical("store", &self.store)
            .numeric("constant", &self.constant)
    }

    fn fit(&self, params: &Params) -> Model {
        Booster::fit(params, &Dataset::new(self.features(), &self.label), None).unwrap()
    }
}

/// From the raw score to what is predicted.
type Link = fn(f64) -> f64;

fn assert_sums(contributions: &Contributions, predicted: &[f64], link: Link) {
    assert_eq!(contributions.rows(), predicted.len());
    for (row, &predicted) in predicted.iter().enumerate() {
        let sum: f64 = contributions.row(row).unwrap().iter().sum();
        let error = (link(sum) - predicted).abs();
        assert!(
            error <= 1e-10 * predicted.abs().max(1.0),
            "row {row}: {sum} gives {}, not {predicted}",
            link(sum)
        );
    }
}

#[test]
fn contributions_sum_to_the_raw_score() {
    let table = Table::new(8_000);
    // Rows unlike those of the fit: values beyond all bins, and categories that were never seen.
    let mut other = Table::new(2_000);
    other.price[0] = f32::INFINITY;
    other.stock[1] = f32::NEG_INFINITY;
    other.price[2] = f32::NAN;
    other.store[3] = 4_000.0;
    other.store[4] = f32::NAN;
    other.store[5] = -1.0;
    let objectives: [(Objective, Link); 3] = [
        (Objective::Squared, |score| score),
        (Objective::Quantile { level: 0.8 }, |score| score),
        (Objective::Tweedie { power: 1.4 }, f64::exp),
    ];
    for (objective, link) in objectives {
        let model = table.fit(&Params { objective, trees: 40, ..Params::default() });
        let explainer = model.explainer();
        for table in [&table, &other] {
            let contributions = explainer.explain(&table.features()).unwrap();
            assert_eq!(contributions.width(), 5);
            assert_sums(&contributions, &model.predict(&table.features()).unwrap(), link);
            let mut out = [f64::NAN; 5];
            for row in 0..200 {
                let values = [table.price[row], table.stock[row], table.store[row], table.constant[row]];
                explainer.explain_row(&values, &mut out).unwrap();
                assert_eq!(contributions.row(row), Some(out.as_slice()));
                assert_eq!((out[3], out[4]), (0.0, explainer.expected_value()));
            }
        }
    }
}

#[test]
fn the_expected_value_is_the_mean_of_the_raw_scores() {
    let table = Table::new(5_000);
    let model = table.fit(&Params { trees: 30, ..Params::default() });
    let predicted = model.predict(&table.features()).unwrap();
    let mean = predicted.iter().sum::<f64>() / predicted.len() as f64;
    let expected = model.explainer().expected_value();
    assert!((expected - mean).abs() < 1e-9, "{expected} is not {mean}");
}

#[test]
fn any_number_of_threads_explains_alike() {
    let table = Table::new(3_000);
    let explainer = table.fit(&Params { trees: 10, ..Params::default() }).explainer();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| explainer.explain(&table.features()).unwrap())
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn a_model_without_trees_says_its_start() {
    let table = Table::new(100);
    let model = table.fit(&Params { trees: 0, ..Params::default() });
    let start = model.predict_row(&[0.0; 4]).unwrap();
    let mut out = [f64::NAN; 5];
    model.explainer().explain_row(&[f32::NAN; 4], &mut out).unwrap();
    assert_eq!(out, [0.0, 0.0, 0.0, 0.0, start]);
    assert_eq!(model.importance(Importance::Split), [0.0; 4]);
}

#[test]
fn a_tree_of_one_split_gives_its_column_all() {
    let column: Vec<f32> = (0..100_u8).map(f32::from).collect();
    let other = vec![1.0; 100];
    let label: Vec<f32> = column.iter().map(|&value| if value < 25.0 { 8.0 } else { 0.0 }).collect();
    let features = Features::new().numeric("other", &other).numeric("column", &column);
    let params =
        Params { trees: 1, num_leaves: 2, learning_rate: 1.0, min_data_in_bin: 1, ..Params::default() };
    let model = Booster::fit(&params, &Dataset::new(features.clone(), &label), None).unwrap();
    let explainer = model.explainer();
    let found = explainer.explain(&features).unwrap();
    let near = |found: Option<&[f64]>, exact: [f64; 3]| {
        let found = found.unwrap();
        assert!(found.iter().zip(exact).all(|(found, exact)| (found - exact).abs() < 1e-5), "{found:?}");
    };
    near(found.row(0), [0.0, 6.0, 2.0]);
    near(found.row(99), [0.0, -2.0, 2.0]);
    assert_eq!(found.row(100), None);
    assert_eq!(found.values().len(), 300);
    assert_eq!(model.importance(Importance::Split), [0.0, 1.0]);
    // 25 rows are 6 above the mean and 75 are 2 below it.
    let gain = model.importance(Importance::Gain)[1];
    assert!((gain - (25.0 * 36.0 + 75.0 * 4.0)).abs() < 1.0, "{gain}");
}

#[test]
fn importance_knows_what_was_asked() {
    let table = Table::new(4_000);
    let model = table.fit(&Params { trees: 10, num_leaves: 8, ..Params::default() });
    let splits = model.importance(Importance::Split);
    assert_eq!(splits.iter().sum::<f64>(), 70.0);
    let gain = model.importance(Importance::Gain);
    assert!(splits[..3].iter().chain(&gain[..3]).all(|&used| used > 0.0), "{splits:?} {gain:?}");
    assert_eq!((splits[3], gain[3]), (0.0, 0.0));
}

#[test]
fn rows_of_another_shape_are_refused() {
    let table = Table::new(500);
    let explainer = table.fit(&Params { trees: 2, ..Params::default() }).explainer();
    let few = Features::new().numeric("price", &table.price);
    let count = |found| BoostError::FeatureCount { expected: 4, found };
    assert_eq!(explainer.explain(&few), Err(count(1)));
    let uneven = table.features().numeric("more", &table.price[..3]);
    assert!(matches!(explainer.explain(&uneven), Err(BoostError::Length { expected: 500, found: 3, .. })));
    assert_eq!(explainer.explain(&Features::new()), Err(BoostError::NoFeatures));
    assert_eq!(explainer.explain_row(&[0.0; 3], &mut [0.0; 5]), Err(count(3)));
    let error = explainer.explain_row(&[0.0; 4], &mut [0.0; 4]).unwrap_err();
    assert_eq!(error.to_string(), "contributions of a row need 5 places, but 4 were given");
}

#[test]
fn no_rows_have_no_contributions() {
    let table = Table::new(500);
    let explainer = table.fit(&Params { trees: 2, ..Params::default() }).explainer();
    let none = explainer.explain(&Table::new(0).features()).unwrap();
    assert_eq!((none.rows(), none.width(), none.row(0)), (0, 5, None));
}
