//! How trees are grown, by how many rows there are to learn from.

use forecast_boost::{Params, Sampling};

use super::BoostedLoss;

/// How large trees may be, and how many, from a number of rows on.
struct Size {
    from_rows: usize,
    num_leaves: usize,
    min_data_in_leaf: usize,
    most_trees: usize,
}

/// The more rows, the more a tree may tell apart and the more rows must agree before it does.
const SIZES: [Size; 5] = [
    Size { from_rows: 0, num_leaves: 8, min_data_in_leaf: 10, most_trees: 200 },
    Size { from_rows: 2_000, num_leaves: 15, min_data_in_leaf: 20, most_trees: 300 },
    Size { from_rows: 20_000, num_leaves: 31, min_data_in_leaf: 30, most_trees: 400 },
    Size { from_rows: 200_000, num_leaves: 63, min_data_in_leaf: 50, most_trees: 400 },
    Size { from_rows: 2_000_000, num_leaves: 127, min_data_in_leaf: 100, most_trees: 400 },
];

/// Parameters for so many rows. Each tree sees three fifths of the rows and of the columns: trees that
/// differ correct each other, and are grown in half the time.
pub(super) fn params(rows: usize, loss: BoostedLoss, seed: u64) -> Params {
    let size = SIZES.iter().rev().find(|size| rows >= size.from_rows).unwrap_or(&SIZES[0]);
    Params {
        objective: loss.objective(),
        trees: size.most_trees,
        learning_rate: 0.05,
        num_leaves: size.num_leaves,
        min_data_in_leaf: size.min_data_in_leaf,
        feature_fraction: 0.6,
        sampling: Sampling::Bagging { fraction: 0.6, every: 1 },
        early_stopping: Some(30),
        seed,
        ..Params::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_rows_grow_larger_trees() {
        let leaves = |rows| params(rows, BoostedLoss::Squared, 1).num_leaves;
        assert_eq!([1, 1_999, 2_000, 500_000, 40_000_000].map(leaves), [8, 8, 15, 63, 127]);
        for size in &SIZES {
            let params = params(size.from_rows, BoostedLoss::Tweedie { power: 1.5 }, 1);
            assert!(params.check().is_ok());
        }
    }
}
