//! Boosted trees: how many of them, on what, and what is refused.

use forecast_core::{Fit, Horizon, PointForecasts, Predict};
use forecast_model::{
    BacktestConfig, BoostedLoss, Family, FamilyFit, ModelError, NoObserver, TrainRequest, backtest, train,
};

use crate::support::{
    HORIZON, Watcher, config, counts_with_zeros, horizon, panel, panel_of_sizes, plan, scaled_plan, spec,
    trained, trained_at,
};

#[test]
fn seasonal_counts_with_many_zeros_are_forecast_better_than_by_last_week() {
    let panel = counts_with_zeros();
    let config = config(&[Family::SeasonalNaive, Family::Boosted]);
    let report = backtest(&panel, &scaled_plan(&panel), &config, &NoObserver).unwrap();
    let (boosted, naive) =
        (report.model(Family::Boosted).unwrap(), report.model(Family::SeasonalNaive).unwrap());
    assert_eq!(report.champion().unwrap().family, Family::Boosted);
    for (boosted, naive) in boosted.by_window.iter().zip(&naive.by_window) {
        assert!(boosted.wape < 0.85 * naive.wape, "{} against {}", boosted.wape, naive.wape);
        assert!(boosted.bias.abs() < 0.1, "bias {}", boosted.bias);
    }
}

#[test]
fn every_loss_fits_every_target() {
    let panel = panel_of_sizes(&[3.0, 40.0, 5_000.0]);
    for loss in [BoostedLoss::Squared, BoostedLoss::Tweedie { power: 1.5 }] {
        let config = BacktestConfig { loss, ..config(&[Family::Boosted]) };
        let report = backtest(&panel, &scaled_plan(&panel), &config, &NoObserver).unwrap();
        assert!(report.models[0].overall.mase < 1.2, "{loss}: {}", report.models[0].overall.mase);
    }
}

#[test]
fn a_loss_that_does_not_exist_is_refused_with_its_range() {
    let panel = panel(0);
    let config = BacktestConfig { loss: BoostedLoss::Tweedie { power: 2.0 }, ..config(&[Family::Boosted]) };
    let error = backtest(&panel, &plan(&panel), &config, &NoObserver).unwrap_err().to_string();
    assert!(
        error.contains("boosted could not be fitted") && error.contains("above 1 and below 2"),
        "{error}"
    );
}

#[test]
fn too_few_rows_to_judge_by_are_no_reason_to_fail() {
    let panel = panel(0);
    let (first, _) = panel.span().unwrap();
    // Forty-one days of eleven series, and a horizon that leaves less than a hundred rows before it.
    let short = panel.until(first.plus(40));
    let fit = FamilyFit {
        family: Family::Boosted,
        plan: plan(&short),
        seed: 7,
        memory_budget_bytes: 1 << 24,
        counts: true,
        loss: BoostedLoss::Tweedie { power: 1.5 },
        horizon: Horizon::new(39).unwrap(),
    };
    let forecasts = fit.fit(&short).unwrap().predict(&short.until(first.plus(20)), horizon()).unwrap();
    assert!(forecasts.rows().flatten().all(|value| *value > 0.0 && value.is_finite()));
}

#[test]
fn nothing_sold_at_all_is_forecast_as_nothing() {
    let panel = panel_of_sizes(&[0.0, 0.0, 0.0]);
    let report = backtest(&panel, &scaled_plan(&panel), &config(&[Family::Boosted]), &NoObserver).unwrap();
    let forecasts = &report.models[0].forecasts;
    assert!(forecasts.iter().flat_map(PointForecasts::rows).flatten().all(|value| *value < 1e-3));
}

#[test]
fn a_small_budget_learns_from_a_sample() {
    let panel = panel_of_sizes(&[10.0; 10]);
    let plan = scaled_plan(&panel);
    let with = |memory_budget_bytes| {
        let config = BacktestConfig { memory_budget_bytes, ..config(&[Family::Boosted]) };
        let report = backtest(&panel, &plan, &config, &NoObserver).unwrap();
        report.models.into_iter().next().unwrap()
    };
    let (all, some) = (with(1 << 28), with(1 << 20));
    assert_ne!(all.forecasts, some.forecasts);
    assert!(some.overall.wape < 1.15 * all.overall.wape, "{} and {}", some.overall.wape, all.overall.wape);
}

#[test]
fn what_a_series_is_called_matters() {
    let (model, _) = trained(&panel(HORIZON as usize), Family::Boosted);
    let importance = model.feature_importance();
    let share = |name: &str| importance.iter().find(|(found, _)| found == name).map(|(_, share)| *share);
    assert!(share("series_store").is_some() && share("series_size").is_some(), "{importance:?}");
    assert!(share("promo").unwrap() > 0.01, "{importance:?}");
}

#[test]
fn a_fit_tells_how_far_it_is_and_stops_when_asked() {
    let panel = panel(0);
    let (plan, config, spec) = (plan(&panel), config(&[Family::Boosted]), spec());
    let patient = Watcher::new(usize::MAX);
    let report = backtest(&panel, &plan, &config, &patient).unwrap();
    let labels: Vec<String> =
        patient.events.into_inner().unwrap().into_iter().map(|event| event.label).collect();
    let told = |text: &str| labels.iter().filter(|label| label.contains(text)).count();
    assert!(told("boosted, window 1 of 3: finding out how many, 10 of at most") > 0, "{labels:?}");
    assert!(told("boosted, window 2 of 3: finding out") == 0, "{labels:?}");
    assert!(told("boosted, window 3 of 3: all rows, 10 of") > 0, "{labels:?}");

    let request = TrainRequest {
        plan: &plan,
        family: Family::Boosted,
        report: &report,
        config: &config,
        spec: &spec,
        trained_at: trained_at(),
    };
    // The beginning, the features, and one sign of life of the fit.
    let impatient = Watcher::new(3);
    let error = train(&panel, &request, &impatient).unwrap_err();
    assert!(matches!(error, ModelError::Cancelled), "{error}");
    assert_eq!(impatient.events.into_inner().unwrap().len(), 3);
}
