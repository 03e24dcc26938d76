//! What people and scripts are told: results on standard output, failures on standard error.

use std::fmt::Display;
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

use forecast_deploy::promotion::{Listing, PromotionPlan, Step, StepOutcome};
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::table;

/// Where and how results are written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Output {
    /// For people.
    Human,
    /// One JSON object as the last line of standard output.
    Json,
}

/// What came out.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Versions.
    List { listing: Listing, tracking_uri: String },
    /// A promotion.
    Promotion(Promotion),
}

/// A promotion that took place, would take place, or did not have to.
#[derive(Debug)]
pub(crate) struct Promotion {
    pub(crate) ending: Ending,
    /// The version, unless it would be made.
    pub(crate) version: Option<u64>,
    pub(crate) plan: PromotionPlan,
    /// The command that puts the version before back in place.
    pub(crate) go_back: Option<String>,
    pub(crate) tracking_uri: String,
}

/// How a promotion ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It took place.
    Promoted,
    /// It took place, and somebody else promoted another version right after it.
    Superseded { by: u64 },
    /// It would take place.
    Planned,
    /// All was already so.
    Unchanged,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        if json { Self::Json } else { Self::Human }
    }

    /// Says that a step has ended.
    pub(crate) fn step(self, step: &Step, outcome: StepOutcome) {
        if matches!(self, Self::Human) {
            match outcome {
                StepOutcome::Done => line(format_args!("  done: {step}")),
                StepOutcome::NoStages => line(format_args!("  left out, the server has no stages: {step}")),
            }
        }
    }

    /// Says what came out.
    pub(crate) fn answer(self, answer: &Answer) -> ExitCode {
        match (self, answer) {
            (Self::Json, Answer::List { listing, tracking_uri }) => line(json!({
                "model": listing.model,
                "tracking_uri": tracking_uri,
                "versions": listing.versions,
            })),
            (Self::Json, Answer::Promotion(promotion)) => line(promotion.to_json()),
            (Self::Human, Answer::List { listing, tracking_uri }) => {
                line(table::versions(listing, tracking_uri));
            }
            (Self::Human, Answer::Promotion(promotion)) => promotion.print(),
        }
        ExitCode::SUCCESS
    }

    /// Says what went wrong.
    pub(crate) fn failure(self, failure: &Failure) -> ExitCode {
        // Nobody can be told where standard error is closed.
        let _closed = writeln!(stderr(), "error: {}", failure.message());
        if matches!(self, Self::Json) {
            let refusal = match failure {
                Failure::Refused(refusal) => json!(refusal),
                _ => Value::Null,
            };
            line(json!({
                "status": failure.kind(),
                "exit_code": failure.code(),
                "message": failure.message(),
                "refusal": refusal,
            }));
        }
        ExitCode::from(failure.code())
    }
}

impl Promotion {
    fn to_json(&self) -> Value {
        json!({
            "status": match self.ending {
                Ending::Promoted => "promoted",
                Ending::Superseded { .. } => "superseded",
                Ending::Planned => "planned",
                Ending::Unchanged => "unchanged",
            },
            "model": self.plan.model,
            "version": self.version,
            "superseded_by": match self.ending {
                Ending::Superseded { by } => Some(by),
                _ => None,
            },
            "run_id": self.plan.run_id,
            "target": self.plan.target,
            "alias": self.plan.target.alias(),
            "steps": self.plan.steps,
            "previous": self.plan.previous,
            "go_back": self.go_back,
            "tracking_uri": self.tracking_uri,
        })
    }

    fn print(&self) {
        let PromotionPlan { model, run_id, target, version, previous, steps } = &self.plan;
        let made = self.version.map_or_else(|| version.to_string(), |number| format!("version {number}"));
        match self.ending {
            Ending::Promoted => line(format_args!("{model} {made} (run {run_id}) is in {target} now.")),
            Ending::Superseded { by } => {
                line(format_args!(
                    "{model} {made} (run {run_id}) was in {target} for a moment: somebody promoted version {by} \
                     at the same time, and it is in {target} now."
                ));
                return;
            }
            Ending::Unchanged => {
                line(format_args!("{model} {made} (run {run_id}) is in {target} already; nothing to do."));
            }
            Ending::Planned => {
                line(format_args!("Dry run: {} at {} would change.", model, self.tracking_uri));
                for step in steps {
                    line(format_args!("  would {step}"));
                }
                line(format_args!("Nothing was changed."));
            }
        }
        let Some(previous) = previous else { return };
        let number = previous.version;
        match (self.ending, &self.go_back) {
            (Ending::Planned, _) => line(format_args!("Version {number} is in {target}.")),
            (_, Some(command)) => {
                line(format_args!("Before it, version {number} was in {target}. To go back:\n  {command}"));
            }
            (_, None) => line(format_args!(
                "Before it, version {number} was in {target}. It names no run: to go back, point alias {} at it \
                 in MLflow.",
                target.alias()
            )),
        }
    }
}

/// One line of result. A reader who has gone away (`| head`) is no failure of ours.
fn line(text: impl Display) {
    let _gone = writeln!(stdout(), "{text}");
}
