//! On which days a product is on the shelf.

use super::draw::Draws;
use super::lifecycle::Lifecycle;

/// Chance that a product on the shelf runs out on a day.
const RUNS_OUT: f64 = 0.004;

/// Whether the product is in stock, for each day of the history. A shelf that runs out stays empty
/// for two days to two weeks; a delisted product never comes back.
pub(super) fn availability(draws: &mut Draws, days: usize, life: Lifecycle) -> Vec<bool> {
    let mut empty_for = 0_usize;
    (0..days)
        .map(|day| {
            if empty_for > 0 {
                empty_for -= 1;
            } else if draws.chance(RUNS_OUT) {
                empty_for = 2 + draws.below(13);
            }
            empty_for == 0 && life.delisted.is_none_or(|gone| day < gone)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::draw::Purpose;
    use super::*;

    #[test]
    fn shelves_are_empty_now_and_then_and_for_good_once_delisted() {
        let mut draws = Draws::new(7, Purpose::Stock, (0, 0));
        let life = Lifecycle { launch: 0, delisted: Some(9_000) };
        let days = availability(&mut draws, 10_000, life);
        let empty = days[..9_000].iter().filter(|in_stock| !**in_stock).count();
        assert!((100..600).contains(&empty), "{empty} of 9000 days out of stock");
        assert!(days[9_000..].iter().all(|in_stock| !in_stock));
    }
}
