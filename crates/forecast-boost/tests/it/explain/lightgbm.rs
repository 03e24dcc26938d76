//! Contributions and importance are LightGBM's, for its models and for those fitted here.

use std::fs;
use std::path::Path;

use forecast_boost::{Booster, Column, Dataset, Features, Importance, Model, Objective, Params, Sampling};
use forecast_testkit::mlflow::DevEnvironment;

use crate::interchange::{ROWS, TRAIN, columns, features, labels, save};

/// Models by name, and how many of the last rows are explained: more where it takes LightGBM less time.
type Models<'a> = [(&'a str, usize)];

fn lightgbm(verb: &str, folder: &Path, models: &Models<'_>) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/explain/explain.py");
    let mut python = DevEnvironment::find().unwrap().command("python");
    let models = models.iter().map(|(name, rows)| format!("{name}:{rows}"));
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

fn assert_explained_alike(model: &Model, features: &Features<'_>, (folder, name): (&Path, &str)) {
    let contributions = model.explainer().explain(features).unwrap();
    assert_same(name, contributions.values(), &said(folder, name, "contributions"));
    assert_eq!(model.importance(Importance::Split), said(folder, name, "split"), "{name}");
    let gains = said(folder, name, "gain");
    for (ours, theirs) in model.importance(Importance::Gain).iter().zip(&gains) {
        // LightGBM keeps gains as f32.
        assert!((ours - theirs).abs() <= 1e-6 * theirs, "{name}: a gain of {ours} is not {theirs}");
    }
}

#[test]
fn models_of_lightgbm_are_explained_alike() {
    let models = [
        ("many_rows", ROWS),
        ("large", 500),
        ("deep", 50),
        ("weighted", 5_000),
        ("bagged", 5_000),
        ("sampled", 5_000),
        ("zero_as_missing", 5_000),
        ("constant", 10),
    ];
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let columns = columns();
    save(folder, &columns);
    lightgbm("fit", folder, &models);
    for (name, rows) in models {
        let model = Model::from_lightgbm(fs::read(folder.join(name).with_extension("txt")).unwrap()).unwrap();
        let features = last(&features(&columns, ROWS), rows);
        assert_explained_alike(&model, &features, (folder, name));
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
    let fits = [
        (
            "many_rows",
            ROWS,
            Params { objective: Objective::Tweedie { power: 1.5 }, num_leaves: 15, ..small.clone() },
        ),
        ("large", 300, Params { trees: 300, num_leaves: 63, learning_rate: 0.05, ..Params::default() }),
        ("bagged", 5_000, Params { sampling: bagging, objective: Objective::Absolute, ..small.clone() }),
        ("without_trees", 10, Params { trees: 0, ..small }),
    ];
    let all = features(&columns, ROWS);
    for (name, rows, params) in fits {
        let data = Dataset::new(features(&columns, TRAIN), &label).weight(&weight);
        let model = Booster::fit(&params, &data, None).unwrap();
        fs::write(folder.join(name).with_extension("txt"), model.to_lightgbm().unwrap()).unwrap();
        lightgbm("explain", folder, &[(name, rows)]);
        assert_explained_alike(&model, &last(&all, rows), (folder, name));
    }
}
