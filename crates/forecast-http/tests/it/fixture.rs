//! A few series of the sample with a model trained on them, and a registry to promote it in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use forecast_core::backtest::Refit;
use forecast_core::{Horizon, QuantileLevels, RollingOrigin};
use forecast_features::ingest::{IngestOptions, IngestRequest, TableSpec, ingest};
use forecast_features::plan::{FeaturePlan, SuggestOptions};
use forecast_model::artifact::{self, ArtifactInfo};
use forecast_model::{
    BacktestConfig, BoostedLoss, Family, ForecastModel, Metric, NoObserver, TrainRequest, backtest, train,
};
use forecast_testkit::sample::{PlannedDay, SaleRow, Sample, SampleOptions, generate};
use mlflow_client::config::TrackingUri;
use mlflow_client::types::NewRun;
use mlflow_client::workflow::{self, NewModelArtifact};
use mlflow_client::{ClientConfig, MlflowStore};
use serde_json::{Value, json};

/// Steps that the models were trained for.
pub(crate) const HORIZON: usize = 14;
/// The registered model.
pub(crate) const MODEL: &str = "demand-forecast";

/// The sample, and models of two kinds that were trained on it.
pub(crate) struct Trained {
    pub(crate) sample: Sample,
    /// Needs prices, promotions and holidays of the days ahead; knows those of the sample.
    pub(crate) ridge: ForecastModel,
    /// Needs nothing but the history.
    pub(crate) naive: ForecastModel,
    /// Needs what ridge does, and looks at the parts of the series' keys.
    pub(crate) boosted: ForecastModel,
}

/// The sample with its models; made once per process.
pub(crate) fn trained() -> &'static Trained {
    static TRAINED: OnceLock<Trained> = OnceLock::new();
    TRAINED.get_or_init(|| {
        let options = SampleOptions { boutiques: 2, products: 3, days: 420, ..SampleOptions::default() };
        let sample = generate(&SampleOptions { horizon_days: HORIZON, ..options }).unwrap();
        let [ridge, naive, boosted] = models(&sample);
        Trained { sample, ridge, naive, boosted }
    })
}

fn models(sample: &Sample) -> [ForecastModel; 3] {
    let folder = tempfile::tempdir().unwrap();
    let files = sample.write(folder.path()).unwrap();
    let mut spec = TableSpec::new("date", "sales", ["boutique", "product"]);
    spec.static_columns = ["country", "family"].map(str::to_owned).to_vec();
    spec.known_future = ["price", "promotion", "holiday"].map(str::to_owned).to_vec();
    spec.available = Some("in_stock".to_owned());
    let horizon = Horizon::new(HORIZON as u32).unwrap();
    let options = IngestOptions::new(horizon);
    let path = |file: &Path| vec![file.display().to_string()];
    let (data, future) = (path(&files.sales), path(&files.future));
    let request = IngestRequest { data: &data, future: &future, spec: &spec, options: &options };
    let panel = ingest(&request, &|_| {}).unwrap().panel;
    let suggest = SuggestOptions { horizon, holidays: Vec::new(), transforms: Vec::new() };
    let plan = FeaturePlan::suggested(&panel, &suggest).unwrap();
    let config = BacktestConfig {
        rolling: RollingOrigin { windows: 2, step: HORIZON, horizon, refit: Refit::FirstWindow },
        families: vec![Family::SeasonalNaive, Family::Ridge, Family::Boosted],
        levels: QuantileLevels::new(vec![0.1, 0.5, 0.9]).unwrap(),
        metric: Metric::Wape,
        seed: 7,
        memory_budget_bytes: 100 << 20,
        counts: true,
        loss: BoostedLoss::Tweedie { power: 1.5 },
    };
    let report = backtest(&panel, &plan, &config, &NoObserver).unwrap();
    [Family::Ridge, Family::SeasonalNaive, Family::Boosted].map(|family| {
        let request = TrainRequest {
            plan: &plan,
            family,
            report: &report,
            config: &config,
            spec: &spec,
            trained_at: "2026-01-02T03:04:05Z".parse().unwrap(),
        };
        train(&panel, &request, &NoObserver).unwrap()
    })
}

/// A registry, and a folder for what belongs to it.
pub(crate) struct Registry {
    folder: tempfile::TempDir,
    uri: String,
}

impl Registry {
    /// An embedded registry in which nothing is registered.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let uri = format!("sqlite:///{}", folder.path().join("mlflow.db").display());
        Self { folder, uri }
    }

    /// An embedded registry that has a model in production.
    pub(crate) async fn with(model: &ForecastModel) -> Self {
        let registry = Self::empty();
        let version = registry.register(model).await;
        registry.promote(version).await;
        registry
    }

    /// The registry of a running MLflow.
    pub(crate) fn of_server(url: &str) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), uri: url.to_owned() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path().join("mlflow.db")
    }

    /// How to connect to it.
    pub(crate) fn config(&self) -> ClientConfig {
        let (uri, _) = TrackingUri::parse(&self.uri).unwrap();
        ClientConfig::new(uri)
    }

    pub(crate) async fn store(&self) -> Arc<dyn MlflowStore> {
        forecast_telemetry::install_tls_provider();
        mlflow_client::connect(&self.config()).await.unwrap()
    }

    /// Makes the next version.
    pub(crate) async fn register(&self, model: &ForecastModel) -> u64 {
        self.register_after(model, |_| {}).await
    }

    /// Makes the next version from files that `spoil` has had its way with.
    pub(crate) async fn register_after(&self, model: &ForecastModel, spoil: impl FnOnce(&Path)) -> u64 {
        let store = self.store().await;
        let experiment = workflow::ensure_experiment(store.as_ref(), "sales").await.unwrap();
        let run = store.create_run(&NewRun::new(experiment)).await.unwrap();
        let about = NewModelArtifact { name: "model".to_owned(), ..NewModelArtifact::default() };
        let logged = workflow::begin_model(store.as_ref(), &run.info, &about).await.unwrap();
        let files = tempfile::tempdir().unwrap();
        let info = ArtifactInfo {
            artifact_path: "model".to_owned(),
            run_id: Some(run.info.run_id.clone()),
            model_id: Some(logged.info.model_id.clone()),
            mlflow_version: Some("3.17.2".to_owned()),
        };
        artifact::write(model, files.path(), &info).unwrap();
        spoil(files.path());
        let logged = workflow::finish_model(store.as_ref(), &logged, files.path()).await.unwrap();
        workflow::register_version(store.as_ref(), MODEL, &logged).await.unwrap().version
    }

    /// Points `production` at a version.
    pub(crate) async fn promote(&self, version: u64) {
        self.store().await.set_alias(MODEL, "production", version).await.unwrap();
    }
}

impl Trained {
    /// The series of the sample, as objects of their key columns, in the order of the sample.
    pub(crate) fn series(&self) -> Vec<Value> {
        let mut seen = BTreeMap::new();
        for plan in &self.sample.future {
            seen.entry((plan.boutique.to_string(), plan.product.to_string())).or_insert(());
        }
        seen.into_keys()
            .map(|(boutique, product)| json!({"boutique": boutique, "product": product}))
            .collect()
    }

    /// What is known of the days ahead of a series.
    pub(crate) fn future_of(&self, series: &Value) -> Vec<Value> {
        self.sample.future.iter().filter(|plan| is_of(plan, series)).map(known_ahead).collect()
    }

    /// The newest days of a series, as rows of the training table.
    pub(crate) fn history_of(&self, series: &Value, days: usize) -> Vec<Value> {
        let rows: Vec<Value> =
            self.sample.history.iter().filter(|row| is_of(&row.plan, series)).map(sold).collect();
        rows[rows.len().saturating_sub(days)..].to_vec()
    }
}

fn is_of(plan: &PlannedDay, series: &Value) -> bool {
    series["boutique"] == *plan.boutique && series["product"] == *plan.product
}

fn known_ahead(plan: &PlannedDay) -> Value {
    json!({
        "date": plan.date.to_string(),
        "boutique": &*plan.boutique,
        "product": &*plan.product,
        "price": f64::from(plan.price_cents) / 100.0,
        "promotion": u8::from(plan.promotion),
        "holiday": plan.holiday.unwrap_or_default(),
    })
}

fn sold(row: &SaleRow) -> Value {
    let mut cells = known_ahead(&row.plan);
    cells["country"] = row.plan.country.code().into();
    cells["family"] = row.plan.family.name().into();
    cells["in_stock"] = u8::from(row.in_stock).into();
    cells["sales"] = row.sales.into();
    cells
}
