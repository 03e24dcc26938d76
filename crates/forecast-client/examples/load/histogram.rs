//! How long requests took, in memory that does not grow with their number.
//!
//! Buckets are a 32nd of a power of two wide, so that a quantile is off by 3 % at most.

use std::time::Duration;

/// Buckets in each power of two, and its logarithm.
const PARTS: usize = 32;
const PART_BITS: u32 = 5;

/// Enough for every number of microseconds that a `u64` holds.
const BUCKETS: usize = PARTS * (64 - PART_BITS as usize + 1);

/// Counts of durations, by bucket.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    counts: Box<[u64; BUCKETS]>,
    total: u64,
    longest: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: Box::new([0; BUCKETS]), total: 0, longest: Duration::ZERO }
    }
}

impl Histogram {
    pub(crate) fn add(&mut self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(count) = self.counts.get_mut(bucket(micros)) {
            *count += 1;
        }
        self.total += 1;
        self.longest = self.longest.max(took);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts.iter()) {
            *mine += theirs;
        }
        self.total += other.total;
        self.longest = self.longest.max(other.longest);
    }

    /// The duration that this share of requests did not exceed; zero where there was none.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        // Counts of requests are far below the 2^53 up to which a float is exact.
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let rank = (self.total as f64 * share).ceil() as u64;
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank.max(1) {
                return Duration::from_micros(upper_end(bucket)).min(self.longest);
            }
        }
        self.longest
    }

    pub(crate) fn longest(&self) -> Duration {
        self.longest
    }
}

/// Numbers below 32 have a bucket each; of greater ones the five bits after the first count.
fn bucket(micros: u64) -> usize {
    let power = (u64::BITS - micros.leading_zeros()).saturating_sub(PART_BITS + 1);
    power as usize * PARTS + usize::try_from(micros >> power).unwrap_or(PARTS)
}

/// The greatest number of a bucket.
fn upper_end(bucket: usize) -> u64 {
    let power = (bucket / PARTS).saturating_sub(1);
    let first = (bucket - power * PARTS) as u64;
    // The last bucket of all ends beyond what a u64 holds.
    (first + 1)
        .checked_shl(u32::try_from(power).unwrap_or(u32::MAX))
        .map_or(u64::MAX, |end| end.wrapping_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_lies_in_its_bucket_and_buckets_are_narrow() {
        for micros in (0..5_000).chain([65_535, 65_536, 1 << 40, u64::MAX]) {
            let bucket = bucket(micros);
            let end = upper_end(bucket);
            assert!(end >= micros && end - micros <= micros / 32, "{micros}: {bucket} ends at {end}");
            assert!(bucket < BUCKETS, "{micros}");
        }
    }

    #[test]
    fn quantiles_are_those_of_the_numbers() {
        let mut histogram = Histogram::default();
        let mut other = Histogram::default();
        for millis in 1..=500 {
            histogram.add(Duration::from_millis(millis));
            other.add(Duration::from_millis(millis + 500));
        }
        histogram.merge(&other);
        for (share, millis) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1000.0)] {
            let found = histogram.quantile(share).as_secs_f64() * 1e3;
            assert!((found / millis - 1.0).abs() < 0.035, "{share}: {found}");
        }
        assert_eq!(histogram.longest(), Duration::from_secs(1));
        assert_eq!(Histogram::default().quantile(0.5), Duration::ZERO);
    }
}
