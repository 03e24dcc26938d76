//! One regression tree: nodes that ask about a column, and leaves that hold values.

/// Where a row goes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Child(i32);

/// What a [`Child`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Node(usize),
    Leaf(usize),
}

impl Child {
    pub(crate) fn node(index: usize) -> Self {
        Self(index as i32)
    }

    pub(crate) fn leaf(index: usize) -> Self {
        Self(!(index as i32))
    }

    pub(crate) fn place(self) -> Place {
        if self.0 >= 0 { Place::Node(self.0 as usize) } else { Place::Leaf(!self.0 as usize) }
    }
}

/// Which rows go left.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    /// Values up to this one; missing ones where `missing_left`.
    AtMost { threshold: f32, missing_left: bool },
    /// The same where 0 counts as missing too, as LightGBM fits it with `zero_as_missing`.
    AtMostZeroMissing { threshold: f32, missing_left: bool },
    /// These categories, ascending.
    In(Vec<u32>),
}

/// Up to here from 0, on either side, LightGBM takes a value for 0.
pub(crate) const ZERO: f32 = 1e-35;

/// An inner node.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) column: u32,
    pub(crate) test: Test,
    pub(crate) left: Child,
    pub(crate) right: Child,
    /// What the split took off the loss, twice, before shrinkage.
    pub(crate) gain: f64,
    pub(crate) cover: Cover,
}

/// What reached a node or leaf in training.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Cover {
    /// Rows.
    pub(crate) rows: u64,
    /// Sum of hessians.
    pub(crate) hess: f64,
    /// The value a leaf here would have.
    pub(crate) value: f64,
}

/// A tree; without nodes it is its only leaf.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    /// Leaves; their cover's value is what they add to the score.
    pub(crate) leaves: Vec<Cover>,
}

impl Tree {
    /// The leaf that a row reaches; `value` gives its number in a column.
    pub(crate) fn leaf_of(&self, value: impl Fn(usize) -> f32) -> usize {
        let mut place = if self.nodes.is_empty() { Place::Leaf(0) } else { Place::Node(0) };
        loop {
            match place {
                Place::Leaf(leaf) => return leaf,
                Place::Node(index) => {
                    let node = &self.nodes[index];
                    let left = node.test.goes_left(value(node.column as usize));
                    place = if left { node.left.place() } else { node.right.place() };
                }
            }
        }
    }

    /// How many training rows came to a child.
    pub(crate) fn rows_at(&self, child: Child) -> u64 {
        match child.place() {
            Place::Leaf(leaf) => self.leaves[leaf].rows,
            Place::Node(node) => self.nodes[node].cover.rows,
        }
    }

    /// Multiplies every value, as the learning rate does.
    pub(crate) fn shrink(&mut self, rate: f64) {
        for leaf in &mut self.leaves {
            leaf.value *= rate;
        }
        for node in &mut self.nodes {
            node.cover.value *= rate;
        }
    }
}

impl Test {
    #[inline]
    pub(crate) fn goes_left(&self, value: f32) -> bool {
        match self {
            Self::AtMost { threshold, missing_left } => {
                if value.is_nan() {
                    *missing_left
                } else {
                    value <= *threshold
                }
            }
            Self::AtMostZeroMissing { threshold, missing_left } => {
                if value.is_nan() || value.abs() <= ZERO {
                    *missing_left
                } else {
                    value <= *threshold
                }
            }
            Self::In(categories) => crate::bins::category(value)
                .is_some_and(|category| categories.binary_search(&category).is_ok()),
        }
    }
}
