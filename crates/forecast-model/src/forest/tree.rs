//! A regression tree as one flat array, quick to walk and small to store.

use serde::{Deserialize, Serialize};

/// Marks a node without children.
const LEAF: u16 = u16::MAX;

/// A regression tree. The first node is the root.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FlatTree {
    nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Node {
    /// Position of the feature to look at, or [`LEAF`].
    feature: u16,
    /// Of a leaf its value; of others, rows at or below it go to the first child.
    value: f32,
    /// The first child; the second one follows it.
    child: u32,
}

/// One node of a tree as smartcore has it.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct SourceNode {
    output: f64,
    split_feature: usize,
    split_value: Option<f64>,
    true_child: Option<usize>,
    false_child: Option<usize>,
}

impl FlatTree {
    /// The flat form, or what is strange about the tree.
    pub(crate) fn new(source: &[SourceNode], features: usize) -> Result<Self, String> {
        let mut nodes = Vec::with_capacity(source.len());
        for (index, node) in source.iter().enumerate() {
            let flat = match (node.true_child, node.false_child, node.split_value) {
                (Some(first), Some(second), Some(split)) => {
                    let in_order = first > index && second == first + 1 && second < source.len();
                    if !in_order || node.split_feature >= features || !split.is_finite() {
                        return Err(format!("node {index} of a tree has an unknown shape"));
                    }
                    let feature = u16::try_from(node.split_feature).ok().filter(|&feature| feature != LEAF);
                    let feature = feature.ok_or("a tree has more features than can be stored")?;
                    let child = u32::try_from(first).map_err(|_| "a tree has too many nodes")?;
                    Node { feature, value: round_down(split), child }
                }
                (None, None, _) if node.output.is_finite() => {
                    Node { feature: LEAF, value: node.output as f32, child: 0 }
                }
                _ => return Err(format!("node {index} of a tree has an unknown shape")),
            };
            nodes.push(flat);
        }
        if nodes.is_empty() { Err("a tree has no nodes".to_owned()) } else { Ok(Self { nodes }) }
    }

    /// Whether every walk over rows of `features` features ends at a leaf.
    pub(crate) fn is_sound(&self, features: usize) -> bool {
        let sound = |(index, node): (usize, &Node)| {
            let child = node.child as usize;
            node.feature == LEAF
                || (usize::from(node.feature) < features && child > index && child + 1 < self.nodes.len())
        };
        !self.nodes.is_empty() && self.nodes.iter().enumerate().all(sound)
    }

    /// The value of the leaf that `row` falls into.
    pub(crate) fn predict(&self, row: &[f32]) -> f64 {
        let mut at = 0;
        loop {
            let node = self.nodes[at];
            if node.feature == LEAF {
                return f64::from(node.value);
            }
            at = node.child as usize + usize::from(row[usize::from(node.feature)] > node.value);
        }
    }
}

/// The largest `f32` that is not above `value`: an `f32` is at or below one exactly when it is at or
/// below the other.
fn round_down(value: f64) -> f32 {
    let near = value as f32;
    if f64::from(near) > value { near.next_down() } else { near }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(output: f64) -> SourceNode {
        SourceNode { output, split_feature: 0, split_value: None, true_child: None, false_child: None }
    }

    fn split(feature: usize, value: f64, child: usize) -> SourceNode {
        SourceNode {
            split_feature: feature,
            split_value: Some(value),
            true_child: Some(child),
            false_child: Some(child + 1),
            ..leaf(0.0)
        }
    }

    #[test]
    fn rows_fall_into_their_leaves() {
        let source = [split(1, 2.5, 1), leaf(10.0), split(0, 0.0, 3), leaf(20.0), leaf(30.0)];
        let tree = FlatTree::new(&source, 2).unwrap();
        assert_eq!(tree.predict(&[9.0, 2.5]), 10.0);
        assert_eq!(tree.predict(&[0.0, 2.6]), 20.0);
        assert_eq!(tree.predict(&[0.1, 2.6]), 30.0);
    }

    #[test]
    fn strange_trees_are_refused() {
        assert!(FlatTree::new(&[], 2).is_err());
        assert!(FlatTree::new(&[split(0, 1.0, 0), leaf(1.0)], 2).is_err());
        assert!(FlatTree::new(&[split(2, 1.0, 1), leaf(1.0), leaf(1.0)], 2).is_err());
        assert!(FlatTree::new(&[split(0, 1.0, 1), leaf(1.0)], 2).is_err());
        assert!(FlatTree::new(&[leaf(f64::NAN)], 2).is_err());
    }

    #[test]
    fn a_threshold_between_two_numbers_stays_between_them() {
        let low = 0.1_f32;
        let high = low.next_up();
        let middle = f64::midpoint(f64::from(low), f64::from(high));
        assert!(low <= round_down(middle) && high > round_down(middle));
    }
}
