//! Random numbers that are the same on every machine.
//!
//! Each purpose and series draws from a `ChaCha` stream of its own, so that one boutique more, or one
//! draw more in the stock model, leaves every other number as it was.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream of random numbers is used for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    Boutique = 1,
    Product,
    Price,
    Promotion,
    Lifecycle,
    Stock,
    Level,
    Affinity,
    Sales,
}

/// A stream of random numbers.
#[derive(Debug)]
pub(super) struct Draws(ChaCha8Rng);

impl Draws {
    /// The stream of `purpose` for the pair `(first, second)`, such as boutique and product.
    pub(super) fn new(seed: u64, purpose: Purpose, (first, second): (usize, usize)) -> Self {
        let mut key = [0_u8; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut rng = ChaCha8Rng::from_seed(key);
        // Sizes are at most 1000, so that the three parts never overlap.
        rng.set_stream(((purpose as u64) << 40) | ((first as u64) << 20) | second as u64);
        Self(rng)
    }

    /// Uniform in [0, 1), with 53 bits.
    pub(super) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in [low, high).
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number below `bound`.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        (self.unit() * bound as f64) as usize
    }

    /// True with the given probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Standard normal, by the Box-Muller transform.
    pub(super) fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }
}

/// The count at probability `unit` of a negative binomial distribution with this mean and dispersion
/// `r` (variance = mean + mean²/r), found by adding up its probabilities:
/// P(0) = (r/(r+m))^r and P(k+1) = P(k) · (k+r)/(k+1) · m/(r+m).
pub(super) fn negative_binomial(mean: f64, dispersion: f64, unit: f64) -> u32 {
    if mean <= 0.0 {
        return 0;
    }
    let failure = mean / (dispersion + mean);
    let mut probability = libm::pow(1.0 - failure, dispersion);
    let mut below = probability;
    let mut count = 0_u32;
    // The bound is far beyond any mean used here; it stops the sum where rounding keeps it below 1.
    while below <= unit && count < 100_000 {
        probability *= (f64::from(count) + dispersion) / (f64::from(count) + 1.0) * failure;
        below += probability;
        count += 1;
        if probability < 1e-300 {
            break;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_purpose_and_series_and_repeat_by_seed() {
        let first = |purpose, series| Draws::new(1, purpose, series).unit();
        assert_eq!(first(Purpose::Stock, (1, 2)), first(Purpose::Stock, (1, 2)));
        assert_ne!(first(Purpose::Stock, (1, 2)), first(Purpose::Stock, (2, 1)));
        assert_ne!(first(Purpose::Stock, (1, 2)), first(Purpose::Sales, (1, 2)));
    }

    #[test]
    fn counts_have_the_mean_and_variance_asked_for() {
        let mut draws = Draws::new(3, Purpose::Sales, (0, 0));
        for (mean, dispersion) in [(0.1, 0.8), (3.0, 2.0), (40.0, 6.0)] {
            let counts: Vec<f64> =
                (0..20_000).map(|_| f64::from(negative_binomial(mean, dispersion, draws.unit()))).collect();
            let average = counts.iter().sum::<f64>() / 20_000.0;
            let variance = counts.iter().map(|c| (c - average).powi(2)).sum::<f64>() / 20_000.0;
            let expected = mean + mean * mean / dispersion;
            assert!((average / mean - 1.0).abs() < 0.06, "mean {average} of {mean}");
            assert!((variance / expected - 1.0).abs() < 0.12, "variance {variance} of {expected}");
        }
    }

    #[test]
    fn no_demand_and_the_last_probability_give_finite_counts() {
        assert_eq!(negative_binomial(0.0, 1.0, 0.99), 0);
        assert!(negative_binomial(2.0, 1.0, 1.0) < 2_000);
    }

    #[test]
    fn normals_are_standard() {
        let mut draws = Draws::new(5, Purpose::Level, (0, 0));
        let values: Vec<f64> = (0..20_000).map(|_| draws.normal()).collect();
        let mean = values.iter().sum::<f64>() / 20_000.0;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04, "{mean} {variance}");
    }
}
