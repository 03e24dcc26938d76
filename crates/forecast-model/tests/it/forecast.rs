//! What a trained model answers.

use forecast_core::{Fit, Horizon, Predict, QuantileLevels, SeriesKey};
use forecast_features::ingest::FutureValues;
use forecast_model::{BoostedLoss, Family, FamilyFit, ForecastError, ForecastRequest};

use crate::support::{HORIZON, SERIES, horizon, levels, panel, plan, trained};

fn ask<'a>(series: &'a [usize], levels: &'a QuantileLevels) -> ForecastRequest<'a> {
    ForecastRequest { series, horizon: horizon(), levels, future: None }
}

#[test]
fn an_answer_has_every_step_and_quantiles_that_do_not_cross() {
    let panel = panel(HORIZON as usize);
    let levels = levels(&[0.05, 0.1, 0.37, 0.5, 0.9, 0.99]);
    for &family in Family::all() {
        let (model, _) = trained(&panel, family);
        let answer = model.forecast(&ask(&[3, 0], &levels)).unwrap();
        assert_eq!(answer.series[0].key, SeriesKey::new(["s03"]));
        assert_eq!(answer.series[1].key, SeriesKey::new(["s00"]));
        for series in &answer.series {
            assert_eq!(series.mean.len(), HORIZON as usize);
            assert!(series.mean.iter().all(|value| value.is_finite() && *value >= 0.0), "{family}");
            for step in 0..HORIZON as usize {
                let rows: Vec<f64> = series.quantiles.iter().map(|row| row[step]).collect();
                assert!(rows.is_sorted() && rows[0] >= 0.0, "{family}: {rows:?}");
            }
        }
    }
}

#[test]
fn a_model_answers_what_its_family_forecasts() {
    let panel = panel(HORIZON as usize);
    for family in [Family::Drift, Family::ElasticNet, Family::ExtraTrees, Family::Boosted] {
        let (model, _) = trained(&panel, family);
        let fit = FamilyFit {
            family,
            plan: plan(&panel),
            seed: 7,
            memory_budget_bytes: 1 << 28,
            counts: true,
            loss: BoostedLoss::Tweedie { power: 1.5 },
            horizon: horizon(),
        };
        let points = fit.fit(&panel).unwrap().predict(&panel, horizon()).unwrap();
        let all: Vec<usize> = (0..SERIES).collect();
        let answer = model.forecast(&ask(&all, &levels(&[]))).unwrap();
        // The same from the history as from what the model remembers of it.
        let again = model.forecast_panel(&panel, horizon(), &levels(&[])).unwrap();
        assert_eq!(answer, again, "{family}");
        for (series, points) in answer.series.iter().zip(points.rows()) {
            assert_eq!(series.mean, points, "{family}");
        }
    }
}

#[test]
fn promotions_raise_the_forecast() {
    let panel = panel(0);
    let (model, _) = trained(&panel, Family::Ridge);
    assert_eq!(model.card().required_future, ["promo"]);
    let future = |promo: f32| FutureValues { columns: vec![vec![promo; 14]], findings: Vec::new() };
    let mean = |promo: f32| {
        let future = future(promo);
        let levels = levels(&[]);
        let request = ForecastRequest { future: Some(&future), ..ask(&[4], &levels) };
        model.forecast(&request).unwrap().series[0].mean.iter().sum::<f64>()
    };
    assert!(mean(1.0) > 1.4 * mean(0.0), "{} and {}", mean(1.0), mean(0.0));
}

#[test]
fn questions_without_an_answer_say_what_to_change() {
    let panel = panel(5);
    let (model, _) = trained(&panel, Family::Ridge);
    let none = levels(&[]);
    let error = |request: ForecastRequest<'_>| model.forecast(&request).unwrap_err();

    let missing = error(ask(&[2], &none));
    let period = panel.series(2).next_period().plus(5);
    let series = SeriesKey::new(["s02"]);
    assert_eq!(missing, ForecastError::MissingFuture { series, period, column: "promo".to_owned() });

    let short = ForecastRequest { horizon: Horizon::new(5).unwrap(), ..ask(&[2], &none) };
    assert_eq!(model.forecast(&short).unwrap().series[0].mean.len(), 5);

    let long = ForecastRequest { horizon: Horizon::new(15).unwrap(), ..ask(&[2], &none) };
    assert!(matches!(error(long), ForecastError::HorizonTooLong { .. }));

    let unknown = error(ask(&[SERIES], &none));
    assert_eq!(unknown, ForecastError::UnknownSeries { index: SERIES, count: SERIES });

    let extreme = levels(&[0.999]);
    let error_text = error(ask(&[1], &extreme)).to_string();
    assert!(error_text.contains("0.999 is outside the calibrated range 0.01 to 0.99"), "{error_text}");

    let future = FutureValues { columns: vec![vec![0.0; 13]], findings: Vec::new() };
    let request = ForecastRequest { future: Some(&future), ..ask(&[1], &none) };
    assert!(matches!(error(request), ForecastError::FutureShape { expected: 14, found: 13, .. }));
}

#[test]
fn importance_names_the_features_that_matter() {
    let panel = panel(0);
    for family in [Family::Ridge, Family::RandomForest] {
        let (model, _) = trained(&panel, family);
        let importance = model.feature_importance();
        assert_eq!(importance.len(), model.card().features.len());
        assert!(importance.is_sorted_by(|a, b| a.1 >= b.1));
        assert!((importance.iter().map(|(_, share)| share).sum::<f64>() - 1.0).abs() < 1e-6, "{family}");
        let place = importance.iter().position(|(name, _)| name == "promo").unwrap();
        assert!(place < 8, "{family}: promo is number {place}");
    }
    assert!(trained(&panel, Family::Naive).0.feature_importance().is_empty());
}

#[test]
fn the_history_that_is_kept_ends_where_forecasts_begin() {
    let panel = panel(0);
    let (model, _) = trained(&panel, Family::Naive);
    let (first, values) = model.history(1);
    assert_eq!(values.len(), 365);
    assert_eq!(first.plus(365), model.next_period(1));
    assert_eq!(values, &panel.series(1).target()[420 - 365..]);
    assert_eq!(model.history(SERIES - 1).1.len(), 60);
    assert_eq!(model.position(&SeriesKey::new(["s07"])), Some(7));
    assert_eq!(model.position(&SeriesKey::new(["x"])), None);
}
