//! Trees laid out for prediction: one array of eight-byte nodes, walked several at a time.
//!
//! A walk down one tree waits for memory at every step. Here the steps of many walks interleave: of many
//! rows through one tree where there are many rows, and of one row through many trees where there is one.
//! A leaf points to itself, so that walks of different lengths need no branch; all stop when every one of
//! them has arrived.

use crate::tree::{Child, Place, Test, Tree};

/// Rows or trees that are walked at once.
const LANES: usize = 16;
/// Steps between two looks at whether all have arrived.
const STRIDE: usize = 4;

/// One node. Its children are neighbours: the left one `step` further on, the right one after it.
#[derive(Debug, Clone, Copy)]
struct Flat {
    threshold: f32,
    /// Column in the lower bits, [`MISSING_LEFT`] above.
    column: u16,
    /// 0 for a leaf.
    step: u16,
}

const MISSING_LEFT: u16 = 1 << 15;

/// One tree's place in the arrays.
#[derive(Debug, Clone, Copy)]
struct Root {
    node: u32,
    depth: u16,
}

/// All trees of a model, for prediction.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forest {
    nodes: Vec<Flat>,
    /// The value of each node that is a leaf.
    values: Vec<f64>,
    roots: Vec<Root>,
    /// Trees that the layout cannot hold: with sets of categories, or too large. They are walked as they are.
    others: Vec<Tree>,
    columns: usize,
}

impl Forest {
    pub(crate) fn new(trees: &[Tree], columns: usize) -> Self {
        let mut forest = Self { columns, ..Self::default() };
        for tree in trees {
            let fits = columns < usize::from(MISSING_LEFT)
                && tree.leaves.len() <= usize::from(u16::MAX) / 2
                && tree.nodes.iter().all(|node| matches!(node.test, Test::AtMost { .. }));
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
        let first = self.nodes.len();
        let root = if tree.nodes.is_empty() { Child::leaf(0) } else { Child::node(0) };
        let mut level = vec![root];
        let mut depth = 0;
        self.push_leaf();
        let mut at = first;
        while !level.is_empty() {
            let mut below = Vec::new();
            for child in level {
                match child.place() {
                    Place::Leaf(leaf) => self.values[at] = tree.leaves[leaf].value,
                    Place::Node(index) => {
                        let node = &tree.nodes[index];
                        if let Test::AtMost { threshold, missing_left } = node.test {
                            let flag = if missing_left { MISSING_LEFT } else { 0 };
                            self.nodes[at] = Flat {
                                threshold,
                                column: node.column as u16 | flag,
                                step: (self.nodes.len() - at) as u16,
                            };
                        }
                        self.push_leaf();
                        self.push_leaf();
                        below.extend([node.left, node.right]);
                    }
                }
                at += 1;
            }
            depth += usize::from(!below.is_empty());
            level = below;
        }
        self.roots.push(Root { node: first as u32, depth: depth as u16 });
    }

    /// A leaf: whatever the value, and a missing one too, the walk stays.
    fn push_leaf(&mut self) {
        self.nodes.push(Flat { threshold: f32::INFINITY, column: MISSING_LEFT, step: 0 });
        self.values.push(0.0);
    }

    #[inline(always)]
    fn next(&self, at: u32, value: impl Fn(usize) -> f32) -> u32 {
        let node = self.nodes[at as usize];
        let value = value(usize::from(node.column & !MISSING_LEFT));
        let missing_right = value.is_nan() & (node.column & MISSING_LEFT == 0);
        let right = (value > node.threshold) | missing_right;
        at + u32::from(node.step) + u32::from(right)
    }

    /// The sum of all trees for one row.
    pub(crate) fn row(&self, row: &[f32]) -> f64 {
        let mut sum = 0.0;
        let (groups, rest) = self.roots.as_chunks::<LANES>();
        for roots in groups {
            let depth = roots.iter().map(|root| root.depth).max().unwrap_or(0);
            let mut at = roots.map(|root| root.node);
            for _ in 0..depth {
                at = at.map(|at| self.next(at, |column| row[column]));
            }
            sum += at.iter().map(|&at| self.values[at as usize]).sum::<f64>();
        }
        for root in rest {
            let mut at = root.node;
            for _ in 0..root.depth {
                at = self.next(at, |column| row[column]);
            }
            sum += self.values[at as usize];
        }
        sum + self
            .others
            .iter()
            .map(|tree| tree.leaves[tree.leaf_of(|column| row[column])].value)
            .sum::<f64>()
    }

    /// Adds all trees to the scores of some rows, which lie one after the other in `rows`.
    pub(crate) fn add_to(&self, rows: &[f32], scores: &mut [f64]) {
        for root in &self.roots {
            let lanes = rows.chunks(LANES * self.columns).zip(scores.chunks_mut(LANES));
            for (rows, scores) in lanes {
                if scores.len() == LANES {
                    self.add_lanes(*root, rows, scores);
                } else {
                    for (row, score) in rows.chunks_exact(self.columns).zip(scores) {
                        let mut at = root.node;
                        for _ in 0..root.depth {
                            at = self.next(at, |column| row[column]);
                        }
                        *score += self.values[at as usize];
                    }
                }
            }
        }
        for tree in &self.others {
            for (row, score) in rows.chunks_exact(self.columns).zip(scores.iter_mut()) {
                *score += tree.leaves[tree.leaf_of(|column| row[column])].value;
            }
        }
    }

    #[inline]
    fn add_lanes(&self, root: Root, rows: &[f32], scores: &mut [f64]) {
        let mut at = [root.node; LANES];
        let mut steps = usize::from(root.depth);
        while steps > 0 {
            let now = steps.min(STRIDE);
            for _ in 0..now {
                for (lane, at) in at.iter_mut().enumerate() {
                    *at = self.next(*at, |column| rows[lane * self.columns + column]);
                }
            }
            steps -= now;
            if at.iter().all(|&at| self.nodes[at as usize].step == 0) {
                break;
            }
        }
        for (score, &at) in scores.iter_mut().zip(&at) {
            *score += self.values[at as usize];
        }
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
            forest.add_to(&values, &mut scores);
            for (&value, &score) in values.iter().zip(&scores) {
                let leaf = trees[0].leaf_of(|_| value);
                assert_eq!(score, (leaf * trees.len()) as f64, "value {value}");
                assert_eq!(forest.row(&[value]), score, "value {value}");
            }
        }
    }

    #[test]
    fn a_tree_without_a_split_adds_its_value() {
        let tree = Tree { nodes: Vec::new(), leaves: vec![Cover { value: 2.5, ..Cover::default() }] };
        assert_eq!(Forest::new(&[tree], 1).row(&[0.0]), 2.5);
    }
}
