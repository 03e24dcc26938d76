//! The computing steps of a run, each on a thread of its own: the runtime stays free to talk to
//! MLflow and to hear a wish to stop.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::Utc;
use forecast_core::{Panel, RollingOrigin};
use forecast_features::ingest::{
    IngestError, IngestRequest, Ingested, Problem, ProblemCode, TableSpec, ingest,
};
use forecast_features::plan::{FeaturePlan, SuggestOptions, TargetTransform};
use forecast_model::artifact::{self, ArtifactInfo};
use forecast_model::{
    BacktestConfig, BacktestReport, BoostedLoss, ForecastModel, ModelError, ModelResult, TrainRequest,
    backtest, train,
};
use mlflow_client::types::RunInfo;
use tempfile::TempDir;

use crate::cancel::{Cancellation, Watch};
use crate::config::TrainingConfig;
use crate::error::TrainingError;
use crate::observe::{TrainingEvent, TrainingObserver};
use crate::outcome::leaderboard;
use crate::record::MODEL_NAME;
use crate::{report, tables};

/// The MLflow whose conventions the model folder follows.
const MLFLOW_VERSION: &str = "3.17.2";

/// What the steps need.
#[derive(Clone)]
pub(crate) struct Steps {
    pub(crate) config: Arc<TrainingConfig>,
    pub(crate) observer: Arc<dyn TrainingObserver>,
    pub(crate) cancel: Cancellation,
}

/// A backtested and fitted model, with all that led to it.
pub(crate) struct Fitted {
    pub(crate) ingested: Ingested,
    pub(crate) plan: FeaturePlan,
    pub(crate) report: BacktestReport,
    pub(crate) model: ForecastModel,
    /// Place of the champion among the report's models.
    champion: usize,
}

impl Fitted {
    /// How the champion did.
    pub(crate) fn champion(&self) -> &ModelResult {
        &self.report.models[self.champion]
    }
}

/// Everything that goes to MLflow, as files of this machine that vanish with this value.
pub(crate) struct Written {
    folder: TempDir,
    /// The result in one sentence.
    pub(crate) headline: String,
}

impl Written {
    /// The model folder.
    pub(crate) fn model(&self) -> PathBuf {
        self.folder.path().join("model")
    }

    /// The folder of reports and tables.
    pub(crate) fn reports(&self) -> PathBuf {
        self.folder.path().join("reports")
    }
}

impl Steps {
    /// Reads the tables.
    pub(crate) async fn ingest(&self) -> Result<Ingested, TrainingError> {
        let this = self.clone();
        self.compute("reading", move || {
            let config = &this.config;
            let request = IngestRequest {
                data: &config.data,
                future: &config.future,
                spec: &config.table,
                options: &config.reading,
            };
            let told = |progress| this.observer.event(TrainingEvent::Reading(progress));
            ingest(&request, &told).map_err(|error| hinted(error, &config.table).into())
        })
        .await
    }

    /// Backtests every family and fits the best one to everything.
    pub(crate) async fn fit(&self, ingested: Ingested) -> Result<Arc<Fitted>, TrainingError> {
        let this = self.clone();
        self.compute("fitting", move || this.fit_now(ingested).map(Arc::new)).await
    }

    fn fit_now(&self, ingested: Ingested) -> Result<Fitted, TrainingError> {
        let config = self.config.as_ref();
        let panel = &ingested.panel;
        let watch = Watch { observer: self.observer.as_ref(), cancel: &self.cancel };
        let options = SuggestOptions {
            horizon: config.horizon(),
            holidays: config.holidays.clone(),
            transforms: vec![TargetTransform::Scale],
        };
        let plan = FeaturePlan::suggested(panel, &options).map_err(ModelError::from)?;
        let backtest_config = BacktestConfig {
            rolling: self.rolling(panel),
            families: config.families.clone(),
            levels: config.levels.clone(),
            metric: config.metric,
            seed: config.seed,
            memory_budget_bytes: config.memory_budget_bytes,
            counts: ingested.quality.looks_like_counts,
            loss: BoostedLoss::suggested(&ingested.quality),
        };
        let report = backtest(panel, &plan, &backtest_config, &watch)?;
        let family = report.champion().ok_or(ModelError::NoFamilies)?.family;
        let champion = report.models.iter().position(|model| model.family == family).unwrap_or_default();
        let request = TrainRequest {
            plan: &plan,
            family,
            report: &report,
            config: &backtest_config,
            spec: &config.table,
            trained_at: Utc::now(),
        };
        let model = train(panel, &request, &watch)?;
        Ok(Fitted { plan, report, model, champion, ingested })
    }

    /// The windows of the backtest; says so where there are fewer than usual.
    fn rolling(&self, panel: &Panel) -> RollingOrigin {
        let Some((first, last)) = panel.span() else { return self.config.rolling };
        let rolling = self.config.rolling_over(first, last);
        if rolling.windows < self.config.rolling.windows {
            let (windows, usual) = (rolling.windows, self.config.rolling.windows);
            tracing::warn!(windows, usual, "the history is short: the backtest has fewer windows than usual");
        }
        rolling
    }

    /// Writes the model folder, the reports, and the forecasts where asked.
    pub(crate) async fn write(
        &self,
        fitted: Arc<Fitted>,
        run: &RunInfo,
        model_id: &str,
    ) -> Result<Written, TrainingError> {
        let this = self.clone();
        let about = ArtifactInfo {
            artifact_path: MODEL_NAME.to_owned(),
            run_id: Some(run.run_id.clone()),
            model_id: Some(model_id.to_owned()),
            mlflow_version: Some(MLFLOW_VERSION.to_owned()),
        };
        self.compute("writing", move || this.write_now(&fitted, &about)).await
    }

    fn write_now(&self, fitted: &Fitted, about: &ArtifactInfo) -> Result<Written, TrainingError> {
        let config = self.config.as_ref();
        let folder = tempfile::Builder::new()
            .prefix("forecast-train-")
            .tempdir()
            .map_err(|error| write_error(&std::env::temp_dir(), error))?;
        let mut written = Written { folder, headline: String::new() };
        let reports = written.reports();
        std::fs::create_dir(&reports).map_err(|error| write_error(&reports, error))?;
        artifact::write(&fitted.model, &written.model(), about)?;

        let quality = &fitted.ingested.quality;
        write_json(&reports.join("data_quality.json"), quality)?;
        write_text(&reports.join("data_quality.md"), &quality.to_markdown())?;
        let board = leaderboard(&fitted.report, fitted.champion().family);
        write_json(&reports.join("leaderboard.json"), &board)?;
        tables::write_backtest(fitted, &reports.join("backtest.parquet"))?;
        let page = report::page(fitted, config, about)?;
        write_text(&reports.join("report.html"), &page.html)?;
        if let Some(file) = &config.forecast_out {
            tables::write_forecasts(&fitted.model, file)?;
        }
        written.headline = page.headline;
        Ok(written)
    }

    /// Runs a computation on a thread where it may block, with as many threads as configured.
    async fn compute<T: Send + 'static>(
        &self,
        step: &'static str,
        work: impl FnOnce() -> Result<T, TrainingError> + Send + 'static,
    ) -> Result<T, TrainingError> {
        let threads = self.config.threads.map(std::num::NonZeroUsize::get);
        let span = tracing::info_span!("forecast.train.step", step);
        let task = tokio::task::spawn_blocking(move || {
            let _inside = span.enter();
            match threads {
                None => work(),
                Some(threads) => rayon::ThreadPoolBuilder::new()
                    .num_threads(threads)
                    .build()
                    .map_err(|source| TrainingError::Threads { threads, source })?
                    .install(work),
            }
        });
        task.await.map_err(|source| TrainingError::Crashed { step, source })?
    }
}

/// Where no series column is named and rows repeat a time, that is most likely why.
fn hinted(mut error: IngestError, spec: &TableSpec) -> IngestError {
    if let IngestError::Problems(problems) = &mut error
        && spec.series.is_empty()
    {
        let repeats = |problem: &&mut Problem| problem.code == ProblemCode::DuplicateRows;
        for problem in problems.iter_mut().filter(repeats) {
            problem.remedy = format!(
                "name the columns that tell the series apart with series, such as store,item (forecast-train --init \
                 finds them), or {}",
                problem.remedy
            );
        }
    }
    error
}

fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<(), TrainingError> {
    let text = serde_json::to_string_pretty(value).map_err(|error| write_error(path, error))?;
    write_text(path, &text)
}

fn write_text(path: &Path, text: &str) -> Result<(), TrainingError> {
    std::fs::write(path, text).map_err(|error| write_error(path, error))
}

pub(crate) fn write_error(
    path: &Path,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> TrainingError {
    TrainingError::Write { path: path.to_owned(), source: source.into() }
}
