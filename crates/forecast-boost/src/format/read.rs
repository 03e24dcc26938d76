//! A model from bytes, which may have been written by anyone.

use std::collections::HashSet;

use super::bytes::{Reader, wrong};
use super::frame::{Kind, open};
use super::{column_tag, objective_tag, test_tag};
use crate::BoostError;
use crate::dataset::{ColumnKind, MAX_CATEGORY};
use crate::model::{ColumnInfo, Model};
use crate::objective::{LightGbmObjective, Objective};
use crate::predict::Forest;
use crate::quantiles::QuantileModel;
use crate::tree::{Child, Cover, Node, Test, Tree};

/// Fewest bytes of each part, so that a count can be checked against what is left.
mod least {
    /// Objective, start, columns and their number, number of trees.
    pub(super) const MODEL: usize = 1 + 8 + 1 + COLUMN + 1;
    /// Kind and length of the name.
    pub(super) const COLUMN: usize = 2;
    /// Rows, sum of hessians, value.
    pub(super) const COVER: usize = 17;
    /// Number of nodes, and a leaf.
    pub(super) const TREE: usize = 1 + COVER;
    /// Column, test with an empty set, children, gain, cover; and the leaf that comes with every node.
    pub(super) const NODE: usize = 1 + 2 + 2 + 8 + COVER + COVER;
}

/// More rows than any fit counts, here or in LightGBM; what adds rows up need not fear overflow.
const MAX_ROWS: usize = u32::MAX as usize;

impl Model {
    /// Reads what [`Model::to_bytes`] wrote.
    ///
    /// Safe with bytes of unknown origin: it takes memory in proportion to their number only, and a model
    /// that it returns can be used like a fitted one.
    ///
    /// # Errors
    /// Bytes that are not a model, were damaged or cut short, come from a newer release, or describe no
    /// valid model; with the offset of the byte where this was noticed.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BoostError> {
        open(bytes, Kind::Model, model)
    }
}

impl QuantileModel {
    /// Reads what [`QuantileModel::to_bytes`] wrote, with the same care as [`Model::from_bytes`].
    ///
    /// # Errors
    /// As [`Model::from_bytes`], and where the models are not quantiles of ascending levels on the same
    /// columns.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BoostError> {
        open(bytes, Kind::Quantiles, |reader| {
            let at = reader.at();
            let count = reader.count("the number of levels", least::MODEL)?;
            let models = (0..count).map(|_| model(reader)).collect::<Result<_, _>>()?;
            Self::from_models(models).map_err(|error| wrong(at, error.to_string()))
        })
    }
}

fn model(reader: &mut Reader<'_>) -> Result<Model, BoostError> {
    let objective = objective(reader)?;
    let start = reader.finite("the start")?;
    let columns = columns(reader)?;
    let count = reader.count("the number of trees", least::TREE)?;
    let mut trees = Vec::with_capacity(count);
    for _ in 0..count {
        trees.push(tree(reader, &columns)?);
    }
    let loss = objective.loss();
    Ok(Model { columns, start, trees, objective, loss, forest: Forest::default() }.ready())
}

fn objective(reader: &mut Reader<'_>) -> Result<Objective, BoostError> {
    let at = reader.at();
    let objective = match reader.byte("the objective")? {
        objective_tag::OF_ROOTS => {
            let at = reader.at();
            let tag = reader.byte("the objective")?;
            Objective::LightGbm(LightGbmObjective::OfRoots(Box::new(objective_of_labels(tag, at, reader)?)))
        }
        tag => objective_of_labels(tag, at, reader)?,
    };
    objective.check().map_err(|error| wrong(at, error.to_string()))?;
    Ok(objective)
}

fn objective_of_labels(tag: u8, at: usize, reader: &mut Reader<'_>) -> Result<Objective, BoostError> {
    Ok(match tag {
        objective_tag::SQUARED => Objective::Squared,
        objective_tag::ABSOLUTE => Objective::Absolute,
        objective_tag::HUBER => Objective::Huber { delta: reader.finite("objective.delta")? },
        objective_tag::POISSON => Objective::Poisson,
        objective_tag::TWEEDIE => Objective::Tweedie { power: reader.finite("objective.power")? },
        objective_tag::QUANTILE => Objective::Quantile { level: reader.finite("objective.level")? },
        objective_tag::FAIR => {
            Objective::LightGbm(LightGbmObjective::Fair { c: reader.finite("objective.c")? })
        }
        objective_tag::MAPE => Objective::LightGbm(LightGbmObjective::Mape),
        objective_tag::GAMMA => Objective::LightGbm(LightGbmObjective::Gamma),
        objective_tag::CUSTOM => Objective::LightGbm(LightGbmObjective::Custom),
        _ => return Err(wrong(at, format!("there is no objective {tag}"))),
    })
}

fn columns(reader: &mut Reader<'_>) -> Result<Vec<ColumnInfo>, BoostError> {
    let at = reader.at();
    let count = reader.count("the number of columns", least::COLUMN)?;
    if count == 0 {
        return Err(wrong(at, "the model has no columns; at least one is needed"));
    }
    let mut columns = Vec::with_capacity(count);
    let mut names = HashSet::with_capacity(count);
    for _ in 0..count {
        let at = reader.at();
        let kind = match reader.byte("a column's kind")? {
            column_tag::NUMERIC => ColumnKind::Numeric,
            column_tag::CATEGORICAL => ColumnKind::Categorical,
            tag => return Err(wrong(at, format!("there is no column kind {tag}"))),
        };
        let name = reader.text("a column's name")?;
        if !names.insert(name) {
            return Err(wrong(at, format!("two columns are called {name:?}; names must differ")));
        }
        columns.push(ColumnInfo { name: name.to_owned(), kind });
    }
    Ok(columns)
}

fn tree(reader: &mut Reader<'_>, columns: &[ColumnInfo]) -> Result<Tree, BoostError> {
    let at = reader.at();
    let count = reader.count("the number of nodes", least::NODE)?;
    // Children are numbers of 31 bits in memory.
    if count >= i32::MAX as usize {
        return Err(wrong(at, format!("a tree has {count} nodes, but 2^31 - 2 is the most")));
    }
    let mut nodes = Vec::with_capacity(count);
    let mut unclaimed = Unclaimed::new(count);
    for node in 0..count {
        let column = reader.index("a column", columns.len())?;
        nodes.push(Node {
            column: column as u32,
            test: test(reader, &columns[column])?,
            left: unclaimed.child_of(node, reader)?,
            right: unclaimed.child_of(node, reader)?,
            gain: reader.finite("a gain")?,
            cover: cover(reader)?,
        });
    }
    let leaves = (0..=count).map(|_| cover(reader)).collect::<Result<_, _>>()?;
    Ok(Tree { nodes, leaves })
}

fn test(reader: &mut Reader<'_>, column: &ColumnInfo) -> Result<Test, BoostError> {
    let at = reader.at();
    let tag = reader.byte("a test")?;
    let kind = if tag == test_tag::IN { ColumnKind::Categorical } else { ColumnKind::Numeric };
    if kind != column.kind {
        let ColumnInfo { name, kind } = column;
        return Err(wrong(at, format!("test {tag} does not go with column {name:?}, which is {kind:?}")));
    }
    match tag {
        test_tag::AT_MOST | test_tag::AT_MOST_OR_MISSING => Ok(Test::AtMost {
            threshold: reader.threshold()?,
            missing_left: tag == test_tag::AT_MOST_OR_MISSING,
        }),
        test_tag::AT_MOST_ZERO_MISSING | test_tag::AT_MOST_OR_ZERO_MISSING => Ok(Test::AtMostZeroMissing {
            threshold: reader.threshold()?,
            missing_left: tag == test_tag::AT_MOST_OR_ZERO_MISSING,
        }),
        test_tag::IN => {
            let count = reader.count("the number of categories", 1)?;
            let mut categories = Vec::with_capacity(count);
            let most = MAX_CATEGORY as usize + 1;
            let mut next = 0;
            for _ in 0..count {
                let category = next + reader.index("a category's distance", most - next)?;
                categories.push(category as u32);
                next = category + 1;
            }
            Ok(Test::In(categories))
        }
        tag => Err(wrong(at, format!("there is no test {tag}"))),
    }
}

fn cover(reader: &mut Reader<'_>) -> Result<Cover, BoostError> {
    Ok(Cover {
        rows: reader.index("a number of rows", MAX_ROWS)? as u64,
        hess: reader.finite("a sum of hessians")?,
        value: reader.finite("a value")?,
    })
}

/// Nodes and leaves that are nobody's child yet.
///
/// A node comes after its parent, and no two parents share a child: with n nodes, n + 1 leaves and 2 n
/// children, everything but the root is then reached once, and every walk ends.
struct Unclaimed {
    nodes: Vec<bool>,
    leaves: Vec<bool>,
}

impl Unclaimed {
    fn new(nodes: usize) -> Self {
        Self { nodes: vec![true; nodes], leaves: vec![true; nodes + 1] }
    }

    fn child_of(&mut self, parent: usize, reader: &mut Reader<'_>) -> Result<Child, BoostError> {
        let at = reader.at();
        let number = reader.index("a child", 2 * self.nodes.len() + 2)?;
        let index = number / 2;
        let (unclaimed, child, what) = if number % 2 == 0 {
            (self.nodes.get_mut(index).filter(|_| index > parent), Child::node(index), "node")
        } else {
            (self.leaves.get_mut(index), Child::leaf(index), "leaf")
        };
        match unclaimed.map(std::mem::take) {
            Some(true) => Ok(child),
            Some(false) => Err(wrong(at, format!("{what} {index} is the child of two nodes"))),
            None => {
                Err(wrong(at, format!("node {index} cannot be a child of node {parent}: it is no later one")))
            }
        }
    }
}
