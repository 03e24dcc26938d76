//! Promotion of a recorded run: from MLflow's facts to a plan, and from the plan to MLflow.
//!
//! [`gather`] reads the facts, [`plan`] decides, [`apply`] carries out. Only the last one writes:
//! a dry run is the first two. The alias is the truth and moves in one atomic call; the stage
//! follows, where the store still has stages, so that MLflow's page shows what is served.
//!
//! A promotion that is interrupted anywhere is completed by asking for it again: whatever is
//! already so is not in the next plan. Of several promotions at the same time the one that sets the alias
//! last holds, each run has one version, and the stages end where the alias is.
//!
//! What this module refuses: a run that did not end well, a model whose files are not all there,
//! and guessing which of several models was meant.

mod apply;
mod error;
mod facts;
mod files;
mod gather;
mod listing;
mod plan;
mod refusal;
mod step;
mod target;

pub use apply::{Applied, Progress, StepOutcome, apply};
pub use error::{ApplyError, GatherError};
pub use facts::{Facts, Registry, Stages};
pub use gather::gather;
pub use listing::{ListedVersion, Listing, list};
pub use plan::{Previous, PromotionPlan, plan};
pub use refusal::Refusal;
pub use step::{Step, VersionRef};
pub use target::Target;

/// Tag of a version: the version that was in production before it.
pub const PREVIOUS_VERSION_TAG: &str = "previous_version";
/// Tag of a version: the run of the version that was in production before it.
pub const PREVIOUS_RUN_TAG: &str = "previous_run_id";
/// Tag of a version: the stage that it came to production from.
pub const PROMOTED_FROM_TAG: &str = "promoted_from";
/// Name of the logged model to promote where a run made several.
pub const CHAMPION_MODEL: &str = "champion";
