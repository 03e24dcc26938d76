//! What forecasts may not fall below.

use serde::{Deserialize, Serialize};

/// The lowest value a forecast may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Floor {
    /// Counts: nobody sells fewer than no pieces.
    Zero,
    /// Any number, such as a balance.
    Open,
}

impl Floor {
    /// The floor of a target that is a count, or is not.
    pub(crate) fn of_counts(counts: bool) -> Self {
        if counts { Self::Zero } else { Self::Open }
    }

    /// `value`, raised to the floor.
    pub(crate) fn raise(self, value: f64) -> f64 {
        match self {
            Self::Zero => value.max(0.0),
            Self::Open => value,
        }
    }
}
