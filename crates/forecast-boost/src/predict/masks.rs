//! Many rows through small trees: every row is asked every question, many rows at once.
//!
//! A comparison of 64 bytes is one instruction, so that asking all questions of a tree costs less than
//! finding out which ones a row has to be asked. Which rows are at a node is a mask; a question turns it into
//! the masks of the node's children. Nothing is looked up by row before the leaves are known, and nothing
//! depends on how deep the tree is.

use super::ranks::{LANES, Lanes, Ranks};
use crate::simd::vectorised;
use crate::tree::{Child, Place, Test, Tree};

/// Leaves of a small tree: their numbers fit a byte.
pub(super) const MAX_LEAVES: usize = 256;
/// Room for the masks of all nodes and leaves of a small tree.
const MASKS: usize = 2 * MAX_LEAVES;

/// A question, and where the masks of its answers go.
#[derive(Debug, Clone, Copy)]
struct Ask {
    /// Whose ranks.
    slot: u16,
    /// Those go left whose rank plus `bias` is at most this. The rank of missing values plus one is zero.
    bound: u8,
    bias: u8,
    left: u16,
    right: u16,
}

/// Small trees that follow each other in a model.
#[derive(Debug, Clone, Default)]
pub(super) struct SmallTrees {
    trees: Vec<SmallTree>,
    asks: Vec<Ask>,
    values: Vec<f64>,
}

/// Where the questions of a tree end, and where the values of its leaves begin.
#[derive(Debug, Clone, Copy)]
struct SmallTree {
    asks: usize,
    values: usize,
}

/// The masks of a tree's nodes.
pub(super) struct Masks([Lanes; MASKS]);

impl Masks {
    pub(super) fn new() -> Self {
        Self([Lanes([0; LANES]); MASKS])
    }
}

impl SmallTrees {
    /// Whether a tree is one of these.
    pub(super) fn fits(tree: &Tree) -> bool {
        tree.leaves.len() <= MAX_LEAVES
            && tree.nodes.iter().all(|node| matches!(node.test, Test::AtMost { .. }))
    }

    /// Adds a tree that fits. Returns whether its columns have ranks; if not, nothing is added.
    pub(super) fn push(&mut self, tree: &Tree, ranks: &Ranks) -> bool {
        // Nodes are numbered level by level, so that a node's mask is there before its question; then leaves.
        let mut order: Vec<usize> = Vec::with_capacity(tree.nodes.len());
        let mut next = 0;
        let first_ask = self.asks.len();
        let leaf = |leaf: usize| (tree.nodes.len() + leaf) as u16;
        if !tree.nodes.is_empty() {
            order.push(0);
        }
        while next < order.len() {
            let node = &tree.nodes[order[next]];
            let mut number = |child: Child| match child.place() {
                Place::Leaf(index) => leaf(index),
                Place::Node(index) => {
                    order.push(index);
                    (order.len() - 1) as u16
                }
            };
            let (left, right) = (number(node.left), number(node.right));
            let Test::AtMost { threshold, missing_left } = node.test else { return false };
            let Some((slot, below)) = ranks.bound(node.column as usize, threshold) else {
                self.asks.truncate(first_ask);
                return false;
            };
            let bias = u8::from(missing_left);
            self.asks.push(Ask { slot, bound: below + bias, bias, left, right });
            next += 1;
        }
        // Any byte is a place after a tree's first value.
        self.values.truncate(self.values.len().saturating_sub(MAX_LEAVES));
        self.trees.push(SmallTree { asks: self.asks.len(), values: self.values.len() });
        self.values.extend(tree.leaves.iter().map(|leaf| leaf.value));
        self.values.resize(self.values.len() + MAX_LEAVES, 0.0);
        true
    }

    /// Adds the trees to scores; `ranks` are those of the same rows, `columns` for every [`LANES`] of them.
    pub(super) fn add_to(&self, (ranks, columns): (&[Lanes], usize), scores: &mut [f64], masks: &mut Masks) {
        for (index, scores) in scores.chunks_mut(LANES).enumerate() {
            let ranks = &ranks[index * columns..][..columns];
            let mut padded = [0.0; LANES];
            padded[..scores.len()].copy_from_slice(scores);
            add(self, ranks, &mut padded, masks);
            scores.copy_from_slice(&padded[..scores.len()]);
        }
    }
}

vectorised! {
    fn add(trees: &SmallTrees, ranks: &[Lanes], scores: &mut [f64; LANES], masks: &mut Masks) {
        let mut first = 0;
        for tree in &trees.trees {
            let asks = &trees.asks[first..tree.asks];
            first = tree.asks;
            masks.0[0] = Lanes([0xff; LANES]);
            for (node, ask) in asks.iter().enumerate() {
                let Lanes(at) = masks.0[node & (MASKS - 1)];
                let Lanes(ranks) = &ranks[usize::from(ask.slot)];
                let (mut left, mut right) = ([0; LANES], [0; LANES]);
                for lane in 0..LANES {
                    let goes_left = if ranks[lane].wrapping_add(ask.bias) <= ask.bound { at[lane] } else { 0 };
                    left[lane] = goes_left;
                    right[lane] = at[lane] ^ goes_left;
                }
                masks.0[usize::from(ask.left) & (MASKS - 1)] = Lanes(left);
                masks.0[usize::from(ask.right) & (MASKS - 1)] = Lanes(right);
            }
            let mut reached = [0_u8; LANES];
            for (leaf, Lanes(at)) in masks.0[asks.len()..=2 * asks.len()].iter().enumerate() {
                for lane in 0..LANES {
                    reached[lane] |= at[lane] & leaf as u8;
                }
            }
            let Some(values) = trees.values[tree.values..].first_chunk::<MAX_LEAVES>() else { return };
            for (score, leaf) in scores.iter_mut().zip(reached) {
                *score += values[usize::from(leaf)];
            }
        }
    }
}
