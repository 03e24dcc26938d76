//! Contributions and importance are LightGBM's, for its models and for those fitted here.
//!
//! Where `FORECAST_BOOST_ALL_ROWS` is set, `many_rows` explains all of them: `just test-explanations`.

use std::env;
use std::fs;
use std::path::Path;

use forecast_boost::{Booster, Column, Dataset, Features, Importance, Model, Objective, Params, Sampling};
use forecast_testkit::mlflow::DevEnvironment;

use super::{Link, assert_sums};
use crate::interchange::{ROWS, TRAIN, columns, features, labels, save};

/// A model, and how much of the data it explains.
struct Case {
    name: &'static str,
    /// The last ones: more where it takes LightGBM less time.
    rows: usize,
    link: Link,
    /// LightGBM's contributions are so many times ours.
    times: f64,
}

impl Case {
    const fn new(name: &'static str, rows: usize, link: Link) -> Self {
        Self { name, rows, link, times: 1.0 }
    }
}

fn many_rows() -> usize {
    if env::var_os("FORECAST_BOOST_ALL_ROWS").is_some() { ROWS } else { 4_000 }
}

fn same(score: f64) -> f64 {
    score
}

fn lightgbm(verb: &str, folder: &Path, cases: &[Case]) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/explain/explain.py");
    let mut python = DevEnvironment::find().unwrap().command("python");
    let models = cases.iter().map(|case| format!("{}:{}", case.name, case.rows));
    let output = python.args([script, verb]).arg(folder).args(models).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn said(folder: &Path, name: &str, what: &str) -> Vec<f64> {
    let bytes = fs::read(folder.join(name).with_extension(what)).unwrap();
    bytes.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect()
}

/// The last rows of all columns.
fn last<'a>(features: &Features<'a>, rows: usize) -> Features<'a> {
    let start = ROWS - rows;
    features.columns().iter().fold(Features::new(), |features, column| {
        features.with(Column { values: &column.values[start..], ..*column })
    })
}

fn assert_same(what: &str, ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (place, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        let error = (ours - theirs).abs();
        assert!(error <= 1e-8 * theirs.abs() + 1e-11, "{what}, place {place}: {ours} is not {theirs}");
    }
}

fn assert_explained_alike(model: &Model, features: &Features<'_>, (folder, case): (&Path, &Case)) {
    let Case { name, rows, link, times } = *case;
    let features = last(features, rows);
    let contributions = model.explainer().explain(&features).unwrap();
    assert_sums(&contributions, &model.predict(&features).unwrap(), link);
    let theirs: Vec<f64> = said(folder, name, "contributions").iter().map(|value| value / times).collect();
    assert_same(name, contributions.values(), &theirs);
    assert_eq!(model.importance(Importance::Split), said(folder, name, "split"), "{name}");
    let gains = said(folder, name, "gain");
    for (ours, theirs) in model.importance(Importance::Gain).iter().zip(&gains) {
        // LightGBM keeps gains as f32.
        assert!((ours - theirs).abs() <= 1e-6 * theirs, "{name}: a gain of {ours} is not {theirs}");
    }
}

#[test]
fn models_of_lightgbm_are_explained_alike() {
    let cases = [
        Case::new("many_rows", many_rows(), f64::exp),
        Case::new("large", 200, same),
        Case::new("deep", 50, same),
        Case::new("weighted", 1_000, f64::exp),
        Case::new("bagged", 1_000, same),
        Case::new("sampled", 1_000, same),
        Case::new("zero_as_missing", 1_000, same),
        Case::new("constant", 10, same),
        // LightGBM explains the sum of a random forest's trees, and predicts their mean.
        Case { times: 20.0, ..Case::new("forest", 1_000, same) },
    ];
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let columns = columns();
    save(folder, &columns);
    lightgbm("fit", folder, &cases);
    let all = features(&columns, ROWS);
    for case in &cases {
        let text = fs::read(folder.join(case.name).with_extension("txt")).unwrap();
        assert_explained_alike(&Model::from_lightgbm(text).unwrap(), &all, (folder, case));
    }
}

#[test]
fn models_fitted_here_are_explained_alike() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let columns = columns();
    save(folder, &columns);
    let label = labels(&columns);
    let weight: Vec<f32> = (0_u8..5).cycle().take(TRAIN).map(|weight| 0.5 + f32::from(weight)).collect();
    let small = Params { trees: 20, ..Params::default() };
    let bagging = Sampling::Bagging { fraction: 0.4, every: 1 };
    let tweedie = Objective::Tweedie { power: 1.5 };
    let fits = [
        (
            Case::new("many_rows", many_rows(), f64::exp),
            Params { objective: tweedie, num_leaves: 15, ..small.clone() },
        ),
        (
            Case::new("large", 100, same),
            Params { trees: 300, num_leaves: 63, learning_rate: 0.05, ..Params::default() },
        ),
        (
            Case::new("bagged", 1_000, same),
            Params { sampling: bagging, objective: Objective::Absolute, ..small.clone() },
        ),
        (Case::new("without_trees", 10, same), Params { trees: 0, ..small }),
    ];
    let mut models = Vec::new();
    let mut cases = Vec::new();
    for (case, params) in fits {
        let data = Dataset::new(features(&columns, TRAIN), &label).weight(&weight);
        let model = Booster::fit(&params, &data, None).unwrap();
        fs::write(folder.join(case.name).with_extension("txt"), model.to_lightgbm().unwrap()).unwrap();
        models.push(model);
        cases.push(case);
    }
    lightgbm("explain", folder, &cases);
    let all = features(&columns, ROWS);
    for (case, model) in cases.iter().zip(&models) {
        assert_explained_alike(model, &all, (folder, case));
    }
}
