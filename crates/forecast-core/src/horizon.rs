//! How far ahead a forecast looks, and at which quantile levels it is asked for.

use std::{fmt, num::NonZeroU32, str::FromStr};

use serde::{Deserialize, Serialize};

/// Number of periods ahead of the forecast origin: at least 1, at most [`Horizon::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Horizon(NonZeroU32);

/// A horizon outside `1..=Horizon::MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the horizon must lie between 1 and {max} periods, not {steps}", max = Horizon::MAX)]
pub struct HorizonError {
    /// The number of periods that was asked for.
    pub steps: u64,
}

impl Horizon {
    /// The longest horizon accepted, in periods: ten years of days with a wide margin.
    pub const MAX: u32 = 10_000;

    /// The next period alone: the shortest horizon.
    pub const ONE: Self = Self(NonZeroU32::MIN);

    /// A horizon of `steps` periods.
    ///
    /// # Errors
    /// [`HorizonError`] when `steps` is 0 or more than [`Horizon::MAX`].
    pub fn new(steps: u32) -> Result<Self, HorizonError> {
        match NonZeroU32::new(steps) {
            Some(value) if steps <= Self::MAX => Ok(Self(value)),
            _ => Err(HorizonError { steps: steps.into() }),
        }
    }

    /// The number of periods.
    #[must_use]
    pub fn steps(self) -> usize {
        self.0.get() as usize
    }
}

impl TryFrom<u32> for Horizon {
    type Error = HorizonError;

    fn try_from(steps: u32) -> Result<Self, HorizonError> {
        Self::new(steps)
    }
}

impl From<Horizon> for u32 {
    fn from(horizon: Horizon) -> Self {
        horizon.0.get()
    }
}

impl FromStr for Horizon {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let steps: u32 = text.trim().parse().map_err(|_| {
            format!("the horizon must be a whole number of periods between 1 and {}, not `{text}`", Self::MAX)
        })?;
        Self::new(steps).map_err(|error| error.to_string())
    }
}

impl fmt::Display for Horizon {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// Quantile levels in strictly rising order, each strictly between 0 and 1. May be empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct QuantileLevels(Vec<f64>);

/// Why a list of quantile levels was refused.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum QuantileLevelsError {
    /// A level that is not strictly between 0 and 1.
    #[error("quantile levels must lie strictly between 0 and 1, not {level}")]
    OutOfRange {
        /// The offending level.
        level: f64,
    },
    /// The same level twice.
    #[error("the quantile level {level} is listed twice: list it once")]
    Duplicate {
        /// The repeated level.
        level: f64,
    },
}

impl QuantileLevels {
    /// Sorted levels from a list in any order.
    ///
    /// # Errors
    /// [`QuantileLevelsError`] for a level outside (0, 1), a NaN, or a level listed twice.
    pub fn new(mut levels: Vec<f64>) -> Result<Self, QuantileLevelsError> {
        if let Some(&level) = levels.iter().find(|level| !(**level > 0.0 && **level < 1.0)) {
            return Err(QuantileLevelsError::OutOfRange { level });
        }
        levels.sort_by(f64::total_cmp);
        if let Some(pair) = levels.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(QuantileLevelsError::Duplicate { level: pair[0] });
        }
        Ok(Self(levels))
    }

    /// The levels, rising.
    #[must_use]
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }

    /// How many levels there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether only the mean is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<Vec<f64>> for QuantileLevels {
    type Error = QuantileLevelsError;

    fn try_from(levels: Vec<f64>) -> Result<Self, QuantileLevelsError> {
        Self::new(levels)
    }
}

impl From<QuantileLevels> for Vec<f64> {
    fn from(levels: QuantileLevels) -> Self {
        levels.0
    }
}

impl FromStr for QuantileLevels {
    type Err = String;

    /// Reads a comma-separated list such as `0.1,0.5,0.9`.
    fn from_str(text: &str) -> Result<Self, String> {
        let levels = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| part.parse().map_err(|_| format!("`{part}` is not a quantile level such as 0.9")))
            .collect::<Result<Vec<f64>, String>>()?;
        Self::new(levels).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_horizon_is_at_least_one_and_bounded() {
        assert_eq!(Horizon::new(28).unwrap().steps(), 28);
        assert!(Horizon::new(0).is_err());
        assert!(Horizon::new(Horizon::MAX + 1).is_err());
        assert!("four".parse::<Horizon>().unwrap_err().contains("whole number"));
        assert!("-3".parse::<Horizon>().is_err());
    }

    #[test]
    fn levels_are_sorted_and_checked() {
        let levels: QuantileLevels = "0.9, 0.1,0.5".parse().unwrap();
        assert_eq!(levels.as_slice(), [0.1, 0.5, 0.9]);
        assert!("0.1,1.0".parse::<QuantileLevels>().unwrap_err().contains("strictly between"));
        assert!("0.1,0.1".parse::<QuantileLevels>().unwrap_err().contains("twice"));
        assert!(QuantileLevels::new(vec![f64::NAN]).is_err());
    }
}
