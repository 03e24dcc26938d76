//! How long to wait before asking again.

use std::time::Duration;

use uuid::Uuid;

use crate::config::RetryPolicy;

/// The wait before attempt `attempt + 1` (attempts count from 1): a random time up to the
/// exponentially growing bound, or what the server asks for if that is longer. "Full jitter"
/// spreads clients that failed together (Brooker, "Exponential Backoff And Jitter", 2015).
pub(super) fn wait(policy: &RetryPolicy, attempt: u32, retry_after: Option<Duration>) -> Duration {
    let bound = policy
        .base_delay
        .saturating_mul(1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX))
        .min(policy.max_delay);
    bound.mul_f64(fraction()).max(retry_after.unwrap_or_default())
}

/// Evenly distributed in [0, 1). A version 4 UUID is at hand and its last six bytes are random.
fn fraction() -> f64 {
    let uuid = Uuid::new_v4();
    let bits = uuid.as_bytes()[10..].iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    #[expect(clippy::cast_precision_loss, reason = "48 bits fit into the mantissa")]
    let (value, end) = (bits as f64, (1_u64 << 48) as f64);
    value / end
}

/// Reads a `Retry-After` header: seconds or an HTTP date (RFC 9110, section 10.2.3).
pub(super) fn parse_retry_after(value: &str, now_ms: i64) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = chrono::DateTime::parse_from_rfc2822(value.trim()).ok()?;
    u64::try_from(date.timestamp_millis() - now_ms).ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{fraction, parse_retry_after, wait};
    use crate::config::RetryPolicy;

    #[test]
    fn waits_grow_up_to_the_bound() {
        let policy = RetryPolicy {
            base_delay: Duration::from_millis(100),
            max_delay: Duration::from_millis(500),
            ..RetryPolicy::default()
        };
        for (attempt, most) in [(1, 100), (2, 200), (3, 400), (4, 500), (40, 500), (u32::MAX, 500)] {
            for _ in 0..100 {
                assert!(wait(&policy, attempt, None) <= Duration::from_millis(most));
            }
        }
        assert_eq!(wait(&policy, 1, Some(Duration::from_secs(9))), Duration::from_secs(9));
    }

    #[test]
    fn jitter_is_spread_over_the_whole_range() {
        let values: Vec<_> = (0..2_000).map(|_| fraction()).collect();
        assert!(values.iter().all(|value| (0.0..1.0).contains(value)));
        let mean = values.iter().sum::<f64>() / 2_000.0;
        assert!((mean - 0.5).abs() < 0.05, "{mean}");
    }

    #[test]
    fn reads_seconds_and_dates() {
        assert_eq!(parse_retry_after(" 7 ", 0), Some(Duration::from_secs(7)));
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(parse_retry_after(date, 784_111_770_000), Some(Duration::from_secs(7)));
        assert_eq!(parse_retry_after(date, 784_111_999_000), None);
        assert_eq!(parse_retry_after("soon", 0), None);
    }
}
