//! Every way to go through trees reaches the leaves that a walk down each tree reaches.

use super::*;
use crate::tree::{Child, Cover, Node, Test};

/// Numbers from a seed, each as good as any other (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % end as u64) as usize
    }
}

/// What the trees of a forest may have.
#[derive(Clone, Copy)]
struct Kind {
    leaves: usize,
    /// Different thresholds of a column.
    thresholds: usize,
    sets: bool,
    zero_missing: bool,
    /// Each split takes one row off: a tree as deep as it has nodes.
    chain: bool,
}

const PLAIN: Kind = Kind { leaves: 63, thresholds: 100, sets: false, zero_missing: false, chain: false };
const COLUMNS: usize = 5;

fn tree(kind: Kind, chance: &mut Chance) -> Tree {
    let value = |leaf: usize| Cover { value: 1.0 / (leaf + 3) as f64, ..Cover::default() };
    let mut tree = Tree { nodes: Vec::new(), leaves: vec![value(0)] };
    // Where each leaf hangs: its parent and whether on the right.
    let mut hangs: Vec<Option<(usize, bool)>> = vec![None];
    while tree.leaves.len() < kind.leaves {
        let split = if kind.chain { hangs.len() - 1 } else { chance.below(hangs.len()) };
        let node = tree.nodes.len();
        if let Some((parent, is_right)) = hangs[split] {
            let parent: &mut Node = &mut tree.nodes[parent];
            *(if is_right { &mut parent.right } else { &mut parent.left }) = Child::node(node);
        }
        let threshold = chance.below(kind.thresholds) as f32 - 3.0;
        let missing_left = chance.below(2) == 0;
        let test = match chance.below(4) {
            0 if kind.sets => {
                // As bits, and as a list.
                let share = [3, 40][chance.below(2)];
                Test::In((0..90).filter(|_| chance.below(share) == 0).collect())
            }
            1 if kind.zero_missing => Test::AtMostZeroMissing { threshold, missing_left },
            _ => Test::AtMost { threshold, missing_left },
        };
        let new = tree.leaves.len();
        tree.nodes.push(Node {
            column: chance.below(COLUMNS) as u32,
            test,
            left: Child::leaf(split),
            right: Child::leaf(new),
            gain: 1.0,
            cover: Cover::default(),
        });
        hangs[split] = Some((node, false));
        hangs.push(Some((node, true)));
        tree.leaves.push(value(new));
    }
    tree
}

fn columns(kind: Kind, rows: usize, chance: &mut Chance) -> Vec<Vec<f32>> {
    let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, 0.5, 1e30, -1e-40, f32::NAN];
    (0..COLUMNS)
        .map(|_| {
            (0..rows)
                .map(|_| match chance.below(4 * odd.len()) {
                    place if place < odd.len() => odd[place],
                    _ => chance.below(kind.thresholds + 6) as f32 - 6.0,
                })
                .collect()
        })
        .collect()
}

/// Bit for bit: the sums are taken in the order of the trees, however a row goes through them.
fn assert_like_walks(trees: &[Tree], columns: &[Vec<f32>]) {
    let forest = Forest::new(trees, COLUMNS);
    let slices: Vec<&[f32]> = columns.iter().map(Vec::as_slice).collect();
    let mut scores = vec![1.0; slices[0].len()];
    forest.add_to(&slices, &mut scores);
    for (row, &score) in scores.iter().enumerate() {
        let walked = trees
            .iter()
            .fold(1.0, |score, tree| score + tree.leaves[tree.leaf_of(|column| columns[column][row])].value);
        let values: Vec<f32> = columns.iter().map(|column| column[row]).collect();
        assert_eq!(score, walked, "row {row}: {values:?}");
        assert_eq!(forest.add_row(&values, 1.0), walked, "row {row}: {values:?}");
    }
}

#[test]
fn trees_of_every_kind_alone_and_mixed() {
    let kinds = [
        PLAIN,
        Kind { leaves: 1, ..PLAIN },
        Kind { leaves: 2, ..PLAIN },
        Kind { leaves: 64, chain: true, ..PLAIN },
        Kind { leaves: 65, thresholds: 3, ..PLAIN },
        Kind { leaves: 256, ..PLAIN },
        // Too many leaves for masks, and then for bits of leaves.
        Kind { leaves: 257, chain: true, ..PLAIN },
        Kind { leaves: 1_030, ..PLAIN },
        // Too many thresholds for ranks.
        Kind { thresholds: 5_000, ..PLAIN },
        Kind { sets: true, ..PLAIN },
        Kind { sets: true, leaves: 300, ..PLAIN },
        Kind { zero_missing: true, ..PLAIN },
    ];
    let mut chance = Chance(1);
    let mut all = Vec::new();
    for kind in kinds {
        let trees: Vec<Tree> = (0..12).map(|_| tree(kind, &mut chance)).collect();
        // Few rows, many, and a last vector and block that are not full.
        for rows in [1, 63, 64, 300, BLOCK + 130] {
            assert_like_walks(&trees[..if rows > 300 { 2 } else { 12 }], &columns(kind, rows, &mut chance));
        }
        all.extend(trees);
    }
    for place in (1..all.len()).rev() {
        all.swap(place, chance.below(place + 1));
    }
    assert_like_walks(&all, &columns(PLAIN, 300, &mut chance));
}

#[test]
fn more_trees_than_fit_in_one_group_of_bits() {
    let mut chance = Chance(2);
    let kind = Kind { leaves: 100, sets: true, ..PLAIN };
    let trees: Vec<Tree> = (0..300).map(|_| tree(kind, &mut chance)).collect();
    assert!(one_row(&trees).len() > 1);
    assert_like_walks(&trees, &columns(kind, 70, &mut chance));
}

#[test]
fn a_column_with_as_many_thresholds_as_a_byte_counts() {
    let mut chance = Chance(3);
    for thresholds in [253, 254, 255, 256] {
        let kind = Kind { thresholds, leaves: 250, ..PLAIN };
        let trees: Vec<Tree> = (0..40).map(|_| tree(kind, &mut chance)).collect();
        assert_like_walks(&trees, &columns(kind, 200, &mut chance));
    }
}

#[test]
fn no_tree_adds_nothing() {
    assert_eq!(Forest::new(&[], 1).add_row(&[0.0], 0.5), 0.5);
}
