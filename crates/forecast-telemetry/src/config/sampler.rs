//! Which traces are kept: OpenTelemetry's `OTEL_TRACES_SAMPLER`.

use opentelemetry_sdk::trace::Sampler as SdkSampler;

use super::reader::Reader;
use crate::error::ConfigProblem;

const CHOICES: [(&str, Kind); 6] = [
    ("always_on", Kind { decision: Decision::On, follows_parent: false }),
    ("always_off", Kind { decision: Decision::Off, follows_parent: false }),
    ("traceidratio", Kind { decision: Decision::Ratio, follows_parent: false }),
    ("parentbased_always_on", Kind { decision: Decision::On, follows_parent: true }),
    ("parentbased_always_off", Kind { decision: Decision::Off, follows_parent: true }),
    ("parentbased_traceidratio", Kind { decision: Decision::Ratio, follows_parent: true }),
];

const ALLOWED: &str = "always_on, always_off, traceidratio, parentbased_always_on, \
                       parentbased_always_off, parentbased_traceidratio";

#[derive(Clone, Copy)]
struct Kind {
    decision: Decision,
    follows_parent: bool,
}

#[derive(Clone, Copy)]
enum Decision {
    On,
    Off,
    Ratio,
}

/// Which traces are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampler {
    /// Share of the traces that start here and are kept, from 0 to 1.
    pub ratio: f64,
    /// Whether a caller's decision is followed where there is one.
    pub follows_parent: bool,
}

impl Default for Sampler {
    /// Every trace, unless the caller decided otherwise: `parentbased_always_on`.
    fn default() -> Self {
        Self { ratio: 1.0, follows_parent: true }
    }
}

impl Sampler {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let Some(kind) = reader.choice("OTEL_TRACES_SAMPLER", &CHOICES, ALLOWED) else {
            return Self::default();
        };
        let ratio = match kind.decision {
            Decision::On => 1.0,
            Decision::Off => 0.0,
            Decision::Ratio => read_ratio(reader),
        };
        Self { ratio, follows_parent: kind.follows_parent }
    }

    pub(crate) fn to_sdk(self) -> SdkSampler {
        let root = if self.ratio >= 1.0 {
            SdkSampler::AlwaysOn
        } else if self.ratio <= 0.0 {
            SdkSampler::AlwaysOff
        } else {
            SdkSampler::TraceIdRatioBased(self.ratio)
        };
        if self.follows_parent { SdkSampler::ParentBased(Box::new(root)) } else { root }
    }
}

/// The ratio; 1 when it is not given, as the specification says.
fn read_ratio(reader: &mut Reader<'_>) -> f64 {
    let variable = "OTEL_TRACES_SAMPLER_ARG";
    let Some(value) = reader.get(variable) else { return 1.0 };
    match value.parse::<f64>() {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => ratio,
        _ => {
            reader.report(ConfigProblem::Ratio { variable: variable.to_owned(), value });
            1.0
        }
    }
}
