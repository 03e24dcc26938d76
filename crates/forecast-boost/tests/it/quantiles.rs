//! Several levels in one model: as good as each alone, and never crossing.

use forecast_boost::{BoostError, Booster, Dataset, Features, Objective, Params, QuantileModel};

use crate::support::{noise, uniform};

const LEVELS: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// Labels whose spread grows with `a`, with some missing values in `b`.
struct Table {
    a: Vec<f32>,
    b: Vec<f32>,
    label: Vec<f32>,
}

impl Table {
    fn new(seed: u64, rows: usize) -> Self {
        let a = uniform(seed, rows);
        let b: Vec<f32> = (0..rows)
            .map(|row| if row.is_multiple_of(9) { f32::NAN } else { (noise(seed + 1, row) * 5.0).floor() })
            .collect();
        let label =
            (0..rows).map(|row| a[row] * 10.0 * noise(seed + 2, row) + noise(seed + 3, row)).collect();
        Self { a, b, label }
    }

    fn features(&self) -> Features<'_> {
        Features::new().numeric("a", &self.a).numeric("b", &self.b)
    }

    fn data(&self) -> Dataset<'_> {
        Dataset::new(self.features(), &self.label)
    }
}

fn params() -> Params {
    Params { trees: 40, min_data_in_leaf: 5, ..Params::default() }
}

/// Any float there is, missing and infinite ones more often than by chance.
fn any_float(seed: u64, row: usize) -> f32 {
    let bits = (noise(seed, row) * 65_536.0) as u32;
    match bits % 8 {
        0 => f32::NAN,
        1 => f32::INFINITY,
        2 => f32::NEG_INFINITY,
        3 => f32::from_bits((bits << 16) | (noise(seed + 1, row) * 65_536.0) as u32),
        _ => noise(seed + 2, row) * 1.2 - 0.1,
    }
}

#[test]
fn no_row_crosses_whatever_its_values() {
    let table = Table::new(10, 2000);
    let model = Booster::fit_quantiles(&params(), &LEVELS, &table.data(), None).unwrap();
    let rows = 20_000;
    let columns: Vec<Vec<f32>> =
        [100, 200].map(|seed| (0..rows).map(|row| any_float(seed, row)).collect()).into();
    let features = Features::new().numeric("a", &columns[0]).numeric("b", &columns[1]);
    let predictions = model.predict(&features).unwrap();
    let crosses = |row: &[f64]| row.windows(2).any(|pair| pair[0] > pair[1]);
    assert_eq!(predictions.len(), rows * LEVELS.len());
    assert!(!predictions.chunks(LEVELS.len()).any(crosses));

    let alone: Vec<Vec<f64>> = model.models().iter().map(|model| model.predict(&features).unwrap()).collect();
    let crossing = (0..rows).filter(|&row| alone.windows(2).any(|pair| pair[0][row] > pair[1][row])).count();
    assert!(crossing > 0, "levels alone do cross on these rows, or this shows nothing");

    let mut of_row = [0.0; LEVELS.len()];
    for row in 0..500 {
        model.predict_row(&[columns[0][row], columns[1][row]], &mut of_row).unwrap();
        // One row and many add their trees up in another order.
        for (one, many) in of_row.iter().zip(&predictions[row * LEVELS.len()..]) {
            assert!((one - many).abs() <= 1e-12 * many.abs(), "row {row}: {one} alone, {many} of many");
        }
    }
}

#[test]
fn each_level_is_the_model_fitted_to_it_alone() {
    let (table, other) = (Table::new(20, 3000), Table::new(30, 1000));
    let params = Params { early_stopping: Some(5), trees: 200, ..params() };
    let (train, valid) = (table.data(), other.data());
    let model = Booster::fit_quantiles(&params, &LEVELS, &train, Some(&valid)).unwrap();
    assert_eq!(model.levels(), LEVELS);
    for (model, level) in model.models().iter().zip(LEVELS) {
        let params = Params { objective: Objective::Quantile { level }, ..params.clone() };
        let alone = Booster::fit(&params, &train, Some(&valid)).unwrap();
        assert_eq!(alone.trees(), model.trees(), "level {level}");
        let expected = alone.predict(&valid.features).unwrap();
        assert_eq!(expected, model.predict(&valid.features).unwrap(), "level {level}");
    }
    let trees: Vec<usize> = model.models().iter().map(forecast_boost::Model::trees).collect();
    assert!(trees.iter().any(|&count| count != trees[0]), "levels stop on their own: {trees:?}");
}

#[test]
fn sorting_never_raises_the_summed_pinball_loss() {
    let (table, other) = (Table::new(40, 1500), Table::new(50, 3000));
    let model = Booster::fit_quantiles(&params(), &LEVELS, &table.data(), None).unwrap();
    let features = other.features();
    let sorted = model.predict(&features).unwrap();
    let alone: Vec<Vec<f64>> = model.models().iter().map(|model| model.predict(&features).unwrap()).collect();
    let pinball = |level: f64, error: f64| (level * error).max((level - 1.0) * error);
    for (row, &label) in other.label.iter().enumerate() {
        let sum = |prediction: &dyn Fn(usize) -> f64| -> f64 {
            LEVELS
                .iter()
                .enumerate()
                .map(|(i, &level)| pinball(level, f64::from(label) - prediction(i)))
                .sum()
        };
        let (after, before) = (sum(&|i| sorted[row * LEVELS.len() + i]), sum(&|i| alone[i][row]));
        assert!(after <= before + 1e-12, "row {row}: {after} after, {before} before");
    }
}

#[test]
fn models_from_elsewhere_must_belong_together() {
    let table = Table::new(60, 500);
    let fit =
        |objective| Booster::fit(&Params { objective, trees: 3, ..params() }, &table.data(), None).unwrap();
    let quantile = |level| fit(Objective::Quantile { level });
    let low = quantile(0.1);
    let both = QuantileModel::from_models(vec![low.clone(), quantile(0.9)]).unwrap();
    assert_eq!(both.levels(), [0.1, 0.9]);

    let said = |models| QuantileModel::from_models(models).unwrap_err().to_string();
    assert!(said(vec![low.clone(), fit(Objective::Squared)]).starts_with("model 1 was fitted to Squared"));
    assert!(said(vec![quantile(0.9), low.clone()]).contains("levels is 0.1"));
    assert!(said(Vec::new()).contains("levels is empty"));
    let narrow = Dataset::new(Features::new().numeric("a", &table.a), &table.label);
    let params = Params { objective: Objective::Quantile { level: 0.9 }, ..params() };
    let narrow = Booster::fit(&params, &narrow, None).unwrap();
    assert!(said(vec![low, narrow]).starts_with("model 1, of level 0.9, has other columns"));
}

#[test]
fn room_must_be_as_long_as_the_levels() {
    let table = Table::new(70, 300);
    let model = Booster::fit_quantiles(&params(), &LEVELS, &table.data(), None).unwrap();
    let error = model.predict_row(&[0.0, 0.0], &mut [0.0; 3]).unwrap_err();
    assert_eq!(error.to_string(), "the predictions of a row need 5 places, but 3 were given");
    let error = model.predict_row(&[0.0], &mut [0.0; 5]).unwrap_err();
    assert_eq!(error, BoostError::FeatureCount { expected: 2, found: 1 });
}
