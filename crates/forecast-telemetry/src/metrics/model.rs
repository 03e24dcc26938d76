//! Which model is served, how old it is, and how loading it and asking for it went.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Meter};

/// The model that answers requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelInfo {
    /// Name of the registered model.
    pub name: String,
    /// Version in the registry.
    pub version: String,
    /// The run that trained it.
    pub run_id: String,
    /// The alias that was followed, such as `production`.
    pub alias: String,
    /// When it was trained; its age is counted from here.
    pub trained_at: SystemTime,
}

/// How an attempt to load a model ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelLoadOutcome {
    /// Loaded from the registry.
    Registry,
    /// The registry did not answer; the copy on local disk was loaded.
    Cache,
    /// Nothing could be loaded.
    Failed,
}

impl ModelLoadOutcome {
    const ALL: [Self; 3] = [Self::Registry, Self::Cache, Self::Failed];

    fn label(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Cache => "cache",
            Self::Failed => "failed",
        }
    }
}

/// How a look at the registry ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistryPollOutcome {
    /// It named a version, and that is the one being served.
    Followed,
    /// It names no version to serve.
    NothingPromoted,
    /// It did not answer, or refused to.
    Unreachable,
    /// It named a version that cannot be served.
    Unusable,
    /// Something on this machine was in the way, such as a full disk.
    Local,
}

impl RegistryPollOutcome {
    const ALL: [Self; 5] =
        [Self::Followed, Self::NothingPromoted, Self::Unreachable, Self::Unusable, Self::Local];

    fn label(self) -> &'static str {
        match self {
            Self::Followed => "followed",
            Self::NothingPromoted => "nothing_promoted",
            Self::Unreachable => "unreachable",
            Self::Unusable => "unusable",
            Self::Local => "local",
        }
    }
}

type Current = Arc<RwLock<Option<ModelInfo>>>;

/// The instruments about the served model.
#[derive(Debug, Clone)]
pub(super) struct ModelMetrics {
    current: Current,
    loads: Counter<u64>,
    polls: Counter<u64>,
}

impl ModelMetrics {
    pub(super) fn new(meter: &Meter) -> Self {
        let current = Current::default();
        observe_info(meter, Arc::clone(&current));
        observe_age(meter, Arc::clone(&current));
        let loads = meter
            .u64_counter("forecast.model.loads")
            .with_unit("{load}")
            .with_description("Attempts to load a model, by outcome: registry, cache or failed.")
            .build();
        let polls = meter
            .u64_counter("forecast.registry.polls")
            .with_unit("{poll}")
            .with_description("Looks at the model registry, by what came of them.")
            .build();
        let metrics = Self { current, loads, polls };
        // A counter that appears with its first event hides that event from `increase()`.
        for outcome in ModelLoadOutcome::ALL {
            metrics.count_loads(outcome, 0);
        }
        for outcome in RegistryPollOutcome::ALL {
            metrics.count_polls(outcome, 0);
        }
        metrics
    }

    pub(super) fn set(&self, model: Option<ModelInfo>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = model;
    }

    pub(super) fn count_loads(&self, outcome: ModelLoadOutcome, count: u64) {
        self.loads.add(count, &[KeyValue::new("outcome", outcome.label())]);
    }

    pub(super) fn count_polls(&self, outcome: RegistryPollOutcome, count: u64) {
        self.polls.add(count, &[KeyValue::new("outcome", outcome.label())]);
    }
}

/// A gauge that is always 1 and says by its labels what is served. Observed at each reading, so
/// that a replaced model leaves no stale series behind.
fn observe_info(meter: &Meter, current: Current) {
    meter
        .u64_observable_gauge("forecast.model.info")
        .with_description("The model that answers requests; always 1.")
        .with_callback(move |observer| {
            if let Some(model) = &*current.read().unwrap_or_else(PoisonError::into_inner) {
                let labels = [
                    KeyValue::new("name", model.name.clone()),
                    KeyValue::new("version", model.version.clone()),
                    KeyValue::new("run_id", model.run_id.clone()),
                    KeyValue::new("alias", model.alias.clone()),
                ];
                observer.observe(1, &labels);
            }
        })
        .build();
}

fn observe_age(meter: &Meter, current: Current) {
    meter
        .f64_observable_gauge("forecast.model.age")
        .with_unit("s")
        .with_description("Seconds since the served model was trained.")
        .with_callback(move |observer| {
            if let Some(model) = &*current.read().unwrap_or_else(PoisonError::into_inner) {
                // A clock that runs behind the trainer's makes the model new, not negative.
                let age = model.trained_at.elapsed().unwrap_or_default();
                observer.observe(age.as_secs_f64(), &[]);
            }
        })
        .build();
}
