//! What the server knows at a moment: the model that answers, whether it is ready, and why not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::{ArcSwap, ArcSwapOption};
use forecast_telemetry::{ApiMetrics, Readiness};

use crate::ServerConfig;
use crate::gate::Gate;
use crate::problem::{Code, Problem};
use crate::served::ServedModel;

/// Shared by all workers. A request takes the model once and keeps it to its end, so that a model
/// swapped in meanwhile changes nothing half-way.
pub(crate) struct ServiceState {
    config: ServerConfig,
    metrics: ApiMetrics,
    model: ArcSwapOption<ServedModel>,
    trouble: ArcSwap<Option<String>>,
    draining: AtomicBool,
    gate: Arc<Gate>,
}

/// Whether requests for forecasts are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No model yet.
    Starting,
    /// A model answers.
    Ready,
    /// The server is about to end.
    Draining,
}

impl Phase {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Draining => "draining",
        }
    }
}

impl ServiceState {
    /// A server without a model.
    pub(crate) fn new(config: ServerConfig, metrics: ApiMetrics) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let trouble = Some("the model is being looked for in the registry".to_owned());
        let gate = Arc::new(Gate::new(cores, config.limits.max_body_bytes));
        let measured = Arc::clone(&gate);
        metrics.observe_queue(move || measured.load());
        metrics.expect_refusals(Code::ALL.iter().map(|code| code.name()));
        Self {
            config,
            metrics,
            model: ArcSwapOption::empty(),
            trouble: ArcSwap::from_pointee(trouble),
            draining: AtomicBool::new(false),
            gate,
        }
    }

    /// Its configuration.
    pub(crate) fn config(&self) -> &ServerConfig {
        &self.config
    }

    pub(crate) fn metrics(&self) -> &ApiMetrics {
        &self.metrics
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The model that answers now.
    pub(crate) fn model(&self) -> Option<Arc<ServedModel>> {
        self.model.load_full()
    }

    /// The model that answers now, or the answer to give where there is none.
    pub(crate) fn require_model(&self) -> Result<Arc<ServedModel>, Problem> {
        self.model().ok_or_else(|| Problem::new(Code::NoModel, self.reason()))
    }

    /// Lets another model answer from now on.
    pub(crate) fn swap_model(&self, model: ServedModel) {
        self.metrics.set_model(model.telemetry());
        self.model.store(Some(Arc::new(model)));
        self.measure_readiness();
    }

    fn measure_readiness(&self) {
        let ready = self.phase() == Phase::Ready;
        self.metrics.set_ready(if ready { Readiness::Ready } else { Readiness::NotReady });
    }

    /// What is wrong with following the registry; nothing where all is well.
    pub(crate) fn trouble(&self) -> Option<String> {
        (**self.trouble.load()).clone()
    }

    pub(crate) fn set_trouble(&self, trouble: Option<String>) {
        self.trouble.store(Arc::new(trouble));
    }

    /// From now on the server says that it is not ready, and still answers.
    pub(crate) fn begin_draining(&self) {
        self.draining.store(true, Ordering::Release);
        self.measure_readiness();
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    pub(crate) fn phase(&self) -> Phase {
        match (self.is_draining(), self.model.load().is_some()) {
            (true, _) => Phase::Draining,
            (false, true) => Phase::Ready,
            (false, false) => Phase::Starting,
        }
    }

    /// Why the server is not ready.
    pub(crate) fn reason(&self) -> String {
        if self.is_draining() {
            return "the server is shutting down".to_owned();
        }
        self.trouble().unwrap_or_else(|| "no model is loaded yet".to_owned())
    }
}
