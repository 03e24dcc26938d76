//! What a backtest measures.

use forecast_core::backtest::Refit;
use forecast_core::metrics::ErrorSums;
use forecast_model::{CalibrationCheck, Family, Metric, ModelError, NoObserver, Phase, backtest};

use crate::support::{
    DAYS, SERIES, Watcher, config, levels, panel, panel_of_sizes, part_of, plan, scaled_plan,
};

#[test]
fn every_family_is_measured_and_global_models_beat_the_naive_ones() {
    let panel = panel(0);
    let report = backtest(&panel, &plan(&panel), &config(Family::all()), &NoObserver).unwrap();
    assert_eq!(report.models.len(), Family::all().len());
    assert_eq!(report.calibration, CalibrationCheck::LeaveOneWindowOut);
    let wapes: Vec<f64> = report.models.iter().map(|model| model.overall.wape).collect();
    assert!(wapes.is_sorted(), "{wapes:?}");
    let naive = report.model(Family::SeasonalNaive).unwrap();
    for family in Family::all().iter().copied().filter(|family| family.is_global()) {
        let model = report.model(family).unwrap();
        for (global, naive) in model.by_window.iter().zip(&naive.by_window) {
            assert!(global.wape < naive.wape, "{family}: {} against {}", global.wape, naive.wape);
        }
    }
    assert!(report.champion().unwrap().family.is_global());
}

#[test]
fn errors_are_those_of_the_forecasts_that_are_kept() {
    let panel = panel(0);
    let report = backtest(&panel, &plan(&panel), &config(&[Family::Ridge]), &NoObserver).unwrap();
    let model = report.champion().unwrap();
    let mut all = ErrorSums::default();
    for (window, forecasts) in report.windows.iter().zip(&model.forecasts) {
        let mut sums = ErrorSums::default();
        for (series, forecasts) in panel.iter().zip(forecasts.rows()) {
            let actuals = series.actuals_from(window.first(), forecasts.len());
            for (&actual, &forecast) in actuals.iter().zip(forecasts) {
                sums.add(f64::from(actual), forecast);
            }
        }
        assert!((model.by_window[window.index].wape - sums.wape()).abs() < 1e-12);
        assert_eq!(model.by_window[window.index].count, sums.count);
        all.merge(&sums);
    }
    assert!((model.overall.rmse - all.rmse()).abs() < 1e-12);
    let counted: u64 = model.by_series.iter().map(|accuracy| accuracy.count).sum();
    let stepped: u64 = model.by_step.iter().map(|accuracy| accuracy.count).sum();
    assert_eq!((counted, stepped), (all.count, all.count));
    assert_eq!(model.by_series.len(), SERIES);
    assert!(model.overall.mase > 0.0 && model.overall.rmsse > 0.0);
}

#[test]
fn quantiles_cover_what_they_say_on_windows_they_were_not_calibrated_on() {
    let panel = panel(0);
    let report = backtest(&panel, &plan(&panel), &config(&[Family::Ridge]), &NoObserver).unwrap();
    for quantile in &report.champion().unwrap().quantiles {
        let off = (quantile.coverage - quantile.level).abs();
        assert!(off < 0.08, "level {} covers {}", quantile.level, quantile.coverage);
        assert!(quantile.pinball > 0.0 && quantile.weighted_loss > 0.0);
    }
}

#[test]
fn a_window_does_not_know_what_comes_after_it() {
    let panel = panel(0);
    let (plan, config) = (plan(&panel), config(&[Family::Ridge, Family::RandomForest]));
    let whole = backtest(&panel, &plan, &config, &NoObserver).unwrap();
    // Without the last 28 days, the first of three windows is the last of one.
    let (_, last) = panel.span().unwrap();
    let mut shorter = config.clone();
    shorter.rolling.windows = 1;
    let cut = panel.until(last.plus(-28));
    let alone = backtest(&cut, &plan, &shorter, &NoObserver).unwrap();
    for family in [Family::Ridge, Family::RandomForest] {
        assert_eq!(
            whole.model(family).unwrap().forecasts[0],
            alone.model(family).unwrap().forecasts[0],
            "{family}"
        );
    }
    assert_eq!(alone.calibration, CalibrationCheck::SameWindow);
}

#[test]
fn series_that_begin_or_end_around_a_window_need_no_covariates_elsewhere() {
    let whole = panel(0);
    // One series begins within the last window; one ends before it, one within it.
    let rows = |index: usize| match index {
        0 => DAYS - 5..DAYS,
        1 => 0..DAYS - 20,
        2 => 0..DAYS - 8,
        _ => 0..whole.series(index).len(),
    };
    let some = part_of(&whole, rows);
    let config = config(&[Family::Ridge, Family::RandomForest, Family::Naive]);
    let report = backtest(&some, &plan(&some), &config, &NoObserver).unwrap();
    for model in &report.models {
        let counts: Vec<u64> = model.by_series.iter().map(|accuracy| accuracy.count).collect();
        assert_eq!(counts[..4], [0, 22, 34, 42], "{}", model.family);
        assert!(model.overall.wape.is_finite(), "{}", model.family);
    }
}

#[test]
fn fitting_once_uses_the_first_window_alone() {
    let panel = panel(0);
    let (plan, mut config) = (plan(&panel), config(&[Family::Ridge]));
    let every = backtest(&panel, &plan, &config, &NoObserver).unwrap();
    config.rolling.refit = Refit::FirstWindow;
    let once = backtest(&panel, &plan, &config, &NoObserver).unwrap();
    let forecasts = |report: &forecast_model::BacktestReport| report.models[0].forecasts.clone();
    assert_eq!(forecasts(&every)[0], forecasts(&once)[0]);
    assert_ne!(forecasts(&every)[2], forecasts(&once)[2]);
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let panel = panel(0);
    let (plan, config) = (plan(&panel), config(Family::all()));
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let report = pool.install(|| backtest(&panel, &plan, &config, &NoObserver)).unwrap();
        let models = report.models.into_iter();
        models.map(|model| (model.family, model.forecasts, model.quantiles)).collect::<Vec<_>>()
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn progress_adds_up_and_work_stops_when_asked() {
    let panel = panel(0);
    let (plan, config) = (plan(&panel), config(&[Family::Naive, Family::Ridge]));
    let patient = Watcher::new(usize::MAX);
    backtest(&panel, &plan, &config, &patient).unwrap();
    let events = patient.events.into_inner().unwrap();
    let (first, last) = (events.first().unwrap(), events.last().unwrap());
    assert_eq!((first.done, first.phase), (0, Phase::Backtest));
    assert_eq!((last.done, last.total), (9, 9));
    assert_eq!(last.label, "ridge, window 3 of 3");

    let impatient = Watcher::new(3);
    let error = backtest(&panel, &plan, &config, &impatient).unwrap_err();
    assert!(matches!(error, ModelError::Cancelled));
}

#[test]
fn questions_that_make_no_sense_are_refused() {
    let panel = panel(0);
    let plan = plan(&panel);
    let error = backtest(&panel, &plan, &config(&[]), &NoObserver).unwrap_err();
    assert!(matches!(error, ModelError::NoFamilies));

    let mut without_levels = config(&[Family::Naive]);
    (without_levels.metric, without_levels.levels) = (Metric::Pinball, levels(&[]));
    let error = backtest(&panel, &plan, &without_levels, &NoObserver).unwrap_err();
    assert!(matches!(error, ModelError::PinballWithoutLevels));

    let mut too_many = config(&[Family::Naive]);
    too_many.rolling.windows = 40;
    let error = backtest(&panel, &plan, &too_many, &NoObserver).unwrap_err();
    assert!(error.to_string().contains("use fewer windows, a shorter horizon or more history"), "{error}");
}

#[test]
fn small_series_count_beside_large_ones() {
    let sizes = [3.0_f32, 40.0, 5_000.0, 300_000.0];
    let panel = panel_of_sizes(&sizes);
    let families =
        [Family::ElasticNet, Family::Ridge, Family::RandomForest, Family::ExtraTrees, Family::Boosted];
    let report = backtest(&panel, &scaled_plan(&panel), &config(&families), &NoObserver).unwrap();
    for model in &report.models {
        for (accuracy, size) in model.by_series.iter().zip(sizes) {
            assert!(accuracy.mase < 1.5, "{}, {size} a day: MASE {}", model.family, accuracy.mase);
        }
    }
}
