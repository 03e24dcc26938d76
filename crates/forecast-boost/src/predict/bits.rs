//! One row through many trees at once, question by question instead of step by step: QuickScorer
//! (Lucchese et al. 2015, "QuickScorer: A fast algorithm to rank documents with additive ensembles of
//! regression trees", SIGIR).
//!
//! Each tree has a bit for every leaf, from left to right. A question that the row answers with "right" rules
//! out the leaves on its left; the first leaf that no answer rules out is the one that the row reaches. Of a
//! column, the questions answered "right" are those whose thresholds are below the value: the first so many
//! of its questions in the order of thresholds. What many of them leave together is worked out before, so
//! that a row needs one pass over the bits of all trees for each column, and a few questions more.

use super::sets::Sets;
use crate::simd::vectorised;
use crate::tree::{Child, Place, Test, Tree};

/// Leaves of a tree for which bits pay.
const MAX_LEAVES: usize = 1_024;
/// Words of bits that are kept at once: they stay in the first-level cache.
const MAX_WORDS: usize = 512;
/// The fewest questions after which it is worked out what they leave.
const MIN_STRIDE: usize = 16;

/// Trees that follow each other in a model, as bits of leaves.
#[derive(Debug, Clone, Default)]
pub(super) struct LeafBits {
    columns: Vec<Column>,
    sets: Sets,
    memberships: Vec<Membership>,
    /// The first word of each tree, then of one after the last.
    words: Vec<u16>,
    /// The place of each tree's first value.
    first_values: Vec<u32>,
    /// Of each leaf, from left to right.
    values: Vec<f64>,
}

/// The bits in a word that an answer leaves.
#[derive(Debug, Clone, Copy)]
struct Left {
    word: u16,
    bits: u64,
}

/// What the answers "right" of a column with thresholds leave.
#[derive(Debug, Clone, Default)]
struct Column {
    column: usize,
    /// Ascending, each once.
    thresholds: Vec<f32>,
    /// How many of `lefts` belong to thresholds before each place in `thresholds`, and in all.
    ends: Vec<u32>,
    /// By threshold.
    lefts: Vec<Left>,
    /// What the first `stride`, 2 `stride`, … of `lefts` leave together: a word for every word of bits.
    together: Vec<u64>,
    stride: usize,
    /// What a missing value leaves.
    missing: Vec<u64>,
}

/// A question whether a column's category is in a set, and what it leaves where it is not.
#[derive(Debug, Clone, Copy)]
struct Membership {
    column: u32,
    set: u32,
    left: Left,
}

impl LeafBits {
    /// Whether a tree can be one of these.
    pub(super) fn fits(tree: &Tree) -> bool {
        tree.leaves.len() <= MAX_LEAVES
            && !tree.nodes.iter().any(|node| matches!(node.test, Test::AtMostZeroMissing { .. }))
    }

    /// The first of these trees as bits, and how many they are: as many as there is room for. All of them fit.
    pub(super) fn new(trees: &[Tree]) -> (Self, usize) {
        let mut bits = Self { words: vec![0], ..Self::default() };
        let mut questions = Vec::new();
        for tree in trees {
            let word = usize::from(bits.words[bits.words.len() - 1]);
            let end = word + tree.leaves.len().div_ceil(64);
            if end > MAX_WORDS {
                break;
            }
            bits.first_values.push(bits.values.len() as u32);
            bits.words.push(end as u16);
            let root = if tree.nodes.is_empty() { Child::leaf(0) } else { Child::node(0) };
            bits.number(tree, root, (word, &mut questions));
        }
        bits.sum_up(questions);
        let trees = bits.first_values.len();
        (bits, trees)
    }

    /// Numbers the leaves below a child from left to right, and notes which of them each question rules out.
    fn number(&mut self, tree: &Tree, child: Child, (word, questions): (usize, &mut Vec<Question>)) {
        let node = match child.place() {
            Place::Leaf(leaf) => return self.values.push(tree.leaves[leaf].value),
            Place::Node(index) => &tree.nodes[index],
        };
        let first = self.first_values.last().map_or(0, |&first| first as usize);
        let before = self.values.len() - first;
        self.number(tree, node.left, (word, questions));
        let after = self.values.len() - first;
        let set = if let Test::In(categories) = &node.test { self.sets.push(categories) } else { 0 };
        for of_tree in before / 64..after.div_ceil(64) {
            let from = before.max(of_tree * 64) - of_tree * 64;
            let count = after.min(of_tree * 64 + 64) - of_tree * 64 - from;
            let left = Left { word: (word + of_tree) as u16, bits: !(u64::MAX >> (64 - count) << from) };
            match node.test {
                Test::In(_) => self.memberships.push(Membership { column: node.column, set, left }),
                Test::AtMost { threshold, missing_left }
                | Test::AtMostZeroMissing { threshold, missing_left } => {
                    questions.push(Question { column: node.column, threshold, missing_left, left });
                }
            }
        }
        self.number(tree, node.right, (word, questions));
    }

    /// Sorts questions by column and threshold, and works out what they leave together.
    fn sum_up(&mut self, mut questions: Vec<Question>) {
        let words = usize::from(self.words[self.words.len() - 1]);
        questions.sort_by(|a, b| a.column.cmp(&b.column).then(a.threshold.total_cmp(&b.threshold)));
        for questions in questions.chunk_by(|a, b| a.column == b.column) {
            // A pass over all words costs as much as some questions; the sums take 32 bytes a question.
            let mut column = Column {
                column: questions[0].column as usize,
                missing: vec![u64::MAX; words],
                stride: (words / 4).max(MIN_STRIDE),
                ..Column::default()
            };
            let mut together = vec![u64::MAX; words];
            for question in questions {
                if column.thresholds.last() != Some(&question.threshold) {
                    column.thresholds.push(question.threshold);
                    column.ends.push(column.lefts.len() as u32);
                }
                let Left { word, bits } = question.left;
                column.lefts.push(question.left);
                together[usize::from(word)] &= bits;
                if !question.missing_left {
                    column.missing[usize::from(word)] &= bits;
                }
                if column.lefts.len().is_multiple_of(column.stride) {
                    column.together.extend_from_slice(&together);
                }
            }
            column.ends.push(column.lefts.len() as u32);
            self.columns.push(column);
        }
        // Questions about the same column follow each other.
        self.memberships.sort_by_key(|membership| membership.column);
    }

    /// `start` plus the values that a row reaches, tree by tree.
    pub(super) fn add_row(&self, row: &[f32], start: f64) -> f64 {
        let mut bits = [u64::MAX; MAX_WORDS];
        rule_out(self, row, &mut bits);
        let mut score = start;
        for (words, &first) in self.words.windows(2).zip(&self.first_values) {
            let of_tree = &bits[usize::from(words[0])..usize::from(words[1])];
            let (mut leaf, mut word) = (of_tree[0].trailing_zeros() as usize, 1);
            while leaf == 64 * word && word < of_tree.len() {
                leaf += of_tree[word].trailing_zeros() as usize;
                word += 1;
            }
            score += self.values[first as usize + leaf];
        }
        score
    }
}

/// A question that compares a column with a threshold, and what it leaves where the answer is "right".
struct Question {
    column: u32,
    threshold: f32,
    missing_left: bool,
    left: Left,
}

vectorised! {
    /// Takes the bits of leaves that a row does not reach.
    fn rule_out(trees: &LeafBits, row: &[f32], bits: &mut [u64; MAX_WORDS]) {
        for column in &trees.columns {
            let value = row[column.column];
            if value.is_nan() {
                and(bits, &column.missing);
                continue;
            }
            let rank = column.thresholds.partition_point(|&threshold| threshold < value);
            let end = column.ends[rank] as usize;
            let sums = end / column.stride;
            if let Some(last) = sums.checked_sub(1) {
                let words = column.missing.len();
                and(bits, &column.together[last * words..][..words]);
            }
            for left in &column.lefts[sums * column.stride..end] {
                bits[usize::from(left.word) & (MAX_WORDS - 1)] &= left.bits;
            }
        }
        for Membership { column, set, left } in &trees.memberships {
            if !trees.sets.contains(*set, row[*column as usize]) {
                bits[usize::from(left.word) & (MAX_WORDS - 1)] &= left.bits;
            }
        }
    }
}

#[inline(always)]
fn and(bits: &mut [u64; MAX_WORDS], other: &[u64]) {
    for (bits, other) in bits.iter_mut().zip(other) {
        *bits &= other;
    }
}
