//! SHAP values by their definition, and of trees whose values are known.

use proptest::prelude::*;

use super::*;
use crate::tree::{Child, Cover, Node, Place, Test, Tree};

const COLUMNS: usize = 5;

/// What a tree says where only some columns of a row are known, by the definition.
fn expectation(tree: &Tree, child: Child, row: &[f32], is_known: &dyn Fn(usize) -> bool) -> f64 {
    let node = match child.place() {
        Place::Leaf(leaf) => return tree.leaves[leaf].value,
        Place::Node(node) => &tree.nodes[node],
    };
    let below = |child| expectation(tree, child, row, is_known);
    let column = node.column as usize;
    if is_known(column) {
        return below(if node.test.goes_left(row[column]) { node.left } else { node.right });
    }
    let (left, right) = (tree.rows_at(node.left) as f64, tree.rows_at(node.right) as f64);
    let share = if left + right > 0.0 { left / (left + right) } else { 0.5 };
    share * below(node.left) + (1.0 - share) * below(node.right)
}

/// Shapley's formula, subset by subset.
fn by_subsets(tree: &Tree, row: &[f32]) -> Vec<f64> {
    let factorial = |n: u32| (1..=n).map(f64::from).product::<f64>();
    let columns = row.len() as u32;
    let root = if tree.nodes.is_empty() { Child::leaf(0) } else { Child::node(0) };
    let game: Vec<f64> = (0..1_u32 << columns)
        .map(|known| expectation(tree, root, row, &|column| known >> column & 1 == 1))
        .collect();
    (0..columns)
        .map(|column| {
            (0..1_u32 << columns)
                .filter(|known| known >> column & 1 == 0)
                .map(|known| {
                    let size = known.count_ones();
                    let weight = factorial(size) * factorial(columns - size - 1) / factorial(columns);
                    weight * (game[(known | 1 << column) as usize] - game[known as usize])
                })
                .sum()
        })
        .collect()
}

fn shap(tree: &Tree, row: &[f32]) -> (Vec<f64>, f64) {
    let (laid_out, expected) = ShapTree::new(tree);
    let mut sums = vec![0.0; row.len() + 1];
    if let Some(laid_out) = laid_out {
        // What an earlier row or tree left behind must not matter.
        let mut scratch =
            Scratch { open: vec![7; 3], products: vec![f64::NAN; 30], factors: vec![f64::NAN; 9] };
        laid_out.add_to(Rows { values: row, columns: row.len() }, &mut scratch, &mut sums);
    }
    sums.truncate(row.len());
    (sums, expected)
}

/// Adds up the rows of inner nodes, whose children come after them.
fn count(mut tree: Tree) -> Tree {
    for node in (0..tree.nodes.len()).rev() {
        let Node { left, right, .. } = tree.nodes[node];
        tree.nodes[node].cover.rows = tree.rows_at(left) + tree.rows_at(right);
    }
    tree
}

fn node(column: u32, test: Test, (left, right): (Child, Child)) -> Node {
    Node { column, test, left, right, gain: 1.0, cover: Cover::default() }
}

fn at_most(threshold: f32, missing_left: bool) -> Test {
    Test::AtMost { threshold, missing_left }
}

fn leaf(rows: u64, value: f64) -> Cover {
    Cover { rows, value, ..Cover::default() }
}

/// Splits any leaf by any column any number of times; columns 3 and 4 are categorical.
fn any_tree() -> impl Strategy<Value = Tree> {
    let split = (any::<prop::sample::Index>(), 0..COLUMNS as u32, 0..4_u8, any::<bool>());
    let leaf_of = (0..40_u64, -10.0..10.0_f64);
    (prop::collection::vec(split, 0..24), prop::collection::vec(leaf_of, 25)).prop_map(|(splits, covers)| {
        let mut nodes: Vec<Node> = Vec::new();
        // For each leaf the node above and whether it is on the left.
        let mut above: Vec<Option<(usize, bool)>> = vec![None];
        for (place, column, cut, flag) in splits {
            let (split, right, at) = (place.index(above.len()), above.len(), nodes.len());
            let test = if column < 3 {
                at_most(f32::from(cut), flag)
            } else {
                Test::In((0..4).filter(|category| (cut + 4 * u8::from(flag)) >> category & 1 == 1).collect())
            };
            match above[split] {
                Some((parent, true)) => nodes[parent].left = Child::node(at),
                Some((parent, false)) => nodes[parent].right = Child::node(at),
                None => {}
            }
            nodes.push(node(column, test, (Child::leaf(split), Child::leaf(right))));
            above[split] = Some((at, true));
            above.push(Some((at, false)));
        }
        let leaves = covers[..above.len()].iter().map(|&(rows, value)| leaf(rows, value)).collect();
        count(Tree { nodes, leaves })
    })
}

fn any_row() -> impl Strategy<Value = Vec<f32>> {
    let value = prop_oneof![
        8 => (0..5_u8).prop_map(f32::from),
        1 => Just(f32::NAN),
        1 => Just(f32::INFINITY),
        1 => Just(f32::NEG_INFINITY),
    ];
    prop::collection::vec(value, COLUMNS)
}

proptest! {
    #[test]
    fn equals_shapleys_formula(tree in any_tree(), row in any_row()) {
        let (found, expected) = shap(&tree, &row);
        for (column, (found, exact)) in found.iter().zip(by_subsets(&tree, &row)).enumerate() {
            prop_assert!((found - exact).abs() < 1e-11, "column {column}: {found} is not {exact}");
            if !tree.nodes.iter().any(|node| node.column as usize == column) {
                prop_assert_eq!(*found, 0.0, "column {} is never asked about", column);
            }
        }
        let value = tree.leaves[tree.leaf_of(|column| row[column])].value;
        let sum = expected + found.iter().sum::<f64>();
        prop_assert!((sum - value).abs() < 1e-11, "the sum {sum} is not {value}");
    }
}

#[test]
fn columns_that_play_the_same_part_get_the_same() {
    // 1 where both columns are at most 0, whichever is asked first; half the rows are on each side.
    let tree = count(Tree {
        nodes: vec![
            node(0, at_most(0.0, true), (Child::node(1), Child::leaf(1))),
            node(1, at_most(0.0, true), (Child::leaf(0), Child::leaf(2))),
        ],
        leaves: vec![leaf(25, 1.0), leaf(50, 0.0), leaf(25, 0.0)],
    });
    let (found, expected) = shap(&tree, &[0.0, 0.0, 9.0]);
    assert_eq!(expected, 0.25);
    for (found, exact) in found.iter().zip([0.375, 0.375, 0.0]) {
        assert!((found - exact).abs() < 1e-15, "{found} is not {exact}");
    }
}

/// Column k stops the row where it is above 0; one row in k + 2 goes on to the next.
fn chain(columns: usize) -> Tree {
    let mut leaves = vec![leaf(1, 1.0)];
    let mut nodes = Vec::new();
    for column in 0..columns {
        let next = if column + 1 == columns { Child::leaf(0) } else { Child::node(column + 1) };
        nodes.push(node(column as u32, at_most(0.0, true), (next, Child::leaf(column + 1))));
        leaves.push(leaf(1, 0.0));
    }
    count(Tree { nodes, leaves })
}

#[test]
fn a_path_of_hundreds_of_columns_takes_several_passes_and_stays_exact() {
    // From 65 columns on, factors are computed with each block of rows; from 47 on, there are fewer
    // points than are exact for any polynomial.
    for (columns, step) in [(5, 1), (16, 1), (17, 1), (33, 1), (48, 1), (66, 1), (400, 1), (1000, 50)] {
        let tree = chain(columns);
        let share: Vec<f64> = (0..columns)
            .map(|column| {
                let stays = (columns - column) as f64;
                stays / (stays + 1.0)
            })
            .collect();
        for stopped in [0, 3, columns] {
            let row: Vec<f32> =
                (0..columns).map(|column| f32::from(stopped > 0 && column % stopped == 1)).collect();
            let (found, _) = shap(&tree, &row);
            for (column, found) in found.iter().enumerate().step_by(step) {
                let exact = one_leaf(&share, &row, column);
                let tolerance = 1e-12 * exact.abs().max(1e-3);
                assert!((found - exact).abs() < tolerance, "{columns}, {column}: {found} is not {exact}");
            }
        }
    }
}

#[test]
fn a_path_of_thousands_of_columns_takes_memory_like_a_short_one() {
    let columns = 5_000;
    let tree = chain(columns);
    let (laid_out, expected) = ShapTree::new(&tree);
    let laid_out = laid_out.unwrap();
    let numbers = match &laid_out.factors {
        Factors::Stored(passes) => passes.iter().map(Vec::len).sum(),
        Factors::Computed { zeros } => zeros.len(),
    };
    assert!(numbers <= laid_out.edges.len(), "{numbers} factors");
    let (mut scratch, mut sums) = (Scratch::default(), vec![0.0; columns + 1]);
    laid_out.add_to(Rows { values: &vec![0.0; columns], columns }, &mut scratch, &mut sums);
    assert!(scratch.products.len().max(scratch.factors.len()) <= laid_out.edges.len() * WIDEST);
    let sum = expected + sums.iter().sum::<f64>();
    assert!((sum - 1.0).abs() < 1e-11, "{sum}");
}

/// What the first leaf of the chain gives a column: subsets of one size are summed up together.
fn one_leaf(share: &[f64], row: &[f32], column: usize) -> f64 {
    let fraction = |other: usize| if row[other] > 0.0 { 0.0 } else { 1.0 };
    let mut by_size = vec![1.0];
    for other in (0..share.len()).filter(|&other| other != column) {
        by_size.push(0.0);
        for size in (0..by_size.len()).rev() {
            let without = by_size[size] * share[other];
            let with = if size > 0 { by_size[size - 1] * fraction(other) } else { 0.0 };
            by_size[size] = without + with;
        }
    }
    // s! (m − 1 − s)! / m! = 1 / (m · (m − 1 choose s))
    let mut choices = 1.0;
    let mut sum = 0.0;
    let others = share.len() - 1;
    for (size, portion) in by_size.iter().enumerate() {
        sum += portion / (choices * share.len() as f64);
        choices *= (others - size) as f64 / (size + 1) as f64;
    }
    (fraction(column) - share[column]) * sum
}
