//! SHAP values of one tree and one row, exactly, in time proportional to leaves × columns of a path.
//!
//! Let a leaf of value `v` have `m` different columns on its path. For column `k` let `z_k` be the share of
//! the training rows that its splits on the path let through, and `o_k` be 1 where they let the row
//! through, else 0 (the zero and one fraction of Lundberg, Erion and Lee 2018). The leaf adds to column `j`
//!
//! ```text
//!     v (o_j − z_j) Σ_S |S|! (m − 1 − |S|)! / m! · Π_{k ∈ S} o_k · Π_{k ∉ S} z_k      S ⊆ columns but j
//!   = v (o_j − z_j) ∫₀¹ Π_{k ≠ j} (o_k t + z_k (1 − t)) dt
//! ```
//!
//! because `∫ t^s (1 − t)^(m−1−s) dt = s! (m−1−s)! / m!`. The integrand is a polynomial of degree `m − 1`,
//! for which `⌈m / 2⌉` Gauss points are exact (and fewer suffice where `m` is large). At each point the products are shared by all leaves below a
//! node, as in Linear TreeSHAP (Yu et al. 2022): one walk down multiplies factors, one walk up adds the
//! leaves and divides each edge's factor out again. Everything that is multiplied, divided by or added up
//! along the way is positive but for the leaf values, so that little can cancel.
//!
//! A column that returns on a path gets its share and its fraction replaced: the later edge multiplies by
//! the quotient of both factors, and takes what the earlier edge would say of the leaves below it back.

use super::layout::{Factors, Pass, ShapTree, Split, WIDEST};

/// What the walks write on; of any content before, and reused from tree to tree.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// 1 where all splits by the edge's column down to a slot let the row through.
    open: Vec<u8>,
    /// Per slot the products of factors, then the sums of leaves below.
    products: Vec<f64>,
    /// The factors of one pass, where the tree does not keep them.
    factors: Vec<f64>,
}

/// Rows to explain, one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) values: &'a [f32],
    /// How many values each row has.
    pub(super) columns: usize,
}

impl<'a> Rows<'a> {
    /// Each row with its sums.
    fn with<'s>(self, sums: &'s mut [f64]) -> impl Iterator<Item = (&'a [f32], &'s mut [f64])> {
        self.values.chunks_exact(self.columns).zip(sums.chunks_exact_mut(self.columns + 1))
    }
}

impl ShapTree {
    /// Adds each row's SHAP values to its sums, of which there is one more than there are columns.
    pub(super) fn add_to(&self, rows: Rows<'_>, scratch: &mut Scratch, sums: &mut [f64]) {
        let Scratch { open, products, factors } = scratch;
        open.resize(open.len().max(self.edges.len()), 0);
        products.resize(products.len().max(self.edges.len() * WIDEST), 0.0);
        // A tree that splits has a column to split by.
        match &self.factors {
            Factors::Stored(factors) => {
                for (row, sums) in rows.with(sums) {
                    self.route(row, open);
                    for (pass, factors) in self.passes.iter().zip(factors) {
                        self.walk_any((pass, factors), (open, products), sums);
                    }
                }
            }
            Factors::Computed { zeros } => {
                for pass in &self.passes {
                    factors.clear();
                    factors.extend(pass.factors(zeros));
                    for (row, sums) in rows.with(sums) {
                        self.route(row, open);
                        self.walk_any((pass, factors), (open, products), sums);
                    }
                }
            }
        }
    }

    /// Finds out which edges let the row through.
    fn route(&self, row: &[f32], open: &mut [u8]) {
        open[0] = 1;
        for split in &self.splits {
            let left = u8::from(split.test.goes_left(row[split.column as usize]));
            let earlier = open[split.earlier as usize];
            let children = split.children as usize;
            open[children] = earlier & left;
            open[children + 1] = earlier & (left ^ 1);
        }
    }

    /// Walks one row down and up again with the points of a pass.
    fn walk_any(&self, pass: (&Pass, &[f64]), scratch: (&[u8], &mut [f64]), sums: &mut [f64]) {
        match pass.0.width {
            2 => self.walk::<2>(pass, scratch, sums),
            4 => self.walk::<4>(pass, scratch, sums),
            6 => self.walk::<6>(pass, scratch, sums),
            _ => self.walk::<WIDEST>(pass, scratch, sums),
        }
    }

    fn walk<const WIDTH: usize>(
        &self,
        (pass, factors): (&Pass, &[f64]),
        (open, products): (&[u8], &mut [f64]),
        sums: &mut [f64],
    ) {
        let (products, _) = products.as_chunks_mut::<WIDTH>();
        let ([weight], [from_end], [outside]) =
            (pass.weight.as_chunks().0, pass.from_end.as_chunks().0, pass.outside.as_chunks().0)
        else {
            return; // No pass has another width than the one that it is walked with.
        };
        let points = Points { weight, from_end, outside, inside: factors.as_chunks().0 };
        self.down(points, open, products);
        self.up(points, (open, products), sums);
    }

    /// Multiplies factors from the root to the leaves, and the leaves' values at the end.
    fn down<const WIDTH: usize>(
        &self,
        points: Points<'_, WIDTH>,
        open: &[u8],
        products: &mut [[f64; WIDTH]],
    ) {
        products[0] = *points.weight;
        for split in &self.splits {
            let product = products[split.slot as usize];
            let Some(Sides { hot, cold }) = split.sides(open) else {
                for slot in [split.children as usize, split.children as usize + 1] {
                    let share = self.edges[slot].share;
                    products[slot] = product.map(|product| product * share);
                }
                continue;
            };
            let earlier = &points.inside[split.earlier as usize];
            let (hot_edge, cold_zero) = (self.edges[hot], self.edges[cold].zero);
            let (mut to_hot, mut to_cold) = ([0.0; WIDTH], [0.0; WIDTH]);
            for point in 0..WIDTH {
                let rest = product[point] * earlier[point];
                let out = rest * points.from_end[point];
                to_cold[point] = out * cold_zero;
                to_hot[point] = (rest - out) * hot_edge.value + out * hot_edge.zero;
            }
            products[cold] = to_cold;
            products[hot] = to_hot;
        }
    }

    /// Adds leaves up from the bottom, and at every edge says what its column gets for those below it.
    fn up<const WIDTH: usize>(
        &self,
        points: Points<'_, WIDTH>,
        (open, products): (&[u8], &mut [[f64; WIDTH]]),
        sums: &mut [f64],
    ) {
        for split in self.splits.iter().rev() {
            let children = split.children as usize;
            let (left, right) = (products[children], products[children + 1]);
            let mut both = left;
            for (both, right) in both.iter_mut().zip(right) {
                *both += right;
            }
            products[split.slot as usize] = both;
            // Where the row was stopped by the same column above, what was said there holds.
            let Some(Sides { hot, cold }) = split.sides(open) else { continue };
            let (hot_gap, earlier_gap) = (self.edges[hot].gap, self.edges[split.earlier as usize].gap);
            let (hot_inside, earlier) = (&points.inside[hot], &points.inside[split.earlier as usize]);
            let (hot, cold) = (&products[hot], &products[cold]);
            let mut said = [0.0; WIDTH];
            for point in 0..WIDTH {
                said[point] = hot[point] * hot_inside[point] * hot_gap
                    - cold[point] * points.outside[point]
                    - both[point] * earlier[point] * earlier_gap;
            }
            sums[split.column as usize] += sum(said);
        }
    }
}

/// Adds up by halves where they are even, which is how vectors do it.
#[inline(always)]
fn sum<const WIDTH: usize>(terms: [f64; WIDTH]) -> f64 {
    let (pairs, _) = terms.as_chunks::<2>();
    let mut sums = [0.0; 2];
    for pair in pairs {
        sums[0] += pair[0];
        sums[1] += pair[1];
    }
    sums[0] + sums[1]
}

/// The points of a pass, their number known to the compiler.
#[derive(Clone, Copy)]
struct Points<'a, const WIDTH: usize> {
    weight: &'a [f64; WIDTH],
    from_end: &'a [f64; WIDTH],
    outside: &'a [f64; WIDTH],
    inside: &'a [[f64; WIDTH]],
}

/// The slots of the child that the row goes to and of its sibling.
struct Sides {
    hot: usize,
    cold: usize,
}

impl Split {
    /// None where the same column stopped the row above: then neither edge lets it through.
    #[inline(always)]
    fn sides(&self, open: &[u8]) -> Option<Sides> {
        let children = self.children as usize;
        let (left, right) = (open[children], open[children + 1]);
        (left | right != 0)
            .then(|| Sides { hot: children + usize::from(right), cold: children + usize::from(left) })
    }
}

#[cfg(test)]
mod tests {
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
        (prop::collection::vec(split, 0..24), prop::collection::vec(leaf_of, 25)).prop_map(
            |(splits, covers)| {
                let mut nodes: Vec<Node> = Vec::new();
                // For each leaf the node above and whether it is on the left.
                let mut above: Vec<Option<(usize, bool)>> = vec![None];
                for (place, column, cut, flag) in splits {
                    let (split, right, at) = (place.index(above.len()), above.len(), nodes.len());
                    let test = if column < 3 {
                        at_most(f32::from(cut), flag)
                    } else {
                        Test::In(
                            (0..4)
                                .filter(|category| (cut + 4 * u8::from(flag)) >> category & 1 == 1)
                                .collect(),
                        )
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
            },
        )
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
}
