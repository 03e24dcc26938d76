//! How large a sample is, when it ends, and what it is drawn from.

use chrono::NaiveDate;

use super::SampleError;

/// Size, end and seed of a sample; [`SampleOptions::default`] is the demo's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleOptions {
    /// How many boutiques sell; 1 to 1000.
    pub boutiques: usize,
    /// How many products each of them sells; 1 to 1000.
    pub products: usize,
    /// Days of history; 60 to 3650. Launches and delistings only happen in a year or more.
    pub days: usize,
    /// Days after the history whose prices, promotions and holidays are known; 1 to 365.
    pub horizon_days: usize,
    /// Last day of the history.
    pub end: NaiveDate,
    /// What the random numbers are drawn from.
    pub seed: u64,
}

impl SampleOptions {
    /// The day after which the default sample knows no sales: Christmas lies in its horizon.
    pub const DEFAULT_END: NaiveDate = match NaiveDate::from_ymd_opt(2025, 11, 30) {
        Some(date) => date,
        None => NaiveDate::MIN,
    };

    /// Refuses sizes that the generator cannot make.
    ///
    /// # Errors
    /// [`SampleError::OutOfRange`] names the first option that is too small or too large,
    /// [`SampleError::Dates`] a history outside of the calendar.
    pub fn check(&self) -> Result<(), SampleError> {
        let ranges = [
            ("boutiques", self.boutiques, 1, 1_000),
            ("products", self.products, 1, 1_000),
            ("days", self.days, 60, 3_650),
            ("horizon_days", self.horizon_days, 1, 365),
        ];
        for (option, value, min, max) in ranges {
            if !(min..=max).contains(&value) {
                return Err(SampleError::OutOfRange { option, value, min, max });
            }
        }
        let margin = chrono::Days::new(4_000);
        if self.end.checked_sub_days(margin).is_none() || self.end.checked_add_days(margin).is_none() {
            return Err(SampleError::Dates { end: self.end, days: self.days });
        }
        Ok(())
    }
}

impl Default for SampleOptions {
    fn default() -> Self {
        Self {
            boutiques: 12,
            products: 15,
            days: 913, // two and a half years
            horizon_days: 28,
            end: Self::DEFAULT_END,
            seed: 7,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_accepted() {
        assert!(SampleOptions::default().check().is_ok());
    }

    #[test]
    fn a_size_out_of_range_is_named_with_its_limits() {
        let error = SampleOptions { days: 3, ..SampleOptions::default() }.check().unwrap_err();
        assert_eq!(error.to_string(), "days is 3; choose a number from 60 to 3650");
    }

    #[test]
    fn a_history_before_the_calendar_is_refused() {
        let error = SampleOptions { end: NaiveDate::MIN, ..SampleOptions::default() }.check().unwrap_err();
        assert!(matches!(error, SampleError::Dates { days: 913, .. }));
    }
}
