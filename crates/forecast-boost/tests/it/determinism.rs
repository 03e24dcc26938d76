//! The same data, parameters and seed: the same bytes of a model for any number of threads.

use forecast_boost::{Booster, Dataset, Features, Model, Objective, Params};

use crate::support::noise;

#[test]
fn any_number_of_threads_fits_the_same_model() {
    let rows = 30_000;
    let a: Vec<f32> = (0..rows).map(|row| noise(1, row)).collect();
    let b: Vec<f32> = (0..rows).map(|row| if row % 11 == 0 { f32::NAN } else { noise(2, row) }).collect();
    let c: Vec<f32> = (0..rows).map(|row| (noise(3, row) * 40.0).floor()).collect();
    let label: Vec<f32> = (0..rows)
        .map(|row| 3.0 * a[row] + c[row] % 7.0 + if b[row] > 0.5 { noise(4, row) } else { 0.0 })
        .collect();
    let features = Features::new().numeric("a", &a).numeric("b", &b).categorical("c", &c);
    let data = Dataset::new(features, &label);
    for objective in
        [Objective::Squared, Objective::Tweedie { power: 1.3 }, Objective::Quantile { level: 0.9 }]
    {
        let fit = |threads| -> Model {
            let params = Params {
                objective: objective.clone(),
                trees: 20,
                threads: Some(threads),
                ..Params::default()
            };
            Booster::fit(&params, &data, None).unwrap()
        };
        let one = fit(1).to_bytes().unwrap();
        for threads in [2, 3, 8] {
            assert!(one == fit(threads).to_bytes().unwrap(), "{objective:?}, {threads} threads");
        }
    }
}
