//! A fit that is watched, and stopped.

use std::ops::ControlFlow;

use forecast_boost::{Booster, Dataset, Features, Params, Sampling};

const ROWS: usize = 2_000;

fn columns() -> [Vec<f32>; 3] {
    let a: Vec<f32> = (0..ROWS).map(|row| ((row * 37) % 101) as f32).collect();
    let b: Vec<f32> = (0..ROWS).map(|row| if row % 9 == 0 { f32::NAN } else { (row % 5) as f32 }).collect();
    let label = a.iter().zip(&b).map(|(a, b)| a.sqrt() + if *b == 3.0 { 4.0 } else { 0.0 }).collect();
    [a, b, label]
}

#[test]
fn a_fit_that_is_stopped_has_the_trees_so_far() {
    let [a, b, label] = columns();
    let features = Features::new().numeric("a", &a).categorical("b", &b);
    let data = Dataset::new(features.clone(), &label);
    let mut told = Vec::new();
    let mut stop_at = |limit: usize| {
        told.clear();
        let params = Params { trees: 12, ..Params::default() };
        let mut after_tree = |trees: usize| {
            told.push(trees);
            if trees == limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        Booster::fit_watched(&params, (&data, None), &mut after_tree).unwrap()
    };
    let stopped = stop_at(5);
    assert_eq!(stop_at(usize::MAX).trees(), 12);
    assert_eq!(told, (1..=12).collect::<Vec<_>>());
    let short = Booster::fit(&Params { trees: 5, ..Params::default() }, &data, None).unwrap();
    assert_eq!(stopped.predict(&features).unwrap(), short.predict(&features).unwrap());
}

#[test]
fn a_fit_whose_samples_cannot_be_split_can_be_stopped_and_stops_early() {
    let [a, b, label] = columns();
    let data = Dataset::new(Features::new().numeric("a", &a).categorical("b", &b), &label);
    let sampling = Sampling::Bagging { fraction: 0.5, every: 1 };
    let params = Params { trees: 20, min_data_in_leaf: ROWS / 2, sampling, ..Params::default() };
    let mut rounds = 0;
    let mut after_tree = |_: usize| {
        rounds += 1;
        if rounds == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let model = Booster::fit_watched(&params, (&data, None), &mut after_tree).unwrap();
    assert_eq!((rounds, model.trees()), (3, 0));

    let mut rounds = 0;
    let params = Params { early_stopping: Some(4), ..params };
    let mut after_tree = |_: usize| {
        rounds += 1;
        ControlFlow::Continue(())
    };
    Booster::fit_watched(&params, (&data, Some(&data)), &mut after_tree).unwrap();
    assert_eq!(rounds, 3, "the fourth round without a split ends the fit");
}
