//! Every parameter does what its documentation says.

use std::collections::BTreeMap;

use forecast_boost::{Booster, Dataset, Features, Model, Objective, Params, Sampling};

use crate::support::{noise, uniform};

const ROWS: usize = 3000;

struct Table {
    x: Vec<f32>,
    z: Vec<f32>,
    label: Vec<f32>,
}

impl Table {
    fn new(seed: u64) -> Self {
        let (x, z) = (uniform(seed, ROWS), uniform(seed + 1, ROWS));
        let label =
            (0..ROWS).map(|row| (9.0 * x[row]).sin() + z[row] * z[row] + noise(seed + 2, row)).collect();
        Self { x, z, label }
    }

    fn features(&self) -> Features<'_> {
        Features::new().numeric("x", &self.x).numeric("z", &self.z)
    }

    fn data(&self) -> Dataset<'_> {
        Dataset::new(self.features(), &self.label)
    }

    fn fit(&self, params: &Params) -> Model {
        Booster::fit(params, &self.data(), None).unwrap()
    }

    /// How many rows each leaf of a model of one tree holds.
    fn leaves(&self, params: Params) -> Vec<usize> {
        let model = self.fit(&Params { trees: 1, ..params });
        let mut rows: BTreeMap<u64, usize> = BTreeMap::new();
        for value in model.predict(&self.features()).unwrap() {
            *rows.entry(value.to_bits()).or_default() += 1;
        }
        rows.into_values().collect()
    }
}

fn squared_error(model: &Model, table: &Table) -> f64 {
    let predicted = model.predict(&table.features()).unwrap();
    let error = |(p, y): (&f64, &f32)| (p - f64::from(*y)).powi(2);
    predicted.iter().zip(&table.label).map(error).sum::<f64>() / ROWS as f64
}

#[test]
fn trees_have_as_many_leaves_rows_and_levels_as_allowed() {
    let table = Table::new(1);
    let small = Params { min_data_in_leaf: 1, ..Params::default() };
    assert_eq!(table.leaves(Params { num_leaves: 17, ..small.clone() }).len(), 17);
    for depth in [1, 2, 3] {
        let leaves = table.leaves(Params { max_depth: Some(depth), num_leaves: 500, ..small.clone() });
        assert_eq!(leaves.len(), 1 << depth, "depth {depth}");
    }
    for least in [1, 50, 400, 1500, 1501] {
        let leaves = table.leaves(Params { min_data_in_leaf: least, num_leaves: 500, ..small.clone() });
        assert!(leaves.iter().all(|&rows| rows >= least), "{least}: {leaves:?}");
        assert_eq!(leaves.len() > 1, least <= 1500, "{least}: {leaves:?}");
    }
    // With squared error and no weights the sum of hessians is the number of rows.
    for least in [10, 100, 700] {
        let params = Params { min_sum_hessian: f64::from(least), num_leaves: 500, ..small.clone() };
        let leaves = table.leaves(params);
        assert!(leaves.iter().all(|&rows| rows >= least as usize), "{least}: {leaves:?}");
    }
    let few = Params { min_data_in_bin: 1000, num_leaves: 500, ..small };
    assert!(table.leaves(few).len() <= 9, "three bins of each column");
}

#[test]
fn fits_have_as_many_trees_as_asked_for() {
    let table = Table::new(2);
    for trees in [0, 1, 7] {
        assert_eq!(table.fit(&Params { trees, ..Params::default() }).trees(), trees);
    }
}

/// A fit of one split: 20 rows of 1 below 40 rows of 4, whose mean is 3.
fn two_leaves(params: Params) -> (f64, f64) {
    let x: Vec<f32> = (0..60).map(|row| if row < 20 { 0.0 } else { 1.0 }).collect();
    let label: Vec<f32> = x.iter().map(|x| 1.0 + 3.0 * x).collect();
    let params = Params { trees: 1, min_data_in_leaf: 1, ..params };
    let model = Booster::fit(&params, &Dataset::new(Features::new().numeric("x", &x), &label), None).unwrap();
    (model.predict_row(&[0.0]).unwrap() - 3.0, model.predict_row(&[1.0]).unwrap() - 3.0)
}

fn assert_close(found: (f64, f64), expected: (f64, f64)) {
    let close = |a: f64, b: f64| (a - b).abs() < 1e-5;
    assert!(close(found.0, expected.0) && close(found.1, expected.1), "{found:?}, not {expected:?}");
}

#[test]
fn leaf_values_follow_rate_and_penalties() {
    // Gradients are 2 and -1: sums 40 of 20 rows and -40 of 40 rows.
    let whole = Params { learning_rate: 1.0, ..Params::default() };
    assert_close(two_leaves(whole.clone()), (-2.0, 1.0));
    assert_close(two_leaves(Params { learning_rate: 0.25, ..whole.clone() }), (-0.5, 0.25));
    assert_close(two_leaves(Params { lambda_l2: 5.0, ..whole.clone() }), (-40.0 / 25.0, 40.0 / 45.0));
    assert_close(two_leaves(Params { lambda_l1: 10.0, ..whole.clone() }), (-30.0 / 20.0, 30.0 / 40.0));
    let both = Params { lambda_l1: 10.0, lambda_l2: 5.0, ..whole.clone() };
    assert_close(two_leaves(both), (-30.0 / 25.0, 30.0 / 45.0));
    assert_close(two_leaves(Params { lambda_l1: 41.0, ..whole }), (0.0, 0.0));
}

#[test]
fn splits_gain_at_least_what_is_asked_for() {
    // 40² / 20 + 40² / 40 over what the leaf has by itself, nothing.
    let gain = |min_gain| two_leaves(Params { min_gain, learning_rate: 1.0, ..Params::default() });
    assert_close(gain(119.9), (-2.0, 1.0));
    assert_close(gain(120.1), (0.0, 0.0));
}

#[test]
fn each_tree_uses_a_share_of_the_columns() {
    let columns: Vec<Vec<f32>> = (0..4).map(|column| uniform(column, ROWS)).collect();
    let label: Vec<f32> =
        (0..ROWS).map(|row| columns.iter().map(|column| column[row]).sum::<f32>()).collect();
    let features = ["a", "b", "c", "d"]
        .iter()
        .zip(&columns)
        .fold(Features::new(), |features, (name, values)| features.numeric(name, values));
    let data = Dataset::new(features, &label);
    let used = |seed, feature_fraction| -> Vec<usize> {
        let params = Params { trees: 1, seed, feature_fraction, ..Params::default() };
        let model = Booster::fit(&params, &data, None).unwrap();
        let moved = |column: usize| {
            (0..100).any(|row| {
                let mut values: Vec<f32> = columns.iter().map(|column| column[row]).collect();
                let before = model.predict_row(&values).unwrap();
                values[column] = 1.0 - values[column];
                model.predict_row(&values).unwrap() != before
            })
        };
        (0..4).filter(|&column| moved(column)).collect()
    };
    assert_eq!(used(1, 1.0), [0, 1, 2, 3]);
    let of_seeds: Vec<Vec<usize>> = (0..12).map(|seed| used(seed, 0.25)).collect();
    assert!(of_seeds.iter().all(|used| used.len() == 1), "{of_seeds:?}");
    assert!((0..4).all(|column| of_seeds.contains(&vec![column])), "{of_seeds:?}");
    assert!((0..12).all(|seed| used(seed, 0.5).len() == 2));
}

#[test]
fn bagged_trees_see_the_same_rows_for_as_long_as_asked_for() {
    // Labels differ in every row and each leaf holds one row: a tree shows which rows it saw.
    let x: Vec<f32> = (0..200).map(|row| row as f32).collect();
    let label: Vec<f32> = (0..200).map(|row| 1.0 + noise(3, row)).collect();
    let features = Features::new().numeric("x", &x);
    let data = Dataset::new(features.clone(), &label);
    let predict = |trees| -> Vec<f64> {
        let params = Params {
            trees,
            learning_rate: 1.0,
            num_leaves: 200,
            min_data_in_leaf: 1,
            min_data_in_bin: 1,
            sampling: Sampling::Bagging { fraction: 0.5, every: 2 },
            ..Params::default()
        };
        Booster::fit(&params, &data, None).unwrap().predict(&features).unwrap()
    };
    let exact = |predicted: &[f64]| -> Vec<usize> {
        (0..200).filter(|&row| (predicted[row] - f64::from(label[row])).abs() < 1e-4).collect()
    };
    let (one, two, three) = (exact(&predict(1)), exact(&predict(2)), exact(&predict(3)));
    assert!((60..140).contains(&one.len()), "{} of 200 rows", one.len());
    assert_eq!(one, two, "the second tree sees the rows of the first");
    assert_ne!(one, three);
}

#[test]
fn early_stopping_keeps_the_best_number_of_trees() {
    let (table, other) = (Table::new(4), Table::new(40));
    let params = Params { learning_rate: 0.3, num_leaves: 60, min_data_in_leaf: 5, ..Params::default() };
    let stopped = |patience, trees| {
        let params = Params { early_stopping: Some(patience), trees, ..params.clone() };
        Booster::fit(&params, &table.data(), Some(&other.data())).unwrap()
    };
    let model = stopped(6, 500);
    let kept = model.trees();
    assert!(kept > 2 && kept < 100, "{kept} trees");
    let loss = |trees| squared_error(&table.fit(&Params { trees, ..params.clone() }), &other);
    let best = loss(kept);
    assert_eq!(best, squared_error(&model, &other), "what is kept is the fit of so many trees");
    for trees in 1..kept + 6 {
        assert!(best <= loss(trees), "{trees} trees are better than {kept}");
    }
    assert_eq!(stopped(6, kept).trees(), kept);

    // Rows that say the opposite: no tree at all is best.
    let opposite: Vec<f32> = other.label.iter().map(|y| 2.0 - y).collect();
    let valid = Dataset::new(other.features(), &opposite);
    let params = Params { early_stopping: Some(5), ..params.clone() };
    assert_eq!(Booster::fit(&params, &table.data(), Some(&valid)).unwrap().trees(), 0);
}

#[test]
fn a_weight_counts_like_repeated_rows() {
    let x: Vec<f32> = (0..600).map(|row| (row % 30) as f32).collect();
    let label: Vec<f32> = (0..600).map(|row| (x[row] / 4.0).sin() + 2.0 + noise(5, row)).collect();
    let times = |row: usize| 1 + row % 3;
    let weight: Vec<f32> = (0..600).map(|row| times(row) as f32).collect();
    let repeated: Vec<usize> = (0..600).flat_map(|row| vec![row; times(row)]).collect();
    let (many_x, many_label): (Vec<f32>, Vec<f32>) = repeated.iter().map(|&row| (x[row], label[row])).unzip();
    let objectives = [
        Objective::Squared,
        Objective::Poisson,
        Objective::Tweedie { power: 1.5 },
        Objective::Huber { delta: 0.5 },
    ];
    for objective in objectives {
        let params = Params {
            objective: objective.clone(),
            min_data_in_leaf: 1,
            min_sum_hessian: 30.0,
            min_data_in_bin: 1,
            trees: 30,
            ..Params::default()
        };
        let features = Features::new().numeric("x", &x);
        let weighted = Dataset::new(features.clone(), &label).weight(&weight);
        let weighted = Booster::fit(&params, &weighted, None).unwrap().predict(&features).unwrap();
        let many = Dataset::new(Features::new().numeric("x", &many_x), &many_label);
        let many = Booster::fit(&params, &many, None).unwrap().predict(&features).unwrap();
        let apart = weighted.iter().zip(&many).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(apart < 1e-3, "{objective:?}: {apart}");
    }
}

#[test]
fn an_init_score_is_gone_on_from() {
    let (table, other) = (Table::new(6), Table::new(60));
    let params = Params { trees: 15, ..Params::default() };
    let first = table.fit(&params);
    let scores = |table: &Table| -> Vec<f32> {
        first.predict(&table.features()).unwrap().iter().map(|&score| score as f32).collect()
    };
    let (init, init_other) = (scores(&table), scores(&other));
    let second = Booster::fit(&params, &table.data().init_score(&init), None).unwrap();
    let error = |added: &[f64]| {
        let of_row =
            |row: usize| (f64::from(init_other[row]) + added[row] - f64::from(other.label[row])).powi(2);
        (0..ROWS).map(of_row).sum::<f64>() / ROWS as f64
    };
    let both = error(&second.predict(&other.features()).unwrap());
    let at_once = squared_error(&table.fit(&Params { trees: 30, ..params.clone() }), &other);
    assert!((both - at_once).abs() < 0.01 * at_once, "{both} in two fits, {at_once} in one");
    assert!(both < 0.9 * error(&vec![0.0; ROWS]));

    // With the labels themselves there is nothing left to learn.
    let known = Booster::fit(&params, &table.data().init_score(&table.label), None).unwrap();
    assert_eq!((known.trees(), known.predict_row(&[0.5, 0.5]).unwrap()), (0, 0.0));

    // Early stopping starts from the init score of the validation rows.
    let stopping = Params { early_stopping: Some(3), ..params };
    let exact = other.data().init_score(&other.label);
    let stopped = Booster::fit(&stopping, &table.data().init_score(&init), Some(&exact)).unwrap();
    assert_eq!(stopped.trees(), 0, "nothing beats what is exact");
}

#[test]
fn parameters_out_of_their_range_are_named() {
    let table = Table::new(7);
    let cases: [(Params, &str); 12] = [
        (Params { learning_rate: 0.0, ..Params::default() }, "learning_rate is 0"),
        (Params { learning_rate: f64::NAN, ..Params::default() }, "learning_rate is NaN"),
        (Params { num_leaves: 1, ..Params::default() }, "num_leaves is 1"),
        (Params { max_depth: Some(0), ..Params::default() }, "max_depth is 0"),
        (Params { min_sum_hessian: -1.0, ..Params::default() }, "min_sum_hessian is -1"),
        (Params { lambda_l1: f64::INFINITY, ..Params::default() }, "lambda_l1 is inf"),
        (Params { lambda_l2: -0.1, ..Params::default() }, "lambda_l2 is -0.1"),
        (Params { min_gain: f64::NAN, ..Params::default() }, "min_gain is NaN"),
        (Params { max_bin: 1, ..Params::default() }, "max_bin is 1"),
        (Params { feature_fraction: 1.1, ..Params::default() }, "feature_fraction is 1.1"),
        (
            Params { sampling: Sampling::Goss { top: 0.6, other: 0.5 }, ..Params::default() },
            "sampling.other is 0.5",
        ),
        (Params { threads: Some(0), ..Params::default() }, "threads is 0"),
    ];
    for (params, expected) in cases {
        let error = Booster::fit(&params, &table.data(), None).unwrap_err().to_string();
        assert!(error.starts_with(&format!("parameter {expected}; it must be ")), "{error}");
    }
}
