//! One tree from its text, checked so that every walk through it ends at a leaf.

use std::str::FromStr;

use super::decision;
use super::lines::{Field, Fields, Lines, wrong};
use super::sets::CategorySets;
use crate::BoostError;
use crate::tree::{Child, Cover, Node, Test, Tree};

/// Reads the tree that stands in `lines`, the `index`-th of the model, over so many columns.
pub(super) fn read_tree(mut lines: Lines<'_>, index: usize, columns: usize) -> Result<Tree, BoostError> {
    let first = lines.number();
    let title = lines.next().map_or("", |line| line.text);
    if title != format!("Tree={index}") {
        let what = format!(
            "Tree={index} does not begin where tree_sizes says; the file is cut or its line ends were \
             converted, save the model again"
        );
        return Err(wrong(first, what));
    }
    let mut fields = Fields::new(first);
    for line in lines.filter(|line| !line.text.is_empty()) {
        fields.push(line)?;
    }
    if let Some(linear) = fields.find("is_linear").filter(|field| field.text.trim_ascii() != "0") {
        return Err(linear.wrong("linear models in leaves are not supported; fit with linear_tree=false"));
    }
    let leaves = leaves(&fields)?;
    let nodes = if leaves.len() == 1 { Vec::new() } else { nodes(&fields, leaves.len(), columns)? };
    Ok(Tree { nodes, leaves })
}

fn leaves(fields: &Fields<'_>) -> Result<Vec<Cover>, BoostError> {
    let count = fields.get("num_leaves")?;
    let leaves: usize = count.number()?;
    if leaves == 0 {
        return Err(count.wrong("a tree has at least one leaf; save the model again"));
    }
    let field = fields.get("leaf_value")?;
    let values: Vec<f64> = field.list(leaves)?;
    if let Some(value) = values.iter().find(|value| !value.is_finite()) {
        return Err(field.wrong(format_args!("{value} predicts nothing; look for its cause in the fit")));
    }
    covers(values, fields, ["leaf_count", "leaf_weight"])
}

/// Values with the rows and hessians that go with them; 0 where the file does not say.
fn covers(values: Vec<f64>, fields: &Fields<'_>, [rows, hess]: [&str; 2]) -> Result<Vec<Cover>, BoostError> {
    let rows: Vec<i32> = or_zeros(fields, rows, values.len())?;
    let hess: Vec<f64> = or_zeros(fields, hess, values.len())?;
    let covers = values.into_iter().zip(rows).zip(hess);
    Ok(covers
        .map(|((value, rows), hess)| Cover {
            rows: rows.max(0) as u64,
            hess: finite(hess),
            value: finite(value),
        })
        .collect())
}

fn or_zeros<T: FromStr + Clone + Default>(
    fields: &Fields<'_>,
    key: &str,
    count: usize,
) -> Result<Vec<T>, BoostError> {
    Ok(fields.optional_list(key, count)?.unwrap_or_else(|| vec![T::default(); count]))
}

/// What explains a model and does not predict counts for nothing where it is no number, as a count below 0.
fn finite(number: f64) -> f64 {
    if number.is_finite() { number } else { 0.0 }
}

fn nodes(fields: &Fields<'_>, leaves: usize, columns: usize) -> Result<Vec<Node>, BoostError> {
    let count = leaves - 1;
    let split = fields.get("split_feature")?;
    let features: Vec<u32> = split.list(count)?;
    if let Some(feature) = features.iter().find(|&&feature| feature as usize >= columns) {
        return Err(split.wrong(format_args!("column {feature}, but the model has {columns}")));
    }
    let tests = tests(fields, count)?;
    let [left, right] = children(fields, count)?;
    let gains: Vec<f64> = or_zeros(fields, "split_gain", count)?;
    let values = or_zeros(fields, "internal_value", count)?;
    let covers = covers(values, fields, ["internal_count", "internal_weight"])?;
    let parts =
        features.into_iter().zip(tests).zip(left.into_iter().zip(right)).zip(gains.into_iter().zip(covers));
    Ok(parts
        .map(|(((column, test), (left, right)), (gain, cover))| Node {
            column,
            test,
            left,
            right,
            gain: finite(gain),
            cover,
        })
        .collect())
}

fn tests(fields: &Fields<'_>, count: usize) -> Result<Vec<Test>, BoostError> {
    let field = fields.get("threshold")?;
    let thresholds: Vec<f64> = field.list(count)?;
    let kinds_field = fields.get("decision_type")?;
    let kinds: Vec<u8> = kinds_field.list(count)?;
    let mut sets = CategorySets::read(fields)?;
    thresholds
        .into_iter()
        .zip(kinds)
        .map(|(threshold, kind)| {
            if threshold.is_nan() {
                return Err(field.wrong("NaN divides nothing; look for its cause in the fit"));
            }
            if kind & decision::CATEGORICAL != 0 {
                return sets.take(threshold).map(Test::In);
            }
            decision::numeric(threshold, kind).ok_or_else(|| {
                kinds_field
                    .wrong(format_args!("{kind} is no way to decide; save the model again with LightGBM 4"))
            })
        })
        .collect()
}

/// The children of every node, on the left and on the right.
///
/// A node comes after its parent and everything but the root has one parent: with one node less than
/// there are leaves, that makes it a tree, without a loop and with everything in reach.
fn children(fields: &Fields<'_>, nodes: usize) -> Result<[Vec<Child>; 2], BoostError> {
    let (left, right) = (fields.get("left_child")?, fields.get("right_child")?);
    let (left_numbers, right_numbers) = (left.list::<i32>(nodes)?, right.list::<i32>(nodes)?);
    let mut has_parent = vec![false; nodes];
    let mut is_reached = vec![false; nodes + 1];
    let mut check = |field: Field<'_>, numbers: Vec<i32>| -> Result<Vec<Child>, BoostError> {
        let children = numbers.into_iter().enumerate().map(|(parent, number)| {
            // LightGBM counts leaves -1, -2, and so on.
            let (seen, child) = match usize::try_from(number) {
                Ok(node) => (has_parent.get_mut(node).filter(|_| node > parent), Child::node(node)),
                Err(_) => {
                    let leaf = !number as usize;
                    (is_reached.get_mut(leaf), Child::leaf(leaf))
                }
            };
            match seen.map(|seen| std::mem::replace(seen, true)) {
                Some(false) => Ok(child),
                _ => Err(field.wrong(format_args!(
                    "{number} below node {parent} leads out of the tree, back, or where another node \
                     leads; save the model again"
                ))),
            }
        });
        children.collect()
    };
    Ok([check(left, left_numbers)?, check(right, right_numbers)?])
}
