//! Trees laid out for explanation: edges in slots, with the shares of rows and the quadrature factors that
//! do not depend on the row to explain.
//!
//! A layout takes memory in proportion to the tree, however many columns its paths ask about: beyond
//! [`STORED`] passes the factors, a number per edge and point, are not kept but computed for some rows at a
//! time.

use std::collections::HashMap;

use super::quadrature;
use crate::tree::{Place, Test, Tree};

/// Points that are walked at once; a rule of more is walked in several passes.
pub(super) const WIDEST: usize = 8;

/// Passes whose factors are kept: enough for paths of 64 different columns.
const STORED: usize = 4;

/// A tree laid out for the two walks.
///
/// The root and every child have a slot. Parents come before their children, left children right before
/// their siblings; slot 0 is the root's.
#[derive(Debug, Clone)]
pub(super) struct ShapTree {
    pub(super) splits: Vec<Split>,
    /// The edge that leads to each slot.
    pub(super) edges: Vec<Edge>,
    pub(super) passes: Vec<Pass>,
    pub(super) factors: Factors,
}

/// Where the factors of edges that let the row through are, inverted: 1 / (t + z (1 − t)), slot by slot.
#[derive(Debug, Clone)]
pub(super) enum Factors {
    /// Those of each pass.
    Stored(Vec<Vec<f64>>),
    /// They follow from what each edge's column lets through from the root to the edge's end.
    Computed { zeros: Vec<f64> },
}

/// An inner node.
#[derive(Debug, Clone)]
pub(super) struct Split {
    pub(super) test: Test,
    pub(super) column: u32,
    /// Its own slot.
    pub(super) slot: u32,
    /// The slot of its left child; the right one has the next.
    pub(super) children: u32,
    /// The slot below the last edge above that asks about the same column, or the root's.
    pub(super) earlier: u32,
}

/// What leads from a node to its child. The root's edge lets all rows through.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    /// The value of a leaf; 1 for a node.
    pub(super) value: f64,
    /// `value` times the share of rows that this column lets through from the root to here.
    pub(super) zero: f64,
    /// `value` times the share of the parent's rows that come here.
    pub(super) share: f64,
    /// 1 less what this column lets through from the root to here.
    pub(super) gap: f64,
}

/// Some points of the tree's rule, with `width` numbers for each of them in each field.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    pub(super) width: usize,
    pub(super) weight: Vec<f64>,
    /// t.
    at: Vec<f64>,
    /// 1 − t.
    pub(super) from_end: Vec<f64>,
    /// 1 / (1 − t).
    pub(super) outside: Vec<f64>,
}

impl ShapTree {
    /// Lays out a tree, and says what it adds on average. A tree of one leaf has nothing to lay out.
    pub(super) fn new(tree: &Tree) -> (Option<Self>, f64) {
        if tree.nodes.is_empty() {
            return (None, tree.leaves.first().map_or(0.0, |leaf| leaf.value));
        }
        let Layout { splits, edges, zeros, expected, most_columns, .. } = Layout::of(tree);
        let passes = passes(most_columns);
        let factors = if passes.len() <= STORED {
            Factors::Stored(passes.iter().map(|pass| pass.factors(&zeros).collect()).collect())
        } else {
            Factors::Computed { zeros }
        };
        (Some(Self { splits, edges, passes, factors }), expected)
    }
}

/// A tree on its way into slots.
struct Layout<'a> {
    tree: &'a Tree,
    splits: Vec<Split>,
    edges: Vec<Edge>,
    /// What each edge's column lets through from the root to the edge's end.
    zeros: Vec<f64>,
    /// The slot below the last edge of a column on the way to where the layout is.
    latest: HashMap<u32, u32>,
    expected: f64,
    most_columns: usize,
}

/// What the layout does next.
enum Step {
    /// Splits an inner node that has a slot.
    Split(Arrival),
    /// Forgets an edge after all below it is done: the slot is that of the edge before, if any.
    Leave { column: u32, before: Option<u32> },
}

/// An inner node with what led to it.
#[derive(Clone, Copy)]
struct Arrival {
    node: usize,
    slot: u32,
    /// The column of the edge that leads here; none leads to the root.
    column: Option<u32>,
    /// The share of all rows that come here.
    reached: f64,
}

impl<'a> Layout<'a> {
    fn of(tree: &'a Tree) -> Self {
        let mut layout = Self {
            tree,
            splits: Vec::with_capacity(tree.nodes.len()),
            edges: vec![Edge { value: 1.0, zero: 1.0, share: 1.0, gap: 0.0 }],
            zeros: vec![1.0],
            latest: HashMap::new(),
            expected: 0.0,
            most_columns: 0,
        };
        let mut steps = vec![Step::Split(Arrival { node: 0, slot: 0, column: None, reached: 1.0 })];
        while let Some(step) = steps.pop() {
            match step {
                Step::Split(arrival) => layout.split(arrival, &mut steps),
                Step::Leave { column, before: Some(slot) } => {
                    layout.latest.insert(column, slot);
                }
                Step::Leave { column, before: None } => {
                    layout.latest.remove(&column);
                }
            }
        }
        layout
    }

    /// Gives an inner node's children their slots.
    fn split(&mut self, arrival: Arrival, steps: &mut Vec<Step>) {
        if let Some(column) = arrival.column {
            let before = self.latest.insert(column, arrival.slot);
            steps.push(Step::Leave { column, before });
        }
        let node = &self.tree.nodes[arrival.node];
        let earlier = self.latest.get(&node.column).copied();
        let columns = self.latest.len() + usize::from(earlier.is_none());
        self.most_columns = self.most_columns.max(columns);
        let earlier = earlier.unwrap_or(0);
        self.splits.push(Split {
            test: node.test.clone(),
            column: node.column,
            slot: arrival.slot,
            children: self.edges.len() as u32,
            earlier,
        });
        let left_share = left_share(self.tree.rows_at(node.left), self.tree.rows_at(node.right));
        let column = Some(node.column);
        for (child, share) in [(node.left, left_share), (node.right, 1.0 - left_share)] {
            let zero = self.zeros[earlier as usize] * share;
            let reached = arrival.reached * share;
            let value = match child.place() {
                Place::Leaf(leaf) => {
                    let value = self.tree.leaves[leaf].value;
                    self.expected += value * reached;
                    value
                }
                Place::Node(node) => {
                    let slot = self.edges.len() as u32;
                    steps.push(Step::Split(Arrival { node, slot, column, reached }));
                    1.0
                }
            };
            self.edges.push(Edge { value, zero: value * zero, share: value * share, gap: 1.0 - zero });
            self.zeros.push(zero);
        }
    }
}

/// The share of a node's training rows that went left. Where none came, as in trees that were not fitted
/// but written, both sides are alike.
fn left_share(left: u64, right: u64) -> f64 {
    let (left, right) = (left as f64, right as f64);
    if left + right > 0.0 { left / (left + right) } else { 0.5 }
}

impl Pass {
    /// The inverted factor of each slot at each point.
    pub(super) fn factors(&self, zeros: &[f64]) -> impl Iterator<Item = f64> {
        zeros.iter().flat_map(|zero| {
            self.at.iter().zip(&self.from_end).map(move |(at, from_end)| 1.0 / (at + zero * from_end))
        })
    }
}

/// The points for paths of so many different columns, cut into passes.
fn passes(columns: usize) -> Vec<Pass> {
    // An even number of points: the walks go by pairs, and one more does no harm.
    let rule = quadrature::rule(points(columns).next_multiple_of(2));
    let passes = rule.chunks(WIDEST).map(|points| Pass {
        width: points.len(),
        weight: points.iter().map(|point| point.weight).collect(),
        at: points.iter().map(|point| point.at).collect(),
        from_end: points.iter().map(|point| point.from_end).collect(),
        outside: points.iter().map(|point| 1.0 / point.from_end).collect(),
    });
    passes.collect()
}

/// How many points integrate a leaf's polynomial exactly, or to the last bit where that takes fewer.
///
/// Of `m` columns, `⌈m / 2⌉` points are exact. But each factor is a mixture of 1 and `t`, or a part of
/// `1 − t`, so that the product is a mixture of `t^a (1 − t)^b` with `a + b ≤ m`. As a function of θ with
/// `t = cos²(θ/2)` that has Fourier coefficients no larger than the chances of a walk of `2m` steps of ±½;
/// by Hoeffding's inequality those beyond `d` sum to at most `2 exp(−d² / m)`. `n` points are exact up to
/// degree `2n − 1`, so that their error is at most `4 exp(−4n² / m)`: below 2⁻⁶⁴ from `n² = 11.5 m` on.
fn points(columns: usize) -> usize {
    let nearly = (11.5 * columns as f64).sqrt().ceil() as usize;
    columns.div_ceil(2).min(nearly)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_points_than_exact_ones_integrate_what_leaves_have() {
        for columns in [60, 100, 400, 2_000, 10_000] {
            let (few, all) = (quadrature::rule(points(columns)), quadrature::rule(columns.div_ceil(2)));
            assert!(few.len() < all.len());
            for ends in [0, 1, 2, columns / 10, columns / 2, columns - 1] {
                let integral = |rule: &[quadrature::Point]| -> f64 {
                    let terms = rule.iter().map(|point| {
                        point.weight
                            * point.at.powi((columns - 1 - ends) as i32)
                            * point.from_end.powi(ends as i32)
                    });
                    terms.sum()
                };
                let (found, exact) = (integral(&few), integral(&all));
                assert!((found - exact).abs() < 2e-15, "{columns} and {ends}: {found} is not {exact}");
            }
        }
    }
}
