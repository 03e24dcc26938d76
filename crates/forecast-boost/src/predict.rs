//! Trees laid out for prediction, once for many rows and once for a single one.
//!
//! Of many rows, those in small trees are asked all questions at once ([`masks`]); larger trees and such with
//! sets of categories divide a block of rows at their nodes ([`divide`]). One row goes through many trees at
//! once ([`bits`]). All add up the trees in their order, so all give the same sums.

mod bits;
mod divide;
mod masks;
mod ranks;
mod sets;

use self::bits::LeafBits;
use self::divide::{BLOCK, DividingTrees, Rows};
use self::masks::{Masks, SmallTrees};
use self::ranks::Ranks;
use crate::tree::Tree;

/// Fewer rows than this go one by one: a vector of rows takes as long as about so many single ones.
const FEW: usize = 64;

/// All trees of a model, for prediction.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forest {
    ranks: Ranks,
    dividing: DividingTrees,
    many_rows: Vec<ManyRows>,
    one_row: Vec<OneRow>,
}

/// How many rows go through trees that follow each other.
#[derive(Debug, Clone)]
enum ManyRows {
    Small(SmallTrees),
    /// A tree with this root.
    Dividing(u32),
    /// A tree that no layout can hold.
    Other(Tree),
}

/// How one row goes through trees that follow each other.
#[derive(Debug, Clone)]
enum OneRow {
    Bits(LeafBits),
    Other(Tree),
}

impl Forest {
    pub(crate) fn new(trees: &[Tree], columns: usize) -> Self {
        let ranks = Ranks::new(trees.iter().filter(|tree| SmallTrees::fits(tree)), columns);
        let mut dividing = DividingTrees::default();
        let mut many_rows = Vec::new();
        for tree in trees {
            if SmallTrees::fits(tree) {
                if !matches!(many_rows.last(), Some(ManyRows::Small(_))) {
                    many_rows.push(ManyRows::Small(SmallTrees::default()));
                }
                if let Some(ManyRows::Small(small)) = many_rows.last_mut()
                    && small.push(tree, &ranks)
                {
                    continue;
                }
            }
            many_rows.push(if DividingTrees::fits(tree, columns) {
                ManyRows::Dividing(dividing.push(tree))
            } else {
                ManyRows::Other(tree.clone())
            });
        }
        Self { ranks, dividing, many_rows, one_row: one_row(trees) }
    }

    /// Adds all trees to the scores of some rows; `columns` hold one value for each of them.
    pub(crate) fn add_to(&self, columns: &[&[f32]], scores: &mut [f64]) {
        if scores.len() < FEW {
            let mut values = vec![0.0; columns.len()];
            for (row, score) in scores.iter_mut().enumerate() {
                for (value, column) in values.iter_mut().zip(columns) {
                    *value = column[row];
                }
                *score = self.add_row(&values, *score);
            }
            return;
        }
        let (mut ranks, mut masks, mut rows) = (Vec::new(), Masks::new(), Rows::new());
        let mut block: Vec<&[f32]> = Vec::with_capacity(columns.len());
        for (index, scores) in scores.chunks_mut(BLOCK).enumerate() {
            let first = index * BLOCK;
            block.clear();
            block.extend(columns.iter().map(|values| &values[first..first + scores.len()]));
            self.ranks.write(&block, scores.len(), &mut ranks);
            for trees in &self.many_rows {
                match trees {
                    ManyRows::Small(trees) => {
                        trees.add_to((&ranks, self.ranks.columns()), scores, &mut masks);
                    }
                    ManyRows::Dividing(root) => self.dividing.add_to(*root, (&block, scores), &mut rows),
                    ManyRows::Other(tree) => {
                        for (row, score) in scores.iter_mut().enumerate() {
                            *score += tree.leaves[tree.leaf_of(|column| block[column][row])].value;
                        }
                    }
                }
            }
        }
    }

    /// `start` plus the sum of all trees for one row, which has a value for each column. Allocates nothing.
    pub(crate) fn add_row(&self, row: &[f32], start: f64) -> f64 {
        self.one_row.iter().fold(start, |score, trees| match trees {
            OneRow::Bits(trees) => trees.add_row(row, score),
            OneRow::Other(tree) => score + tree.leaves[tree.leaf_of(|column| row[column])].value,
        })
    }
}

/// All trees that fit as bits, the others between them.
fn one_row(trees: &[Tree]) -> Vec<OneRow> {
    let mut parts = Vec::new();
    for trees in trees.chunk_by(|a, b| LeafBits::fits(a) == LeafBits::fits(b)) {
        if !LeafBits::fits(&trees[0]) {
            parts.extend(trees.iter().cloned().map(OneRow::Other));
            continue;
        }
        let mut rest: &[Tree] = trees;
        while !rest.is_empty() {
            let (bits, count) = LeafBits::new(rest);
            parts.push(OneRow::Bits(bits));
            rest = &rest[count..];
        }
    }
    parts
}

#[cfg(test)]
mod tests;
