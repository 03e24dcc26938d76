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

    #[test]
    fn a_threshold_decides_every_f32_as_before() {
        let thresholds = [
            0.1,
            -0.1,
            1.0,
            16_777_217.0,
            1e-30,
            3.5e38,
            -3.5e38,
            1e300,
            -1e300,
            f64::from(f32::MAX),
            f64::INFINITY,
            f64::NEG_INFINITY,
        ];
        for threshold in thresholds {
            let rounded = floor_to_f32(threshold);
            for value in
                [rounded.next_down(), rounded, rounded.next_up(), f32::INFINITY, f32::NEG_INFINITY, 0.0]
            {
                let left = f64::from(value) <= threshold;
                assert_eq!(value <= rounded, left, "{value:e} at most {threshold:e}");
            }
        }
    }

    #[test]
    fn values_that_lightgbm_takes_for_zero_go_where_zero_goes() {
        for (threshold, is_left) in
            [(0.0, true), (1e-40, true), (-1e-40, false), (-1e-36, false), (1e-36, true)]
        {
            let rounded = floor_to_f32(threshold);
            for value in [0.0, 1e-36, -1e-36, 1e-40, -1e-40, ZERO, -ZERO] {
                assert_eq!(value <= rounded, is_left, "{value:e} at most {threshold:e}");
            }
            assert!(ZERO.next_up() > rounded && (-ZERO).next_down() <= rounded, "beyond zero");
        }
    }

    #[test]
    fn bits_survive_there_and_back() {
        for kind in [4, 6, 8, 10] {
            assert_eq!(numeric(0.5, kind).map(|test| of(&test)), Some(kind));
        }
        assert_eq!(numeric(-0.5, 0), Some(Test::AtMost { threshold: -0.5, missing_left: false }));
        assert_eq!(numeric(0.5, 2), Some(Test::AtMost { threshold: 0.5, missing_left: true }));
        assert_eq!((numeric(0.5, 12), numeric(0.5, 16)), (None, None));
    }
}
