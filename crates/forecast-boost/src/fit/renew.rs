//! Leaf values of losses whose derivatives say in which direction to go, but not how far: quantiles of the
//! residuals of a leaf's rows, within what monotone constraints allow.
//!
//! The bounds that held while the tree grew are in steps of the derivatives and mean nothing here. They are
//! found again from the top: where a split's column has a direction, the middle between the quantiles of its
//! two sides divides them. (LightGBM refuses constraints for these losses.)

use std::ops::Range;

use rayon::prelude::*;

use super::scan::Bounds;
use crate::objective::quantile_of;
use crate::params::Monotone;
use crate::tree::{Child, Place, Tree};

/// The rows that a tree was grown on, and what is left of their labels.
pub(super) struct Residuals<'a, R> {
    /// Row numbers, leaf by leaf.
    pub(super) rows: &'a [u32],
    /// Each leaf's place among them.
    pub(super) ranges: &'a [Range<usize>],
    /// A row's label without its score so far.
    pub(super) residual: R,
    /// How much each row counts; all alike where absent.
    pub(super) weight: Option<&'a (dyn Fn(usize) -> f32 + Sync)>,
}

impl<R: Fn(usize) -> f32 + Sync> Residuals<'_, R> {
    /// Sets each leaf to the quantile of `level`; `directions` has one item per column of the caller.
    pub(super) fn renew(&self, tree: &mut Tree, level: f64, directions: &[Option<Monotone>]) {
        tree.leaves.par_iter_mut().zip(self.ranges).for_each(|(leaf, range)| {
            leaf.value = self.quantile(range.clone(), level);
        });
        if directions.iter().any(Option::is_some) {
            let bounds = self.bounds(tree, level, directions);
            for (leaf, bounds) in tree.leaves.iter_mut().zip(bounds) {
                leaf.value = bounds.hold(leaf.value);
            }
        }
    }

    fn quantile(&self, range: Range<usize>, level: f64) -> f64 {
        let rows = self.rows[range].iter().map(|&row| row as usize);
        let mut residuals: Vec<f32> = rows.clone().map(&self.residual).collect();
        let weight: Option<Vec<f32>> = self.weight.map(|weight| rows.map(weight).collect());
        quantile_of(&mut residuals, weight.as_deref(), level)
    }

    /// Between what each leaf's value must lie.
    fn bounds(&self, tree: &Tree, level: f64, directions: &[Option<Monotone>]) -> Vec<Bounds> {
        let ranges = self.node_ranges(tree);
        let range = |child: Child| match child.place() {
            Place::Node(node) => ranges[node].clone(),
            Place::Leaf(leaf) => self.ranges[leaf].clone(),
        };
        let sides: Vec<Option<(f64, f64)>> = tree
            .nodes
            .par_iter()
            .map(|node| {
                directions[node.column as usize]?;
                Some((self.quantile(range(node.left), level), self.quantile(range(node.right), level)))
            })
            .collect();
        let mut of_nodes = vec![Bounds::OPEN; tree.nodes.len()];
        let mut of_leaves = vec![Bounds::OPEN; tree.leaves.len()];
        // Nodes come after their parents.
        for (index, node) in tree.nodes.iter().enumerate() {
            let whole = of_nodes[index];
            let (left, right) = match sides[index] {
                None => (whole, whole),
                Some((left, right)) => {
                    whole.divide((whole.hold(left), whole.hold(right)), directions[node.column as usize])
                }
            };
            for (child, bounds) in [(node.left, left), (node.right, right)] {
                match child.place() {
                    Place::Node(node) => of_nodes[node] = bounds,
                    Place::Leaf(leaf) => of_leaves[leaf] = bounds,
                }
            }
        }
        of_leaves
    }

    /// The rows below each node: those of its left side come first.
    fn node_ranges(&self, tree: &Tree) -> Vec<Range<usize>> {
        let mut ranges = vec![0..0; tree.nodes.len()];
        for (index, node) in tree.nodes.iter().enumerate().rev() {
            let end = |child: Child| match child.place() {
                Place::Node(node) => ranges[node].clone(),
                Place::Leaf(leaf) => self.ranges[leaf].clone(),
            };
            ranges[index] = end(node.left).start..end(node.right).end;
        }
        ranges
    }
}
