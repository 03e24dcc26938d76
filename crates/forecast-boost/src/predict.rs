//! Trees laid out for prediction: small nodes in a row, without a pointer.
//!
//! Of many rows, each tree divides a block at its nodes as training did ([`batch`]); one row walks down many
//! trees at once ([`row`]). Both add up the trees in their order, so both give the same sums.

mod batch;
mod row;

use crate::bins::category;
use crate::tree::{Child, Place, Test, Tree};

/// What a node asks and where its children are, in one word: the left child's distance in the lower half, 0
/// for a leaf, then the column, then two flags. The right child comes after the left one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Link(u32);

impl Link {
    const STEP: u32 = 0xffff;
    const COLUMN_SHIFT: u32 = 16;
    /// Columns that a link can name.
    const COLUMNS: usize = 1 << 14;
    /// Missing values go left.
    const MISSING_LEFT: u32 = 1 << 30;
    /// The threshold is the place of a set of categories, as bits.
    const SET: u32 = 1 << 31;

    /// A walk stays at a leaf whatever the value.
    const LEAF: Self = Self(Self::MISSING_LEFT);

    #[inline(always)]
    fn step(self) -> u32 {
        self.0 & Self::STEP
    }

    #[inline(always)]
    fn column(self) -> usize {
        (self.0 >> Self::COLUMN_SHIFT) as usize & (Self::COLUMNS - 1)
    }

    #[inline(always)]
    fn is_set(self) -> bool {
        self.0 & Self::SET != 0
    }

    #[inline(always)]
    fn missing_left(self) -> bool {
        self.0 & Self::MISSING_LEFT != 0
    }
}

/// Categories in sets are below this; a tree with others is walked as it is.
const MAX_SET_CATEGORY: u32 = 1 << 16;

/// All trees of a model, for prediction.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forest {
    /// Of each node: its threshold, or the place of its set in `sets`; infinity for a leaf.
    thresholds: Vec<f32>,
    links: Vec<Link>,
    /// The value of each node that is a leaf.
    values: Vec<f64>,
    /// The first node of each tree.
    roots: Vec<u32>,
    /// Sets of categories: how many words, then a bit per category.
    sets: Vec<u32>,
    /// Trees that the layout cannot hold. They are walked as they are, after the others.
    others: Vec<Tree>,
}

impl Forest {
    pub(crate) fn new(trees: &[Tree], columns: usize) -> Self {
        let mut forest = Self::default();
        for tree in trees {
            let fits = columns <= Link::COLUMNS
                && tree.leaves.len() <= Link::STEP as usize / 2
                && tree.nodes.iter().all(|node| match &node.test {
                    Test::AtMost { .. } => true,
                    Test::AtMostZeroMissing { .. } => false,
                    Test::In(categories) => categories.last().is_none_or(|&last| last < MAX_SET_CATEGORY),
                });
            if fits {
                forest.lay_out(tree);
            } else {
                forest.others.push(tree.clone());
            }
        }
        forest
    }

    /// Level by level, so that the first steps of a walk stay in few cache lines.
    fn lay_out(&mut self, tree: &Tree) {
        let first = self.links.len();
        let mut level = vec![if tree.nodes.is_empty() { Child::leaf(0) } else { Child::node(0) }];
        self.push_leaf();
        let mut at = first;
        while !level.is_empty() {
            let mut below = Vec::new();
            for child in level {
                match child.place() {
                    Place::Leaf(leaf) => self.values[at] = tree.leaves[leaf].value,
                    Place::Node(index) => {
                        let node = &tree.nodes[index];
                        let (threshold, flag) = self.test(&node.test);
                        let step = (self.links.len() - at) as u32;
                        self.thresholds[at] = threshold;
                        self.links[at] = Link(step | node.column << Link::COLUMN_SHIFT | flag);
                        self.push_leaf();
                        self.push_leaf();
                        below.extend([node.left, node.right]);
                    }
                }
                at += 1;
            }
            level = below;
        }
        self.roots.push(first as u32);
    }

    fn push_leaf(&mut self) {
        self.thresholds.push(f32::INFINITY);
        self.links.push(Link::LEAF);
        self.values.push(0.0);
    }

    /// The threshold and flag of a test.
    fn test(&mut self, test: &Test) -> (f32, u32) {
        match test {
            // Trees that take zeros for missing are not laid out.
            Test::AtMost { threshold, missing_left }
            | Test::AtMostZeroMissing { threshold, missing_left } => {
                (*threshold, if *missing_left { Link::MISSING_LEFT } else { 0 })
            }
            Test::In(categories) => {
                let place = self.sets.len();
                let words = categories.last().map_or(0, |&last| last / 32 + 1);
                self.sets.push(words);
                self.sets.resize(place + 1 + words as usize, 0);
                for &category in categories {
                    self.sets[place + 1 + category as usize / 32] |= 1 << (category % 32);
                }
                (f32::from_bits(place as u32), Link::SET)
            }
        }
    }

    /// Whether a value's category is in the set at this place.
    #[inline]
    fn is_in_set(&self, place: usize, value: f32) -> bool {
        let Some(category) = category(value) else { return false };
        let word = category / 32;
        word < self.sets[place] && self.sets[place + 1 + word as usize] >> (category % 32) & 1 == 1
    }

    /// Whether a value goes right at a node.
    #[inline(always)]
    fn goes_right(&self, link: Link, threshold: f32, value: f32) -> bool {
        if link.is_set() {
            return !self.is_in_set(threshold.to_bits() as usize, value);
        }
        (value > threshold) | (value.is_nan() & !link.missing_left())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Cover, Node};

    /// A tree that is deep on its left side: column 0 at most 8, 4, 2, 1.
    fn tree() -> Tree {
        let node = |threshold: f32, left: Child, leaf: usize, missing_left: bool| Node {
            column: 0,
            test: Test::AtMost { threshold, missing_left },
            left,
            right: Child::leaf(leaf),
            gain: 1.0,
            cover: Cover::default(),
        };
        let nodes = vec![
            node(8.0, Child::node(1), 4, true),
            node(4.0, Child::node(2), 3, true),
            node(2.0, Child::node(3), 2, false),
            node(1.0, Child::leaf(0), 1, true),
        ];
        let leaves = (0..5).map(|leaf| Cover { value: f64::from(leaf), ..Cover::default() }).collect();
        Tree { nodes, leaves }
    }

    #[test]
    fn every_way_of_walking_reaches_the_same_leaf() {
        let values: Vec<f32> =
            [0.5, 1.0, 1.5, 3.0, 5.0, 9.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY].repeat(5);
        for trees in [1, 15, 16, 40] {
            let trees = vec![tree(); trees];
            let forest = Forest::new(&trees, 1);
            let mut scores = vec![0.0; values.len()];
            forest.add_to(&[&values], &mut scores);
            for (&value, &score) in values.iter().zip(&scores) {
                let leaf = trees[0].leaf_of(|_| value);
                assert_eq!(score, (leaf * trees.len()) as f64, "value {value}");
                assert_eq!(forest.add_row(&[value], 0.0), score, "value {value}");
            }
        }
    }

    #[test]
    fn many_rows_and_sets_of_categories_reach_the_leaves_of_the_trees() {
        let chance =
            |seed: u32, row: u32| (seed.wrapping_mul(0x9e37_79b9) ^ row.wrapping_mul(0x85eb_ca6b)) >> 8;
        let column = |seed: u32, range: u32| -> Vec<f32> {
            (0..9_000)
                .map(|row| chance(seed, row) % range)
                .map(|x| if x == 0 { f32::NAN } else { x as f32 })
                .collect()
        };
        let columns = [column(1, 12), column(2, 90)];
        let mut by_category = tree();
        by_category.nodes[1].column = 1;
        by_category.nodes[1].test = Test::In(vec![0, 3, 31, 32, 33, 64, 80]);
        let trees = vec![tree(), by_category.clone(), tree(), by_category];
        let forest = Forest::new(&trees, 2);
        assert!(forest.others.is_empty());
        let mut scores = vec![1.0; 9_000];
        forest.add_to(&[&columns[0], &columns[1]], &mut scores);
        for (row, &score) in scores.iter().enumerate() {
            let leaves = trees.iter().map(|tree| tree.leaf_of(|column| columns[column][row]) as f64);
            assert_eq!(score, 1.0 + leaves.sum::<f64>(), "row {row}");
            assert_eq!(forest.add_row(&[columns[0][row], columns[1][row]], 1.0), score, "row {row}");
        }
    }

    #[test]
    fn a_tree_without_a_split_adds_its_value() {
        let tree = Tree { nodes: Vec::new(), leaves: vec![Cover { value: 2.5, ..Cover::default() }] };
        assert_eq!(Forest::new(&[tree], 1).add_row(&[0.0], 0.0), 2.5);
    }
}
