//! The exponential function, fast and the same on every machine.
//!
//! What the system's mathematical library answers depends on its version, and it answers one number at
//! a time. This one is plain arithmetic that the compiler turns into vector instructions.

/// eˣ for `f32`, to within two units in the last place; 0 below the smallest normal number, and the
/// largest finite one above it.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    // ln 2 in two parts, of which the first is exact when multiplied by a small integer.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Adding and taking off 1.5 · 2²³ rounds to the nearest integer.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let power = x * LOG2_E + ROUND;
    let exponent = (power.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let power = power - ROUND;
    let rest = (x - power * LN2_HIGH) - power * LN2_LOW;
    // The Taylor series is good enough within ±ln 2 / 2, with its last coefficients a little adjusted.
    let mut series = 1.987_569_2e-4;
    for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        series = series * rest + coefficient;
    }
    let mantissa = series * rest * rest + rest + 1.0;
    mantissa * f32::from_bits(((exponent + 127) << 23) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_exact_function() {
        for step in -8600..=8700 {
            let x = step as f32 / 100.0;
            let exact = f64::from(x).exp();
            let error = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(error < 2.5e-7, "exp({x}) is off by {error:e}");
        }
    }

    #[test]
    fn stays_finite_for_any_number() {
        assert!(exp(f32::INFINITY).is_finite() && exp(1e30).is_finite());
        assert!(exp(f32::NEG_INFINITY) > 0.0 && exp(-1e30) < 1e-37);
    }
}
