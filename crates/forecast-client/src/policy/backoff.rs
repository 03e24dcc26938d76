//! How long to wait before another attempt.

use std::time::Duration;

use super::Retry;
use crate::RetryConfig;

/// The wait before attempt `number` (counted from 1), or `None` where it is not to be made.
///
/// The ceiling doubles with each attempt, and the wait is drawn from its upper half: clients that
/// failed together do not come back together. What the service asked for is never cut short.
pub(super) fn delay_before(number: u32, retry: Retry, config: &RetryConfig) -> Option<Duration> {
    if number > config.attempts {
        return None;
    }
    let doublings = number.saturating_sub(2).min(31);
    let ceiling = config.first_delay.saturating_mul(1 << doublings).min(config.longest_delay);
    let backoff = ceiling.mul_f64(0.5 + 0.5 * rand::random::<f64>());
    match retry {
        Retry::No => None,
        Retry::Soon => Some(backoff),
        Retry::After(asked) => Some(asked.max(backoff)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> RetryConfig {
        RetryConfig {
            attempts: 9,
            first_delay: Duration::from_millis(200),
            longest_delay: Duration::from_secs(1),
        }
    }

    #[test]
    fn waits_double_up_to_the_longest_and_keep_to_their_upper_half() {
        for (number, ceiling_ms) in [(2, 200), (3, 400), (4, 800), (5, 1_000), (9, 1_000)] {
            for _ in 0..100 {
                let delay = delay_before(number, Retry::Soon, &config()).unwrap();
                let ceiling = Duration::from_millis(ceiling_ms);
                assert!(ceiling / 2 <= delay && delay <= ceiling, "{delay:?} before attempt {number}");
            }
        }
    }

    #[test]
    fn what_the_service_asks_for_is_not_cut_short() {
        let asked = Duration::from_secs(7);
        assert_eq!(delay_before(2, Retry::After(asked), &config()), Some(asked));
        assert!(
            delay_before(2, Retry::After(Duration::ZERO), &config()).unwrap() >= Duration::from_millis(100)
        );
    }

    #[test]
    fn the_last_attempt_is_the_last() {
        assert_eq!(delay_before(10, Retry::Soon, &config()), None);
        assert_eq!(delay_before(2, Retry::No, &config()), None);
    }
}
