//! When a product goes on sale in a boutique, and when it is delisted.

use super::draw::{Draws, Purpose};
use super::options::SampleOptions;

/// The days, counted from the start of the sample, between which a product is on sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lifecycle {
    /// First day with a row.
    pub(super) launch: usize,
    /// First day on which the product is gone; its rows go on, out of stock, as a stock extract's do.
    pub(super) delisted: Option<usize>,
}

/// Of fifteen products two are launched late and one is delisted; the twelfth boutique opens late,
/// and one product reaches the smaller boutiques after the large ones.
pub(super) fn lifecycle(options: &SampleOptions, (boutique, product): (usize, usize)) -> Lifecycle {
    let whole = Lifecycle { launch: 0, delisted: None };
    if options.days < 365 {
        return whole;
    }
    let share = |purpose_of: (usize, usize), low, high| {
        let at = Draws::new(options.seed, Purpose::Lifecycle, purpose_of).between(low, high);
        (options.days as f64 * at) as usize
    };
    // Index 0 of a stream's second part is the product's own date, the others are the boutiques'.
    let launch = match product % 15 {
        12 | 14 => share((product, 0), 0.45, 0.75),
        9 if boutique % 12 >= 6 => share((product, boutique + 1), 0.20, 0.50),
        _ => 0,
    };
    let opening = if boutique % 12 == 11 { share((1_000, boutique + 1), 0.35, 0.50) } else { 0 };
    let delisted = (product % 15 == 11).then(|| share((product, 0), 0.82, 0.90));
    Lifecycle { launch: launch.max(opening), delisted }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn launches_delistings_and_openings_happen_where_said() {
        let options = SampleOptions::default();
        let at = |series| lifecycle(&options, series);
        assert_eq!(at((0, 0)), Lifecycle { launch: 0, delisted: None });
        assert_eq!(at((0, 12)).launch, at((1, 12)).launch);
        assert!(at((0, 12)).launch > 365);
        assert!(at((11, 0)).launch > 300);
        assert!(at((0, 11)).delisted.is_some_and(|day| day < options.days - 60));
        assert_ne!(at((6, 9)).launch, at((7, 9)).launch);
    }

    #[test]
    fn a_short_history_has_neither() {
        let options = SampleOptions { days: 200, ..SampleOptions::default() };
        assert_eq!(lifecycle(&options, (11, 11)), Lifecycle { launch: 0, delisted: None });
    }
}
