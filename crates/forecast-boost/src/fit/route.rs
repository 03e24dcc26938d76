//! Bringing rows that a tree was not grown on to its leaves: their scores move by its values, too.
//!
//! Node by node, all rows there are divided by their bins, as those were that the tree was grown on; a walk
//! per row and by its values takes several times as long.

use std::ops::Range;

use rayon::prelude::*;

use super::partition::{Sides, divide, join};
use super::workspace::part_len;
use crate::matrix::BinnedMatrix;
use crate::tree::{Place, Tree};

/// The rows that a sample leaves out.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    /// Row numbers, leaf by leaf once they are brought there.
    pub(super) rows: Vec<u32>,
    /// Each leaf's place among them.
    pub(super) ranges: Vec<Range<usize>>,
    spare: Vec<u32>,
}

impl LeftOut {
    /// Takes over row numbers that ascend.
    pub(super) fn set(&mut self, rows: &[u32]) {
        self.ranges.clear();
        self.rows.clear();
        self.rows.extend(rows);
    }

    /// Lists those of `count` rows that are not among `sample`, which ascends.
    pub(super) fn list(&mut self, sample: &[u32], count: usize) {
        self.rows.clear();
        self.ranges.clear();
        if sample.len() == count {
            return;
        }
        let mut next = 0;
        for &row in sample.iter().chain([&(count as u32)]) {
            self.rows.extend(next..row);
            next = row + 1;
        }
    }

    /// Brings the rows to the leaves of a tree; `splits` has the matrix's column and the sides of its bins
    /// for each node.
    pub(super) fn route(&mut self, matrix: &BinnedMatrix, tree: &Tree, splits: &[(usize, Sides)]) {
        if self.rows.is_empty() {
            return;
        }
        self.spare.resize(self.rows.len(), 0);
        self.ranges.resize(tree.leaves.len(), 0..0);
        let mut of_nodes = vec![0..self.rows.len(); tree.nodes.len()];
        // Nodes come after their parents.
        for (index, (node, (column, sides))) in tree.nodes.iter().zip(splits).enumerate() {
            let range = of_nodes[index].clone();
            let (rows, spare) = (&mut self.rows[range.clone()], &mut self.spare[range.clone()]);
            let part = part_len(rows.len());
            let codes = &matrix.columns[*column].codes;
            let lefts: Vec<usize> = rows
                .par_chunks_mut(part)
                .zip(spare.par_chunks_mut(part))
                .map(|(rows, spare)| divide(codes, sides, rows, spare))
                .collect();
            join(rows, spare, part, &lefts);
            let middle = range.start + lefts.iter().sum::<usize>();
            for (child, range) in [(node.left, range.start..middle), (node.right, middle..range.end)] {
                match child.place() {
                    Place::Node(node) => of_nodes[node] = range,
                    Place::Leaf(leaf) => self.ranges[leaf] = range,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bins::BinLimits;
    use crate::fit::grow::{Grower, Round};
    use crate::fit::scores::{Scores, Trust};
    use crate::{Dataset, Features, Objective, Params};

    #[test]
    fn brings_rows_where_their_values_lead() {
        let count = 6_000_u32;
        let of = |value: &dyn Fn(u32) -> f32| (0..count).map(value).collect::<Vec<f32>>();
        let noise = |row: u32| (row.wrapping_mul(2_654_435_761) >> 8) as f32 / (1 << 24) as f32;
        let price = of(&|row| if row % 13 == 0 { f32::NAN } else { noise(row) });
        let wide = of(&|row| noise(row + 70_000));
        let store = of(&|row| (noise(row ^ 0x5555) * 50.0).floor());
        let label = of(&|row| {
            let row = row as usize;
            price[row].max(0.3) + wide[row] * store[row] % 3.0 + if price[row].is_nan() { 2.0 } else { 0.0 }
        });
        let features =
            Features::new().numeric("price", &price).numeric("wide", &wide).categorical("store", &store);
        let matrix = BinnedMatrix::new(&features, BinLimits { max_bin: 1_000, min_data_in_bin: 3 });
        let data = Dataset::new(features, &label);
        let loss = Objective::Squared.loss();
        let mut scores = Scores::new(&data, 0.0, Trust::Ours);
        let scales = scores.advance((loss.as_ref(), &data), None, (1, None)).unwrap();
        let params = Params { num_leaves: 40, ..Params::default() };
        let mut grower = Grower::new(&params, &matrix);
        grower.rows = (0..count).filter(|row| row % 3 == 0).collect();
        let mut left_out = LeftOut::default();
        left_out.list(&grower.rows, count as usize);
        let columns = matrix.columns.len();
        let grown = grower.grow(Round {
            packed: scores.packed(),
            scales,
            allowed: &vec![true; columns],
            directions: &vec![None; columns],
        });
        assert_eq!(grown.tree.leaves.len(), 40);
        left_out.route(&matrix, &grown.tree, &grower.splits);
        let values = [&price, &wide, &store];
        let mut seen = 0;
        for (rows, ranges) in [(&grower.rows, &grown.ranges), (&left_out.rows, &left_out.ranges)] {
            for (leaf, range) in ranges.iter().enumerate() {
                let rows = &rows[range.clone()];
                assert!(rows.is_sorted());
                seen += rows.len();
                for &row in rows {
                    assert_eq!(grown.tree.leaf_of(|column| values[column][row as usize]), leaf, "row {row}");
                }
            }
        }
        assert_eq!(seen, count as usize);
    }

    #[test]
    fn lists_what_is_not_in_the_sample() {
        let mut left_out = LeftOut::default();
        let mut of = |sample: &[u32]| {
            left_out.list(sample, 6);
            left_out.rows.clone()
        };
        assert_eq!(of(&[0, 2, 5]), [1, 3, 4]);
        assert_eq!(of(&[3]), [0, 1, 2, 4, 5]);
        assert_eq!(of(&[0, 1, 2, 3, 4, 5]), []);
    }
}
