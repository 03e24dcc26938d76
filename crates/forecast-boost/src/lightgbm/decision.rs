//! LightGBM's `decision_type`: what kind of split it is, and where missing values go.

use crate::tree::{Test, ZERO};

/// A set of categories rather than a threshold.
pub(super) const CATEGORICAL: u8 = 1;
const DEFAULT_LEFT: u8 = 2;
/// What counts as missing, in two bits.
const MISSING_SHIFT: u8 = 2;
const MISSING_NONE: u8 = 0;
const MISSING_ZERO: u8 = 1;
const MISSING_NAN: u8 = 2;

/// The test of a split by a threshold, or nothing where `kind` has no meaning.
pub(super) fn numeric(threshold: f64, kind: u8) -> Option<Test> {
    let threshold = floor_to_f32(threshold);
    let missing_left = kind & DEFAULT_LEFT != 0;
    match kind >> MISSING_SHIFT {
        // Nothing was missing in training, and what is missing now counts as 0.
        MISSING_NONE => Some(Test::AtMost { threshold, missing_left: threshold >= 0.0 }),
        MISSING_ZERO => Some(Test::AtMostZeroMissing { threshold, missing_left }),
        MISSING_NAN => Some(Test::AtMost { threshold, missing_left }),
        _ => None,
    }
}

/// The `decision_type` of a test.
pub(super) fn of(test: &Test) -> u8 {
    let (missing, is_left) = match test {
        Test::In(_) => return CATEGORICAL,
        Test::AtMost { missing_left, .. } => (MISSING_NAN, missing_left),
        Test::AtMostZeroMissing { missing_left, .. } => (MISSING_ZERO, missing_left),
    };
    (missing << MISSING_SHIFT) | if *is_left { DEFAULT_LEFT } else { 0 }
}

/// The threshold that decides every `f32` as `threshold` does in LightGBM.
///
/// That is the largest `f32` that is not above it; but values so near 0 that LightGBM takes them for 0
/// before it compares must all go where 0 goes.
fn floor_to_f32(threshold: f64) -> f32 {
    let nearest = threshold as f32;
    let below = if f64::from(nearest) > threshold { nearest.next_down() } else { nearest };
    if below.abs() > ZERO {
        below
    } else if threshold >= 0.0 {
        ZERO
    } else {
        (-ZERO).next_down()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LightGBM's `NumericalDecision` in `f64`, with the zeros that its interfaces put in beforehand.
    fn lightgbm_goes_left(threshold: f64, kind: u8, value: f32) -> bool {
        let (missing, default_left) = (kind >> 2, kind & 2 != 0);
        let is_zero = value.abs() <= ZERO || (value.is_nan() && missing != 2);
        let value = if is_zero { 0.0 } else { f64::from(value) };
        if (missing == 1 && is_zero) || value.is_nan() { default_left } else { value <= threshold }
    }

    #[test]
    fn every_value_goes_where_lightgbm_sends_it() {
        let edges = [0.0, 1e-40, 1e-36, 1e-35, 2e-35, 0.1, 1.0, 16_777_217.0, 3.4028235e38, 3.5e38, 1e300];
        let thresholds = edges.into_iter().chain([f64::from(ZERO), 1e-30 / 3.0, f64::INFINITY]);
        let signed: Vec<f64> = thresholds.flat_map(|threshold| [threshold, -threshold]).collect();
        for &threshold in &signed {
            let near = signed.iter().chain([&threshold]).map(|&value| value as f32);
            let values = near.flat_map(|near| [near.next_down(), near, near.next_up()]).chain([f32::NAN]);
            for value in values {
                for kind in [0, 2, 4, 6, 8, 10] {
                    let left = numeric(threshold, kind).map(|test| test.goes_left(value));
                    let expected = Some(lightgbm_goes_left(threshold, kind, value));
                    assert_eq!(left, expected, "{value:e} at most {threshold:e}, decision type {kind}");
                }
            }
        }
    }

    #[test]
    fn bits_survive_there_and_back() {
        for kind in [4, 6, 8, 10] {
            assert_eq!(numeric(0.5, kind).map(|test| of(&test)), Some(kind));
        }
        assert_eq!((numeric(0.5, 12), numeric(0.5, 16)), (None, None), "no such kinds");
    }
}
