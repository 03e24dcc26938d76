//! Models go to LightGBM and come from it, and forecast the same on both sides.

use std::fs;
use std::path::Path;

use forecast_boost::{Booster, Dataset, Features, Model, Objective, Params};
use forecast_testkit::mlflow::DevEnvironment;

use crate::support::noise;

/// Rows that both sides predict.
pub(crate) const ROWS: usize = 100_000;
/// Of which models are fitted to the first.
pub(crate) const TRAIN: usize = 6_000;

pub(crate) const NAMES: [&str; 6] = ["price", "trend", "stock", "odd", "store", "item"];

/// Columns of numbers without and with missing values, of many zeros, of odd values, and of 40 and 700
/// categories. What models were not fitted to has values that they did not see.
pub(crate) fn columns() -> Vec<Vec<f32>> {
    let column = |value: &dyn Fn(usize) -> f32, odd: &[f32]| -> Vec<f32> {
        let row = |row| match odd.get(row % 97) {
            Some(&odd) if row >= TRAIN => odd,
            _ => value(row),
        };
        (0..ROWS).map(row).collect()
    };
    let numbers = [
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::MAX,
        0.0,
        -0.0,
        1e-36,
        -1e-36,
        1e-35,
        -1e-35,
        2e-35,
        1e-40,
    ];
    let categories =
        [f32::NAN, -1.0, -0.5, 0.5, 2.75, 31.0, 32.0, 700.0, 1e6, 2e7, 2.2e9, 5e9, f32::INFINITY, -3e9];
    vec![
        column(&|row| noise(1, row) * 2.0 - 1.0, &numbers),
        column(&|row| if row % 7 == 0 { f32::NAN } else { noise(2, row) }, &numbers),
        column(&|row| if row % 3 == 0 { 0.0 } else { (noise(3, row) * 9.0).floor() - 4.0 }, &numbers),
        column(
            &|row| 10_f32.powf(noise(4, row) * 68.0 - 30.0) * if row % 2 == 0 { 1.0 } else { -1.0 },
            &numbers,
        ),
        column(&|row| if row % 31 == 0 { f32::NAN } else { (noise(5, row) * 40.0).floor() }, &categories),
        column(&|row| (noise(6, row).powi(2) * 700.0).floor(), &categories),
    ]
}

/// Above 0, so that every objective can be fitted.
pub(crate) fn labels(columns: &[Vec<f32>]) -> Vec<f32> {
    let or = |value: f32, instead: f32| if value.is_nan() { instead } else { value };
    let label = |row: usize| {
        let [price, trend, stock] = [0, 1, 2].map(|column: usize| columns[column][row]);
        let effect = 0.8 * price + or(trend, 1.5) + if stock == 0.0 { 0.7 } else { 0.1 * stock };
        let of_category = |value: f32, few: f32| or(value * 7.0 % few, 3.0) / few;
        let category = of_category(columns[4][row], 11.0) + 2.0 * of_category(columns[5][row], 13.0);
        0.1 + (effect + category).exp() * (0.5 + noise(7, row)) * 0.5 + 0.2 * columns[3][row].signum()
    };
    (0..TRAIN).map(label).map(|label| label.max(0.05)).collect()
}

/// The columns, or the start of them.
pub(crate) fn features(columns: &[Vec<f32>], rows: usize) -> Features<'_> {
    let pairs = NAMES.iter().zip(columns).enumerate();
    pairs.fold(Features::new(), |features, (place, (name, values))| {
        let values = &values[..rows];
        if place < 4 { features.numeric(name, values) } else { features.categorical(name, values) }
    })
}

pub(crate) fn save(folder: &Path, columns: &[Vec<f32>]) {
    let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    fs::write(folder.join("features.f32"), bytes(&columns.concat())).unwrap();
    fs::write(folder.join("label.f32"), bytes(&labels(columns))).unwrap();
}

fn lightgbm(verb: &str, folder: &Path) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/interchange.py");
    let mut python = DevEnvironment::find().unwrap().command("python");
    let output = python.args([script, verb]).arg(folder).arg(NAMES.len().to_string()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What LightGBM predicted with a model.
fn predicted(folder: &Path, name: &str) -> Vec<f64> {
    let bytes = fs::read(folder.join(name).with_extension("f64")).unwrap();
    bytes.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect()
}

fn assert_same(name: &str, ours: &[f64], theirs: &[f64]) {
    assert_eq!((ours.len(), theirs.len()), (ROWS, ROWS), "{name}");
    for (row, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        let error = (ours - theirs).abs();
        assert!(error <= 1e-9 * theirs.abs() + 1e-12, "{name}, row {row}: {ours} here, {theirs} in LightGBM");
    }
}

#[test]
fn models_of_lightgbm_predict_the_same_here() {
    let folder = tempfile::tempdir().unwrap();
    let columns = columns();
    save(folder.path(), &columns);
    lightgbm("fit", folder.path());
    let mut names: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".txt").map(str::to_owned))
        .collect();
    names.sort();
    assert_eq!(names.len(), 21, "{names:?}");
    let features = features(&columns, ROWS);
    for name in names {
        let text = fs::read(folder.path().join(&name).with_extension("txt")).unwrap();
        let model = Model::from_lightgbm(&text).unwrap();
        assert_same(&name, &model.predict(&features).unwrap(), &predicted(folder.path(), &name));
    }
}

#[test]
fn models_fitted_here_predict_the_same_in_lightgbm() {
    let folder = tempfile::tempdir().unwrap();
    let columns = columns();
    save(folder.path(), &columns);
    let label = labels(&columns);
    let data = Dataset::new(features(&columns, TRAIN), &label);
    let all = features(&columns, ROWS);
    let objectives = [
        ("squared", Objective::Squared),
        ("absolute", Objective::Absolute),
        ("huber", Objective::Huber { delta: 1.5 }),
        ("poisson", Objective::Poisson),
        ("tweedie", Objective::Tweedie { power: 1.3 }),
        ("quantile", Objective::Quantile { level: 0.9 }),
    ];
    let mut models = Vec::new();
    for (name, objective) in objectives {
        let params = Params { objective, trees: 20, num_leaves: 40, ..Params::default() };
        models.push((name, Booster::fit(&params, &data, None).unwrap()));
    }
    let params = Params { trees: 0, ..Params::default() };
    models.push(("without_trees", Booster::fit(&params, &data, None).unwrap()));
    for (name, model) in &models {
        fs::write(folder.path().join(name).with_extension("txt"), model.to_lightgbm().unwrap()).unwrap();
    }
    lightgbm("predict", folder.path());
    for (name, model) in &models {
        let ours = model.predict(&all).unwrap();
        assert_same(name, &ours, &predicted(folder.path(), name));
        let back = Model::from_lightgbm(model.to_lightgbm().unwrap()).unwrap();
        assert_same(name, &back.predict(&all).unwrap(), &ours);
    }
}
