//! The vocabulary of MLflow: experiments, runs, logged models, registered models, artifacts.
//!
//! Every type serialises to the JSON of MLflow's REST interface (version 2.0), so that the wire
//! format and the vocabulary cannot drift apart. Times are milliseconds since the Unix epoch and
//! say so in their names. Fields that a server may leave out have a default.

mod artifact;
mod dataset;
mod experiment;
mod logged_model;
mod metric;
mod model_version;
mod page;
mod registered_model;
mod run;
mod stage;
mod tag;
mod time;
pub(crate) mod wire;

pub use artifact::{FileInfo, Transfer};
pub use dataset::{Dataset, DatasetInput};
pub use experiment::{Experiment, ExperimentQuery, NewExperiment};
pub use logged_model::{
    LoggedModel, LoggedModelData, LoggedModelInfo, LoggedModelOrder, LoggedModelQuery, LoggedModelStatus,
    NewLoggedModel,
};
pub use metric::{Metric, MetricHistoryQuery};
pub use model_version::{ModelVersion, ModelVersionStatus, NewModelVersion};
pub use page::{Paged, ViewType};
pub use registered_model::{Alias, NewRegisteredModel, RegisteredModel, RegistryQuery};
pub use run::{
    Batch, LifecycleStage, ModelOutput, NewRun, Run, RunData, RunInfo, RunInputs, RunOutputs, RunQuery,
    RunStatus, RunUpdate,
};
pub use stage::{OthersInStage, Stage, StageTransition};
pub use tag::{Param, Tag};
pub use time::now_ms;
