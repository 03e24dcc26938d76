//! Data that are wrong, extreme or empty: an error that says where, or the behaviour that
//! [`Booster::fit`] documents.

use std::sync::Arc;

use forecast_boost::{
    BoostError, Booster, Dataset, Features, Gradient, Loss, Model, Objective, Params, RowsOf, Sampling,
};

use crate::support::{noise, uniform};

fn params() -> Params {
    Params { trees: 10, min_data_in_leaf: 2, ..Params::default() }
}

fn said(data: &Dataset<'_>, valid: Option<&Dataset<'_>>, params: &Params) -> String {
    Booster::fit(params, data, valid).unwrap_err().to_string()
}

/// What is said of one numeric column with these labels.
fn said_of_labels(label: &[f32], objective: Objective) -> String {
    let x: Vec<f32> = (0..label.len()).map(|row| row as f32).collect();
    let data = Dataset::new(Features::new().numeric("x", &x), label);
    said(&data, None, &Params { objective, ..params() })
}

fn every_objective() -> Vec<Objective> {
    vec![
        Objective::Squared,
        Objective::Absolute,
        Objective::Huber { delta: 1.0 },
        Objective::Poisson,
        Objective::Tweedie { power: 1.5 },
        Objective::Quantile { level: 0.9 },
    ]
}

#[test]
fn labels_that_cannot_be_learned_are_named() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for objective in every_objective() {
            let error = said_of_labels(&[1.0, 2.0, bad, bad], objective);
            assert!(error.starts_with(&format!("the label is {bad} in row 2; it must be")), "{error}");
        }
    }
    for objective in [Objective::Poisson, Objective::Tweedie { power: 1.2 }] {
        let error = said_of_labels(&[1.0, -0.5], objective);
        assert_eq!(error, "the label is -0.5 in row 1; it must be finite and not below 0");
    }
}

#[test]
fn tables_without_rows_or_columns_are_refused() {
    let none: [f32; 0] = [];
    let data = Dataset::new(Features::new().numeric("x", &none), &none);
    assert_eq!(Booster::fit(&params(), &data, None).unwrap_err(), BoostError::NoRows);
    let data = Dataset::new(Features::new(), &[1.0]);
    assert_eq!(Booster::fit(&params(), &data, None).unwrap_err(), BoostError::NoFeatures);

    let rows = Dataset::new(Features::new().numeric("x", &[1.0, 2.0]), &[1.0, 2.0]);
    let empty = Dataset::new(Features::new().numeric("x", &none), &none);
    assert_eq!(
        said(&rows, Some(&empty), &params()),
        "in the validation data: the data have no rows; at least one is needed"
    );
    let model = Booster::fit(&params(), &rows, None).unwrap();
    assert_eq!(model.predict(&Features::new().numeric("x", &none)).unwrap(), Vec::<f64>::new());
}

#[test]
fn lengths_and_names_must_agree() {
    let (x, y) = ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]);
    let fit = |data: &Dataset<'_>| said(data, None, &params());
    let two = Features::new().numeric("x", &x).numeric("z", &x[..2]);
    assert_eq!(fit(&Dataset::new(two, &y)), "column \"z\" has 2 values, but there are 3 rows");
    let one = || Features::new().numeric("x", &x);
    assert_eq!(fit(&Dataset::new(one(), &y[..1])), "the label has 1 values, but there are 3 rows");
    let data = Dataset::new(one(), &y).weight(&x[..2]);
    assert_eq!(fit(&data), "the weight has 2 values, but there are 3 rows");
    let data = Dataset::new(one(), &y).init_score(&x[..2]);
    assert_eq!(fit(&data), "the init score has 2 values, but there are 3 rows");
    let twice = one().categorical("x", &x);
    assert_eq!(fit(&Dataset::new(twice, &y)), "two columns are called \"x\"; names must differ");
}

#[test]
fn weights_and_init_scores_must_be_numbers() {
    let (x, y) = ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]);
    for bad in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        let weight = [1.0, bad, 1.0];
        let data = Dataset::new(Features::new().numeric("x", &x), &y).weight(&weight);
        let error = said(&data, None, &params());
        assert_eq!(error, format!("the weight is {bad} in row 1; it must be finite and above zero"));
    }
    let data = Dataset::new(Features::new().numeric("x", &x), &y).init_score(&[0.0, 0.0, f32::NAN]);
    assert_eq!(said(&data, None, &params()), "the init score is NaN in row 2; it must be a finite number");
}

#[test]
fn validation_data_must_be_like_training_data() {
    let (x, y) = ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]);
    let features = || Features::new().numeric("x", &x).numeric("z", &y);
    let train = Dataset::new(features(), &y);
    let fit = |valid: &Dataset<'_>| said(&train, Some(valid), &params());

    assert_eq!(
        fit(&Dataset::new(Features::new().numeric("x", &x), &y)),
        "in the validation data: the model was fitted on 2 features, but the data have 1; give the same columns in the same order"
    );
    assert_eq!(
        fit(&Dataset::new(Features::new().numeric("z", &x).numeric("x", &x), &y)),
        "in the validation data: column 0 is \"z\" (Numeric), but \"x\" (Numeric) in the training data; give the same columns in the same order"
    );
    assert!(
        fit(&Dataset::new(Features::new().numeric("x", &x).categorical("z", &x), &y))
            .contains("column 1 is \"z\" (Categorical)")
    );
    assert!(fit(&Dataset::new(features(), &[1.0, f32::NAN, 1.0])).contains("the label is NaN in row 1"));
    assert_eq!(
        fit(&train.clone().init_score(&x)),
        "in the validation data: only the validation data have an init score; give both or neither, or losses do not compare"
    );
    let offset = train.clone().init_score(&x);
    assert!(said(&offset, Some(&train), &params()).contains("only the training data have an init score"));
    let stopping = Params { early_stopping: Some(7), ..params() };
    assert_eq!(
        said(&train, None, &stopping),
        "parameter early_stopping is 7; it must be absent without validation data"
    );
}

/// Fits, and predicts the first row of the same data.
fn first_prediction(features: &Features<'_>, label: &[f32], params: &Params) -> (Model, f64) {
    let model = Booster::fit(params, &Dataset::new(features.clone(), label), None).unwrap();
    let predicted = model.predict(features).unwrap()[0];
    (model, predicted)
}

#[test]
fn data_with_nothing_to_learn_give_the_start() {
    let close = |a: f64, b: f64| (a - b).abs() < 1e-6;
    for objective in every_objective() {
        let params = Params { objective: objective.clone(), ..params() };
        let (model, one) = first_prediction(&Features::new().numeric("x", &[3.0]), &[7.0], &params);
        assert!(model.trees() == 0 && close(one, 7.0), "{objective:?}, one row: {one}");

        let x = uniform(1, 500);
        let (model, alike) = first_prediction(&Features::new().numeric("x", &x), &[0.1; 500], &params);
        assert!(model.trees() == 0 && close(alike, f64::from(0.1_f32)), "{objective:?}, alike: {alike}");
        let (model, zero) = first_prediction(&Features::new().numeric("x", &x), &[0.0; 500], &params);
        assert!(model.trees() == 0 && zero.abs() < 1e-8, "{objective:?}, zeros: {zero}");

        let label = [2.0; 250].into_iter().chain([4.0; 250]).collect::<Vec<f32>>();
        let constant = Features::new().numeric("x", &[5.0; 500]).categorical("c", &[2.0; 500]);
        let (model, flat) = first_prediction(&constant, &label, &params);
        assert!(model.trees() == 0 && (2.0..=4.0).contains(&flat), "{objective:?}, constant: {flat}");

        let few = Params { min_data_in_leaf: 20, ..params };
        let (model, tiny) = first_prediction(&Features::new().numeric("x", &x[..39]), &label[231..270], &few);
        assert!(model.trees() == 0 && (2.0..=4.0).contains(&tiny), "{objective:?}, tiny: {tiny}");
    }
}

#[test]
fn huge_labels_are_fitted_without_overflow() {
    let x: Vec<f32> = (0..400).map(|row| (row % 20) as f32).collect();
    let features = Features::new().numeric("x", &x);
    for huge in [1e20, 1e30, f32::MAX] {
        for objective in every_objective() {
            let has_log_link = matches!(objective, Objective::Poisson | Objective::Tweedie { .. });
            let sign = if has_log_link { 0.0 } else { -1.0 };
            let label: Vec<f32> = x.iter().map(|&x| if x < 10.0 { huge } else { sign * huge }).collect();
            let data = Dataset::new(features.clone(), &label);
            for sampling in [Sampling::All, Sampling::Goss { top: 0.3, other: 0.3 }] {
                let params = Params { objective: objective.clone(), sampling, trees: 40, ..params() };
                let model = Booster::fit(&params, &data, None).unwrap();
                let predicted = model.predict(&features).unwrap();
                assert!(predicted.iter().all(|value| value.is_finite()), "{objective:?} of {huge}");
                let is_squared = matches!(objective, Objective::Squared | Objective::Absolute);
                if is_squared && sampling == Sampling::All {
                    let share = predicted[0] / f64::from(huge);
                    assert!(share > 0.9, "{objective:?} of {huge}: {share}");
                    assert!(predicted[19] / f64::from(huge) < -0.9, "{objective:?} of {huge}");
                }
            }
        }
    }
}

#[test]
fn infinite_feature_values_have_their_place_in_the_order() {
    let x: Vec<f32> = (0..90)
        .map(|row| [f32::NEG_INFINITY, f32::MIN, 0.0, 1.0, f32::MAX, f32::INFINITY, f32::NAN][row % 7])
        .collect();
    let label: Vec<f32> = (0..90).map(|row| [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0][row % 7]).collect();
    let features = Features::new().numeric("x", &x);
    let params = Params { trees: 200, ..params() };
    let model = Booster::fit(&params, &Dataset::new(features.clone(), &label), None).unwrap();
    for (predicted, label) in model.predict(&features).unwrap().iter().zip(&label) {
        assert!((predicted - f64::from(*label)).abs() < 0.01, "{predicted} for {label}");
    }
}

#[test]
fn category_numbers_are_checked_in_fits_and_unknown_in_predictions() {
    let c: Vec<f32> = (0..400).map(|row| [0.0, 1.0, 2.0, -1.0, f32::NAN][row % 5]).collect();
    let label: Vec<f32> = c.iter().map(|&c| if c == 1.0 { 5.0 } else { 1.0 }).collect();
    let features = Features::new().categorical("c", &c);
    let params = Params { trees: 100, ..params() };
    let model = Booster::fit(&params, &Dataset::new(features, &label), None).unwrap();
    let predict = |category: f32| model.predict_row(&[category]).unwrap();
    assert!((predict(1.0) - 5.0).abs() < 0.01);
    assert_eq!(predict(1.7), predict(1.0), "the fraction is cut off");
    let unknown = predict(f32::NAN);
    assert!((unknown - 1.0).abs() < 0.01);
    for other in [-1.0, -7.5, 3.0, 1e6, 1e9, f32::MAX, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(predict(other), unknown, "{other}");
    }

    for bad in [0.5, -0.5, 16_777_216.0, 1e9, f32::INFINITY] {
        let mut c = c.clone();
        c[3] = bad;
        let error = said(&Dataset::new(Features::new().categorical("c", &c), &label), None, &params);
        assert_eq!(
            error,
            format!(
                "column \"c\" is {bad} in row 3; it must be a whole number up to 16777215, or negative or missing where not known"
            )
        );
    }
}

#[test]
fn many_categories_have_bins_of_two_bytes_and_too_many_are_refused() {
    let fit = |rows: usize, categories: usize| {
        let c: Vec<f32> = (0..rows).map(|row| (row % categories) as f32).collect();
        let label: Vec<f32> = c.iter().map(|c| if c % 2.0 == 0.0 { 1.0 } else { 3.0 }).collect();
        let params = Params { trees: 30, learning_rate: 0.3, ..params() };
        let model =
            Booster::fit(&params, &Dataset::new(Features::new().categorical("item", &c), &label), None)?;
        Ok((model.predict_row(&[0.0])?, model.predict_row(&[1.0])?))
    };
    let (even, odd) = fit(30_000, 300).unwrap();
    assert!(even < 1.3 && odd > 2.7, "{even} and {odd}");
    let error: BoostError = fit(70_000, 70_000).unwrap_err();
    assert_eq!(error, BoostError::TooManyCategories { column: "item".to_owned(), limit: 65_535 });
}

#[test]
fn more_than_255_bins_tell_more_values_apart() {
    let x: Vec<f32> = (0..6000).map(|row| (row % 2000) as f32).collect();
    let label: Vec<f32> = x.iter().map(|&x| if (997.0..1000.0).contains(&x) { 100.0 } else { 0.0 }).collect();
    let features = Features::new().numeric("x", &x);
    let error = |max_bin| {
        let params = Params { max_bin, trees: 100, ..params() };
        let model = Booster::fit(&params, &Dataset::new(features.clone(), &label), None).unwrap();
        let predicted = model.predict(&features).unwrap();
        predicted.iter().zip(&label).map(|(p, y)| (p - f64::from(*y)).abs()).sum::<f64>() / 6000.0
    };
    let (narrow, wide) = (error(255), error(3000));
    assert!(wide < 0.01 && narrow > 5.0 * wide, "{wide} with 3000 bins, {narrow} with 255");
}

#[test]
fn predictions_need_the_columns_of_the_fit() {
    let (x, y) = (uniform(1, 100), uniform(2, 100));
    let features = Features::new().numeric("x", &x).numeric("z", &y);
    let model = Booster::fit(&params(), &Dataset::new(features, &y), None).unwrap();
    let error = BoostError::FeatureCount { expected: 2, found: 1 };
    assert_eq!(model.predict(&Features::new().numeric("x", &x)).unwrap_err(), error);
    assert_eq!(model.predict_row(&[1.0]).unwrap_err(), error);
    assert_eq!(model.predict(&Features::new()).unwrap_err(), BoostError::NoFeatures);
    let uneven = Features::new().numeric("x", &x).numeric("z", &y[..50]);
    assert!(matches!(model.predict(&uneven).unwrap_err(), BoostError::Length { .. }));
}

/// Squared error with something wrong.
#[derive(Debug)]
struct Odd {
    start: f64,
    /// What the derivatives of a row with label 0.5 are.
    odd: Gradient,
    loss: f64,
    renewal: Option<f64>,
}

impl Default for Odd {
    fn default() -> Self {
        Self { start: 0.0, odd: Gradient { grad: 0.1, hess: 1.0 }, loss: 0.0, renewal: None }
    }
}

impl Loss for Odd {
    fn start(&self, _: &Dataset<'_>) -> f64 {
        self.start
    }

    fn gradients(&self, scores: &[f64], rows: RowsOf<'_>, gradients: &mut [Gradient]) {
        for ((gradient, score), &label) in gradients.iter_mut().zip(scores).zip(rows.label) {
            let plain = Gradient { grad: *score as f32 - label, hess: 1.0 };
            *gradient = if label == 0.5 { self.odd } else { plain };
        }
    }

    fn loss(&self, _: f64, _: f64) -> f64 {
        self.loss
    }

    fn renewal(&self) -> Option<f64> {
        self.renewal
    }
}

#[test]
fn losses_of_ones_own_are_looked_at() {
    let x: Vec<f32> = (0..5000).map(|row| noise(1, row) * 9.0).collect();
    let label: Vec<f32> = (0..5000).map(|row| if row >= 4321 { 0.5 } else { x[row] + 1.0 }).collect();
    let data = Dataset::new(Features::new().numeric("x", &x), &label);
    let fit = |loss: Odd| {
        let stops = loss.loss.is_nan();
        let objective = Objective::Custom(Arc::new(loss));
        let params = Params { objective, early_stopping: stops.then_some(3), ..params() };
        Booster::fit(&params, &data, stops.then_some(&data))
    };
    assert_eq!(fit(Odd::default()).unwrap().trees(), 10);
    for odd in [
        Gradient { grad: f32::NAN, hess: 1.0 },
        Gradient { grad: f32::INFINITY, hess: 1.0 },
        Gradient { grad: 1.0, hess: f32::NAN },
        Gradient { grad: 1.0, hess: f32::INFINITY },
        Gradient { grad: 1.0, hess: -0.1 },
    ] {
        let error = fit(Odd { odd, ..Odd::default() }).unwrap_err().to_string();
        let expected = format!(
            "the objective's derivatives in row 4321 are {} and {} after 0 trees; both must be finite and the second not below 0",
            odd.grad, odd.hess
        );
        assert_eq!(error, expected);
    }
    for level in [f64::NAN, -0.5, 0.0, 1.0, 1.5] {
        let error = fit(Odd { renewal: Some(level), ..Odd::default() }).unwrap_err().to_string();
        let expected = format!("parameter renewal of the loss is {level}; it must be above 0 and below 1");
        assert_eq!(error, expected);
    }
    let error = fit(Odd { start: f64::NAN, ..Odd::default() }).unwrap_err().to_string();
    assert_eq!(error, "the objective starts from NaN; it must be a finite number");
    let error = fit(Odd { loss: f64::NAN, ..Odd::default() }).unwrap_err();
    assert_eq!(error, BoostError::LossIsNan { trees: 0 });
}
