//! Monotone constraints: for any objective and any data, predictions never go the wrong way.

use std::sync::Arc;

use forecast_boost::{
    BoostError, Booster, Dataset, Features, Gradient, Loss, Monotone, Objective, Params, RowsOf, Sampling,
};

use crate::support::{noise, uniform};

/// Squared error that grows faster above than below, to have an objective of one's own.
#[derive(Debug)]
struct Lopsided;

impl Loss for Lopsided {
    fn start(&self, _: &Dataset<'_>) -> f64 {
        1.0
    }

    fn gradients(&self, scores: &[f64], rows: RowsOf<'_>, gradients: &mut [Gradient]) {
        for ((gradient, score), label) in gradients.iter_mut().zip(scores).zip(rows.label) {
            let error = score - f64::from(*label);
            let factor = if error > 0.0 { 3.0 } else { 1.0 };
            *gradient = Gradient { grad: (factor * error) as f32, hess: factor as f32 };
        }
    }

    fn loss(&self, score: f64, label: f64) -> f64 {
        let error = score - label;
        error * error * if error > 0.0 { 3.0 } else { 1.0 }
    }
}

fn objectives() -> Vec<Objective> {
    vec![
        Objective::Squared,
        Objective::Absolute,
        Objective::Huber { delta: 0.7 },
        Objective::Poisson,
        Objective::Tweedie { power: 1.4 },
        Objective::Quantile { level: 0.9 },
        Objective::Quantile { level: 0.2 },
        Objective::Custom(Arc::new(Lopsided)),
    ]
}

const NAMES: [&str; 4] = ["up", "down", "free", "store"];

/// Columns `up` and `down` with missing values, `free`, and the categories `store`.
fn columns(seed: u64, rows: usize) -> [Vec<f32>; 4] {
    let holes = |seed: u64, every: usize| -> Vec<f32> {
        (0..rows)
            .map(|row| if row.is_multiple_of(every) { f32::NAN } else { (noise(seed, row) * 64.0).floor() })
            .collect()
    };
    let store = (0..rows).map(|row| (noise(seed + 3, row) * 12.0).floor()).collect();
    [holes(seed, 7), holes(seed + 1, 11), uniform(seed + 2, rows), store]
}

fn features(columns: &[Vec<f32>; 4]) -> Features<'_> {
    let numeric = NAMES.iter().zip(columns).take(3);
    numeric
        .fold(Features::new(), |features, (name, values)| features.numeric(name, values))
        .categorical(NAMES[3], &columns[3])
}

/// Labels not below 0 that wave in both constrained columns, so that no constraint holds by itself.
fn label(seed: u64, columns: &[Vec<f32>; 4]) -> Vec<f32> {
    let [up, down, free, store] = columns;
    (0..up.len())
        .map(|row| {
            let wave = (up[row] / 4.0).sin() + (down[row] / 6.0).cos() * store[row];
            let trend = up[row] * 0.05 - down[row] * 0.03;
            let known = |x: f32| if x.is_nan() { 1.0 } else { x };
            (known(wave) + known(trend) + free[row] * 4.0 + 3.0 * noise(seed, row)).max(0.0)
        })
        .collect()
}

fn constraints() -> Vec<(String, Monotone)> {
    vec![("up".to_owned(), Monotone::Increasing), ("down".to_owned(), Monotone::Decreasing)]
}

#[test]
fn predictions_never_go_the_wrong_way() {
    for (case, objective) in objectives().into_iter().enumerate() {
        let seed = 100 * case as u64;
        let train = columns(seed, 2500);
        let label = label(seed, &train);
        let weight: Vec<f32> = (0..label.len()).map(|row| 0.5 + noise(seed + 9, row)).collect();
        let mut data = Dataset::new(features(&train), &label);
        if case % 2 == 1 {
            data = data.weight(&weight);
        }
        let params = Params {
            objective: objective.clone(),
            trees: 30,
            num_leaves: 24,
            learning_rate: 0.3,
            min_data_in_leaf: 3,
            lambda_l1: if case % 3 == 0 { 0.5 } else { 0.0 },
            lambda_l2: 0.1,
            sampling: if case % 3 == 1 {
                Sampling::Bagging { fraction: 0.7, every: 1 }
            } else {
                Sampling::All
            },
            monotone: constraints(),
            ..Params::default()
        };
        let model = Booster::fit(&params, &data, None).unwrap();
        assert!(model.trees() > 5, "{objective:?}");
        let free = Booster::fit(&Params { monotone: Vec::new(), ..params }, &data, None).unwrap();

        let rows = columns(seed + 50, 200);
        let steps: Vec<f32> = (-4..=140).map(|half| half as f32 / 2.0).chain([f32::INFINITY]).collect();
        let mut broken_by_free = 0;
        for (column, sign) in [(0, 1.0), (1, -1.0)] {
            for row in 0..rows[0].len() {
                let mut values: Vec<f32> = rows.iter().map(|column| column[row]).collect();
                let mut before = [f64::NEG_INFINITY; 2];
                for &step in &steps {
                    values[column] = step;
                    let now = [&model, &free].map(|model| sign * model.predict_row(&values).unwrap());
                    assert!(
                        now[0] >= before[0],
                        "{objective:?}, {} at {step}: {now:?} after {before:?}",
                        NAMES[column]
                    );
                    broken_by_free += usize::from(now[1] < before[1]);
                    before = now;
                }
            }
        }
        assert!(broken_by_free > 100, "{objective:?}: the data do not ask for constraints");
    }
}

#[test]
fn constraints_that_the_data_obey_cost_little() {
    let rows = 4000;
    let (train, other) = (columns(7, rows), columns(77, rows));
    let rising = |seed: u64, columns: &[Vec<f32>; 4]| -> Vec<f32> {
        let known = |x: f32| if x.is_nan() { 30.0 } else { x };
        (0..rows)
            .map(|row| known(columns[0][row]).powi(2) + 900.0 * columns[2][row] + 500.0 * noise(seed, row))
            .collect()
    };
    let (label, expected) = (rising(8, &train), rising(9, &other));
    let data = Dataset::new(features(&train), &label);
    for objective in [Objective::Squared, Objective::Absolute, Objective::Quantile { level: 0.8 }] {
        let loss = |monotone| {
            let params = Params { objective: objective.clone(), monotone, ..Params::default() };
            let predicted = Booster::fit(&params, &data, None).unwrap().predict(&features(&other)).unwrap();
            let of_row = |(predicted, &label): (f64, &f32)| {
                let error = f64::from(label) - predicted;
                match objective {
                    Objective::Squared => error * error,
                    Objective::Absolute => error.abs(),
                    _ => (0.8 * error).max(-0.2 * error),
                }
            };
            predicted.into_iter().zip(&expected).map(of_row).sum::<f64>()
        };
        let (bound, free) = (loss(constraints()), loss(Vec::new()));
        assert!(bound < 1.05 * free, "{objective:?}: {bound} with constraints, {free} without");
    }
}

#[test]
fn columns_that_cannot_be_constrained_are_named() {
    let train = columns(1, 50);
    let label = label(1, &train);
    let said = |constraints: &[&str]| {
        let monotone = constraints.iter().map(|&name| (name.to_owned(), Monotone::Increasing)).collect();
        let params = Params { monotone, ..Params::default() };
        Booster::fit(&params, &Dataset::new(features(&train), &label), None).unwrap_err()
    };
    assert_eq!(
        said(&["price"]),
        BoostError::UnknownColumn {
            name: "monotone",
            column: "price".to_owned(),
            columns: "up, down, free, store".to_owned(),
        }
    );
    assert_eq!(
        said(&["store"]).to_string(),
        "parameter monotone is store; it must be about numeric columns: categories have no order"
    );
    assert_eq!(
        said(&["up", "up"]).to_string(),
        "parameter monotone is up; it must be about each column once"
    );
}
