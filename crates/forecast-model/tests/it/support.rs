//! A panel made by hand: weekly seasons, promotions that sell twice as much, noise.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use forecast_core::backtest::Refit;
use forecast_core::panel::SeriesSpan;
use forecast_core::{
    ColumnKind, Covariate, Frequency, Horizon, Panel, PanelBuilder, Period, QuantileLevels, RollingOrigin,
    SeriesKey, StaticColumn,
};
use forecast_features::ingest::TableSpec;
use forecast_features::plan::{FeaturePlan, SuggestOptions, TargetTransform};
use forecast_model::{
    BacktestConfig, BacktestReport, BoostedLoss, Family, ForecastModel, Metric, NoObserver, Observer,
    ProgressEvent, TrainRequest, backtest, train,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(crate) const SERIES: usize = 12;
pub(crate) const DAYS: usize = 420;
pub(crate) const HORIZON: u32 = 14;
const FIRST: Period = Period(19_000);

pub(crate) fn horizon() -> Horizon {
    Horizon::new(HORIZON).unwrap()
}

pub(crate) fn levels(levels: &[f64]) -> QuantileLevels {
    QuantileLevels::new(levels.to_vec()).unwrap()
}

/// `SERIES` daily series; the last one is young. Promotions are known `beyond` days ahead.
pub(crate) fn panel(beyond: usize) -> Panel {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut builder = PanelBuilder::new(Frequency::Daily, "sales", ["store"]);
    let mut promo = Vec::new();
    for series in 0..SERIES {
        let rows = if series + 1 == SERIES { 60 } else { DAYS };
        let start = FIRST.plus((DAYS - rows) as i32);
        builder.spans.push(SeriesSpan {
            key: SeriesKey::new([format!("s{series:02}")]),
            start,
            rows,
            covariate_rows: rows + beyond,
        });
        for day in 0..rows + beyond {
            let promoted = rng.random_bool(0.15);
            promo.push(if promoted { 1.0 } else { 0.0 });
            let weekday = (start.0 as usize + day) % 7;
            let level = (4 + 3 * series) as f32 * if weekday >= 5 { 2.0 } else { 1.0 };
            let noise = rng.random_range(0.7..1.3_f32);
            if day < rows {
                builder.target.push((level * noise * if promoted { 2.0 } else { 1.0 }).round());
            }
        }
    }
    builder.covariates =
        vec![Covariate { name: "promo".to_owned(), kind: ColumnKind::Numeric, values: promo.into() }];
    builder.statics = vec![StaticColumn {
        name: "kind".to_owned(),
        kind: ColumnKind::Categorical { levels: Arc::from(["big".to_owned(), "small".to_owned()]) },
        values: (0..SERIES).map(|series| if series > 5 { 0.0 } else { 1.0 }).collect(),
    }];
    builder.build().unwrap()
}

/// The rows `kept` of every series of a panel without covariates beyond its history.
pub(crate) fn part_of(panel: &Panel, kept: impl Fn(usize) -> Range<usize>) -> Panel {
    let mut builder = PanelBuilder::new(panel.frequency(), "sales", ["store"]);
    let mut promo = Vec::new();
    for series in panel.iter() {
        let kept = kept(series.index());
        builder.spans.push(SeriesSpan {
            key: series.key().clone(),
            start: series.start().plus(kept.start as i32),
            rows: kept.len(),
            covariate_rows: kept.len(),
        });
        builder.target.extend(&series.target()[kept.clone()]);
        promo.extend_from_slice(&series.covariate(0)[kept]);
    }
    builder.covariates =
        vec![Covariate { name: "promo".to_owned(), kind: ColumnKind::Numeric, values: promo.into() }];
    builder.statics = panel.statics().to_vec();
    builder.build().unwrap()
}

pub(crate) fn plan(panel: &Panel) -> FeaturePlan {
    let options = SuggestOptions { horizon: horizon(), holidays: Vec::new(), transforms: Vec::new() };
    FeaturePlan::suggested(panel, &options).unwrap()
}

/// A plan for series of very different sizes.
pub(crate) fn scaled_plan(panel: &Panel) -> FeaturePlan {
    let transforms = vec![TargetTransform::Scale];
    let options = SuggestOptions { horizon: horizon(), holidays: Vec::new(), transforms };
    FeaturePlan::suggested(panel, &options).unwrap()
}

/// Daily series that sell about so much a day, with a weekly season and noise.
pub(crate) fn panel_of_sizes(sizes: &[f32]) -> Panel {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut builder = PanelBuilder::new(Frequency::Daily, "sales", ["sku"]);
    for (index, size) in sizes.iter().enumerate() {
        let key = SeriesKey::new([format!("{index}")]);
        builder.spans.push(SeriesSpan { key, start: FIRST, rows: DAYS, covariate_rows: 0 });
        for day in 0..DAYS {
            let season = if day % 7 >= 5 { 1.6 } else { 1.0 };
            builder.target.push((size * season * rng.random_range(0.6..1.4_f32)).round());
        }
    }
    builder.build().unwrap()
}

/// Daily counts, most of them zero: products of different sizes in two shops, with a weekly season.
pub(crate) fn counts_with_zeros() -> Panel {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut builder = PanelBuilder::new(Frequency::Daily, "sales", ["shop", "sku"]);
    for shop in 0..2 {
        for sku in 0..15 {
            let key = SeriesKey::new([format!("shop {shop}"), format!("sku {sku:02}")]);
            builder.spans.push(SeriesSpan { key, start: FIRST, rows: DAYS, covariate_rows: 0 });
            let a_day = (0.15 + 0.06 * f64::from(sku)) * if shop == 0 { 1.0 } else { 1.8 };
            for day in 0..DAYS {
                let chance = a_day * if day % 7 >= 5 { 0.6 } else { 0.2 };
                let sold = (0..5).filter(|_| rng.random_bool(chance.min(0.9))).count();
                builder.target.push(sold as f32);
            }
        }
    }
    builder.build().unwrap()
}

pub(crate) fn spec() -> TableSpec {
    let mut spec = TableSpec::new("date", "sales", ["store"]);
    spec.static_columns = vec!["kind".to_owned()];
    spec.known_future = vec!["promo".to_owned()];
    spec
}

pub(crate) fn config(families: &[Family]) -> BacktestConfig {
    BacktestConfig {
        rolling: RollingOrigin { windows: 3, step: 14, horizon: horizon(), refit: Refit::EveryWindow },
        families: families.to_vec(),
        levels: levels(&[0.1, 0.5, 0.9]),
        metric: Metric::Wape,
        seed: 7,
        memory_budget_bytes: 1 << 28,
        counts: true,
        loss: BoostedLoss::Tweedie { power: 1.5 },
    }
}

pub(crate) fn trained_at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

/// A model of one family, with the backtest that it was calibrated with.
pub(crate) fn trained(panel: &Panel, family: Family) -> (ForecastModel, BacktestReport) {
    let (plan, config, spec) = (plan(panel), config(&[family]), spec());
    let report = backtest(panel, &plan, &config, &NoObserver).unwrap();
    let request = TrainRequest {
        plan: &plan,
        family,
        report: &report,
        config: &config,
        spec: &spec,
        trained_at: trained_at(),
    };
    (train(panel, &request, &NoObserver).unwrap(), report)
}

/// Remembers what it is told, and says stop after so many events.
#[derive(Debug)]
pub(crate) struct Watcher {
    pub(crate) events: Mutex<Vec<ProgressEvent>>,
    pub(crate) patience: usize,
}

impl Watcher {
    pub(crate) fn new(patience: usize) -> Self {
        Self { events: Mutex::new(Vec::new()), patience }
    }
}

impl Observer for Watcher {
    fn event(&self, event: ProgressEvent) {
        self.events.lock().unwrap().push(event);
    }

    fn cancelled(&self) -> bool {
        self.events.lock().unwrap().len() >= self.patience
    }
}
