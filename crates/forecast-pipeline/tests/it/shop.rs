//! A small shop's sales, and the settings to train on them.

use std::path::PathBuf;
use std::sync::Mutex;

use forecast_pipeline::{RunOrigin, Settings, TrainingEvent, TrainingObserver, TrainingRequest};
use forecast_testkit::sample::{SampleOptions, generate};
use tempfile::TempDir;

/// Sales of six series over half a year, and the week after.
pub(crate) struct Shop {
    pub(crate) folder: TempDir,
    sales: PathBuf,
    future: PathBuf,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = SampleOptions {
            boutiques: 2,
            products: 3,
            days: 180,
            horizon_days: 7,
            ..SampleOptions::default()
        };
        let files = generate(&options).unwrap().write(folder.path()).unwrap();
        Self { folder, sales: files.sales, future: files.future }
    }

    /// A path in the shop's folder.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// What to train, with `more` lines of settings; they win.
    pub(crate) fn request(&self, experiment: &str, more: &str) -> TrainingRequest {
        let base = format!(
            "data = '{}'\nfuture = '{}'\ntime = 'date'\ntarget = 'sales'\nseries = ['boutique', 'product']\n\
             static = ['family']\nknown_future = ['price', 'promotion']\navailable = 'in_stock'\nhorizon = 7\n\
             models = ['seasonal-naive', 'moving-average', 'ridge', 'boosted']\nwindows = 2\ntags = ['team=planning']\n\
             experiment = '{experiment}'",
            self.sales.display(),
            self.future.display(),
        );
        let settings = Settings::from_toml(more).unwrap().over(&Settings::from_toml(&base).unwrap()).unwrap();
        let origin = RunOrigin {
            user: Some("ada".to_owned()),
            program: "tests".to_owned(),
            git_commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
        };
        TrainingRequest { config: settings.check().unwrap(), origin }
    }
}

/// An observer that keeps the run's id, and does something when models are tried.
pub(crate) struct Watcher<F> {
    pub(crate) run_id: Mutex<String>,
    pub(crate) when_modelling: F,
}

impl<F: Fn() + Send + Sync> TrainingObserver for Watcher<F> {
    fn event(&self, event: TrainingEvent<'_>) {
        match event {
            TrainingEvent::Started { run_id, .. } => run_id.clone_into(&mut self.run_id.lock().unwrap()),
            TrainingEvent::Modelling(_) => (self.when_modelling)(),
            _ => {}
        }
    }
}
