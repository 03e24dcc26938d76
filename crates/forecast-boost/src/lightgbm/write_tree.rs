//! One tree as LightGBM would have saved it.

use std::fmt::{self, Display, Formatter};

use super::{decision, sets};
use crate::tree::{Child, Cover, Node, Place, Test, Tree};

/// The text of a tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct TreeText<'a> {
    pub(super) index: usize,
    pub(super) tree: &'a Tree,
    /// Added to each value: what the model starts from, in the first tree.
    pub(super) bias: f64,
}

/// Items with something between.
pub(super) struct Joined<I>(pub(super) char, pub(super) I);

/// The shortest decimal that reads back as the same number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exact(pub(super) f64);

impl<I: Iterator<Item: Display> + Clone> Display for Joined<I> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (place, item) in self.1.clone().enumerate() {
            if place > 0 {
                write!(f, "{}", self.0)?;
            }
            write!(f, "{item}")?;
        }
        Ok(())
    }
}

impl Display for Exact {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        // LightGBM writes whole numbers without a point, and some who read its files expect them so.
        if self.0.fract() == 0.0 && self.0.abs() < 1e15 {
            write!(f, "{}", self.0)
        } else {
            write!(f, "{:?}", self.0)
        }
    }
}

impl Display for TreeText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { index, tree: Tree { nodes, leaves }, bias } = *self;
        let sets: Vec<Vec<u32>> = nodes.iter().filter_map(set).collect();
        writeln!(f, "Tree={index}")?;
        writeln!(f, "num_leaves={}", leaves.len())?;
        writeln!(f, "num_cat={}", sets.len())?;
        list(f, "split_feature", nodes.iter().map(|node| node.column))?;
        list(f, "split_gain", nodes.iter().map(|node| Exact(node.gain)))?;
        list(f, "threshold", thresholds(nodes).into_iter())?;
        list(f, "decision_type", nodes.iter().map(|node| decision::of(&node.test)))?;
        list(f, "left_child", nodes.iter().map(|node| number(node.left)))?;
        list(f, "right_child", nodes.iter().map(|node| number(node.right)))?;
        covers(f, ["leaf_value", "leaf_weight", "leaf_count"], (leaves.iter(), bias))?;
        let covered = nodes.iter().map(|node| &node.cover);
        covers(f, ["internal_value", "internal_weight", "internal_count"], (covered, bias))?;
        if !sets.is_empty() {
            let ends = sets.iter().scan(0, |end, set| {
                *end += set.len();
                Some(*end)
            });
            list(f, "cat_boundaries", std::iter::once(0).chain(ends))?;
            list(f, "cat_threshold", sets.iter().flatten())?;
        }
        // A tree of LightGBM has been multiplied by its shrinkage; here only the product is known.
        f.write_str("is_linear=0\nshrinkage=1\n\n\n")
    }
}

fn list(f: &mut Formatter<'_>, key: &str, items: impl Iterator<Item: Display> + Clone) -> fmt::Result {
    writeln!(f, "{key}={}", Joined(' ', items))
}

fn covers<'a>(
    f: &mut Formatter<'_>,
    [value, weight, count]: [&str; 3],
    (covers, bias): (impl Iterator<Item = &'a Cover> + Clone, f64),
) -> fmt::Result {
    list(f, value, covers.clone().map(|cover| Exact(cover.value + bias)))?;
    list(f, weight, covers.clone().map(|cover| Exact(cover.hess)))?;
    // LightGBM counts in 32 bits.
    list(f, count, covers.map(|cover| cover.rows.min(i32::MAX as u64)))
}

fn set(node: &Node) -> Option<Vec<u32>> {
    match &node.test {
        Test::In(categories) => Some(sets::words(categories)),
        Test::AtMost { .. } | Test::AtMostZeroMissing { .. } => None,
    }
}

/// Thresholds, and for sets their numbers.
fn thresholds(nodes: &[Node]) -> Vec<Exact> {
    let mut sets = 0.0;
    let threshold = |node: &Node| match node.test {
        Test::AtMost { threshold, .. } | Test::AtMostZeroMissing { threshold, .. } => threshold.into(),
        Test::In(_) => {
            sets += 1.0;
            sets - 1.0
        }
    };
    nodes.iter().map(threshold).map(Exact).collect()
}

fn number(child: Child) -> i64 {
    match child.place() {
        Place::Node(node) => node as i64,
        Place::Leaf(leaf) => !(leaf as i64),
    }
}
