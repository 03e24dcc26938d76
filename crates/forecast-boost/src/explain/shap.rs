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

#[cfg(test)]
mod tests;

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
