//! The one place that reads the clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// The present moment in milliseconds since the Unix epoch, as MLflow counts time.
///
/// A clock set before 1970 reads as zero.
#[must_use]
pub fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_clock_is_past_2020() {
        assert!(super::now_ms() > 1_577_836_800_000);
    }
}
