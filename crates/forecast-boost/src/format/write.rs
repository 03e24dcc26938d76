//! A model as bytes.

use super::bytes::put_number;
use super::frame::{Kind, seal};
use super::{column_tag, objective_tag, test_tag};
use crate::BoostError;
use crate::dataset::{ColumnKind, MAX_CATEGORY};
use crate::model::{ColumnInfo, Model};
use crate::objective::{LightGbmObjective, Objective};
use crate::quantiles::QuantileModel;
use crate::tree::{Child, Cover, Node, Place, Test, Tree};

impl Model {
    /// The model in the binary format of this crate, which [`Model::from_bytes`] reads: all of it, to the
    /// last bit. Equal models give equal bytes.
    ///
    /// # Errors
    /// An objective that the caller brought, and values that are not finite.
    pub fn to_bytes(&self) -> Result<Vec<u8>, BoostError> {
        seal(Kind::Model, |bytes| put_model(bytes, self))
    }
}

impl QuantileModel {
    /// The models of all levels in the binary format of this crate, as [`Model::to_bytes`] gives one.
    ///
    /// # Errors
    /// Values that are not finite.
    pub fn to_bytes(&self) -> Result<Vec<u8>, BoostError> {
        seal(Kind::Quantiles, |bytes| {
            put_number(bytes, self.models().len() as u64);
            self.models().iter().try_for_each(|model| put_model(bytes, model))
        })
    }
}

fn refused(what: String) -> BoostError {
    BoostError::Store { what }
}

fn put_model(bytes: &mut Vec<u8>, model: &Model) -> Result<(), BoostError> {
    // By name, so that a field that comes later is not forgotten here.
    let Model { columns, start, trees, objective, loss: _, forest: _ } = model;
    put_objective(bytes, objective)?;
    put_finite(bytes, *start, || "the start".to_owned())?;
    put_number(bytes, columns.len() as u64);
    for ColumnInfo { name, kind } in columns {
        bytes.push(match kind {
            ColumnKind::Numeric => column_tag::NUMERIC,
            ColumnKind::Categorical => column_tag::CATEGORICAL,
        });
        put_number(bytes, name.len() as u64);
        bytes.extend(name.as_bytes());
    }
    put_number(bytes, trees.len() as u64);
    trees.iter().enumerate().try_for_each(|(tree, it)| put_tree(bytes, tree, it))
}

fn put_objective(bytes: &mut Vec<u8>, objective: &Objective) -> Result<(), BoostError> {
    objective.check()?;
    let (tag, parameter) = match objective {
        Objective::Squared => (objective_tag::SQUARED, None),
        Objective::Absolute => (objective_tag::ABSOLUTE, None),
        Objective::Huber { delta } => (objective_tag::HUBER, Some(delta)),
        Objective::Poisson => (objective_tag::POISSON, None),
        Objective::Tweedie { power } => (objective_tag::TWEEDIE, Some(power)),
        Objective::Quantile { level } => (objective_tag::QUANTILE, Some(level)),
        Objective::LightGbm(LightGbmObjective::OfRoots(of_labels)) => {
            bytes.push(objective_tag::OF_ROOTS);
            return put_objective(bytes, of_labels);
        }
        Objective::LightGbm(LightGbmObjective::Fair { c }) => (objective_tag::FAIR, Some(c)),
        Objective::LightGbm(LightGbmObjective::Mape) => (objective_tag::MAPE, None),
        Objective::LightGbm(LightGbmObjective::Gamma) => (objective_tag::GAMMA, None),
        Objective::LightGbm(LightGbmObjective::Custom) => (objective_tag::CUSTOM, None),
        Objective::Custom(loss) => {
            return Err(refused(format!(
                "its objective {loss:?} is code of yours, which a file cannot hold; fit with a built-in objective"
            )));
        }
    };
    bytes.push(tag);
    if let Some(parameter) = parameter {
        bytes.extend(parameter.to_le_bytes());
    }
    Ok(())
}

fn put_finite(bytes: &mut Vec<u8>, value: f64, what: impl FnOnce() -> String) -> Result<(), BoostError> {
    if !value.is_finite() {
        return Err(refused(format!("{} is {value}; only finite numbers can be stored", what())));
    }
    bytes.extend(value.to_le_bytes());
    Ok(())
}

fn put_tree(bytes: &mut Vec<u8>, tree: usize, it: &Tree) -> Result<(), BoostError> {
    let Tree { nodes, leaves } = it;
    if leaves.len() != nodes.len() + 1 {
        let (nodes, leaves) = (nodes.len(), leaves.len());
        return Err(refused(format!("tree {tree} has {nodes} nodes and {leaves} leaves, not one more")));
    }
    put_number(bytes, nodes.len() as u64);
    for (node, Node { column, test, left, right, gain, cover }) in nodes.iter().enumerate() {
        put_number(bytes, u64::from(*column));
        put_test(bytes, test).map_err(|what| refused(format!("node {node} of tree {tree} {what}")))?;
        put_child(bytes, *left);
        put_child(bytes, *right);
        put_finite(bytes, *gain, || format!("the gain of node {node} of tree {tree}"))?;
        put_cover(bytes, cover, || format!("node {node} of tree {tree}"))?;
    }
    for (leaf, cover) in leaves.iter().enumerate() {
        put_cover(bytes, cover, || format!("leaf {leaf} of tree {tree}"))?;
    }
    Ok(())
}

/// Says what is wrong with a test that cannot be read back.
fn put_test(bytes: &mut Vec<u8>, test: &Test) -> Result<(), &'static str> {
    match test {
        Test::AtMost { threshold, missing_left } => {
            bytes.push(if *missing_left { test_tag::AT_MOST_OR_MISSING } else { test_tag::AT_MOST });
            put_threshold(bytes, *threshold)?;
        }
        Test::AtMostZeroMissing { threshold, missing_left } => {
            let (left, right) = (test_tag::AT_MOST_OR_ZERO_MISSING, test_tag::AT_MOST_ZERO_MISSING);
            bytes.push(if *missing_left { left } else { right });
            put_threshold(bytes, *threshold)?;
        }
        Test::In(categories) => {
            bytes.push(test_tag::IN);
            put_number(bytes, categories.len() as u64);
            // The first, and how many are left out before each of the others.
            let mut next = 0;
            for &category in categories {
                let gap = category.checked_sub(next).filter(|_| category <= MAX_CATEGORY as u32);
                put_number(bytes, gap.ok_or("has categories that do not ascend or are too large")?.into());
                next = category + 1;
            }
        }
    }
    Ok(())
}

fn put_threshold(bytes: &mut Vec<u8>, threshold: f32) -> Result<(), &'static str> {
    if threshold.is_nan() {
        return Err("has a threshold that is not a number");
    }
    bytes.extend(threshold.to_le_bytes());
    Ok(())
}

fn put_child(bytes: &mut Vec<u8>, child: Child) {
    let number = match child.place() {
        Place::Node(index) => index * 2,
        Place::Leaf(index) => index * 2 + 1,
    };
    put_number(bytes, number as u64);
}

fn put_cover(
    bytes: &mut Vec<u8>,
    Cover { rows, hess, value }: &Cover,
    whose: impl Fn() -> String,
) -> Result<(), BoostError> {
    put_number(bytes, *rows);
    put_finite(bytes, *hess, || format!("the sum of hessians of {}", whose()))?;
    put_finite(bytes, *value, || format!("the value of {}", whose()))
}
