//! Models in LightGBM's text format: what Python, R and the command line save, and what SHAP, treelite
//! and Triton's FIL load.
//!
//! A model that was read predicts what LightGBM predicts, and a model that was written predicts there
//! what it predicts here.
//!
//! | | read | written |
//! | --- | --- | --- |
//! | version | 3 and 4 | 4 |
//! | splits | by threshold, by categories | the same |
//! | missing values | `None`, `Zero` (`zero_as_missing`), `NaN`; default left and right | `NaN`, and `Zero` where it was read |
//! | objectives | regression, regression_l1, huber, fair, poisson, quantile, mape, gamma, tweedie, none; also of roots (`reg_sqrt`) | the same |
//! | boosting | gbdt, goss, dart; rf as a sum whose values are divided by the number of trees | gbdt |
//! | gains, counts, weights and values of nodes | kept; 0 where they are absent or no finite numbers | written |
//! | the model's start | is in the first tree | goes into the first tree |
//! | shrinkage | is in the values | 1, so that only `refit` in LightGBM knows less |
//! | ranges and categories of columns | tell numbers from categories | the range of `f32`, as the data's is not kept; categories that a split names |
//! | column names | as they are, which must be all different | whitespace, control characters and `",:[]{}` become `_`, alike ones get a number |
//! | pandas' categories | not kept: values are category codes | none |
//! | parameters | those of the objective | those of the objective |
//!
//! **Thresholds** are `f64` there and `f32` here, like all data. A threshold becomes the largest `f32`
//! that is not above it, which decides each `f32` alike. LightGBM's interfaces take values within 1e-35 of
//! 0 for 0; thresholds that were read do so too.
//!
//! **Categories** are decided alike: a fraction counts as the whole number towards 0, and what is missing,
//! negative, unknown or larger than 16,777,215 goes right.
//!
//! Refused when reading, each with its line and what to do: linear models in leaves, several classes or
//! outputs, objectives that classify or rank, categories above 16,777,215, files that were cut, numbers
//! that are missing or too many, leaves without a finite value, and children that lead out of the tree or
//! in circles. Reading takes time and memory in proportion to the text, whatever it claims to hold.
//!
//! Refused when writing: thresholds between 0 and 1e-35 on either side, which LightGBM cannot tell from 0,
//! and a caller's own loss whose prediction is not the raw score. One whose prediction is the raw score is
//! written without an objective, as LightGBM writes it, and comes back as
//! [`LightGbmObjective::Custom`](crate::LightGbmObjective::Custom).
//!
//! The format's source: `src/boosting/gbdt_model_text.cpp` and `src/io/tree.cpp` of LightGBM 4.

mod decision;
mod header;
mod lines;
mod names;
mod objective;
mod read_tree;
mod sets;
#[cfg(test)]
mod tests;
mod write;
mod write_tree;

use crate::dataset::ColumnKind;
use crate::predict::Forest;
use crate::tree::{Node, Test, Tree};
use crate::{BoostError, ColumnInfo, Model};
use header::Header;
use lines::{Lines, wrong};
use objective::Parameters;
use read_tree::read_tree;

impl Model {
    /// Reads a model that LightGBM 3 or 4 saved as text (`save_model`, `model_to_string`).
    ///
    /// It predicts what LightGBM predicts for values of `f32`. Columns of a pandas category are given as
    /// their codes.
    ///
    /// # Errors
    /// [`BoostError::Format`] with the line of what is damaged, missing or cannot be held (linear leaves,
    /// several classes or outputs, objectives that classify or rank), and what to do about it.
    pub fn from_lightgbm(text: impl AsRef<[u8]>) -> Result<Self, BoostError> {
        let bytes = text.as_ref();
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let line = bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
            wrong(line, "this is not UTF-8; rename columns to plain letters and save the model again")
        })?;
        read(text)
    }

    /// The model as LightGBM 4 would have saved it, in about 100 bytes per leaf.
    ///
    /// It predicts there what it predicts here. Characters of column names that the format cannot hold
    /// become `_`.
    ///
    /// # Errors
    /// [`BoostError::Store`] for a caller's own loss that does not predict the raw score, and for a split
    /// nearer to 0 than LightGBM distinguishes.
    pub fn to_lightgbm(&self) -> Result<String, BoostError> {
        write::write(self)
    }
}

fn read(text: &str) -> Result<Model, BoostError> {
    let mut lines = Lines::new(text);
    let Header { mut columns, objective, is_average, tree_sizes } = Header::read(&mut lines)?;
    lines.skip_blank();
    let mut trees: Vec<Tree> = Vec::new();
    for (index, &size) in tree_sizes.iter().enumerate() {
        let line = lines.number();
        let Some(part) = lines.split_off(size) else {
            let what = format!("Tree={index} does not end where tree_sizes says; the file is cut");
            return Err(wrong(line, what));
        };
        trees.push(read_tree(part, index, columns.len())?);
    }
    match lines.peek() {
        Some(line) if line.text == "end of trees" => {}
        found => {
            let line = found.map_or(lines.number(), |line| line.number);
            let what = "\"end of trees\" belongs here; the file is cut or holds more than tree_sizes says";
            return Err(wrong(line, what));
        }
    }
    find_categorical(&mut columns, &trees)?;
    let objective = objective::read(objective, &Parameters::read(&mut lines)?)?;
    if is_average {
        let share = 1.0 / trees.len().max(1) as f64;
        trees.iter_mut().for_each(|tree| tree.shrink(share));
    }
    let loss = objective.loss();
    Ok(Model { columns, start: 0.0, trees, objective, loss, forest: Forest::default() }.ready())
}

/// A column that any node splits by categories is categorical, whatever the header says, everywhere.
fn find_categorical(columns: &mut [ColumnInfo], trees: &[Tree]) -> Result<(), BoostError> {
    let nodes = || trees.iter().flat_map(|tree| &tree.nodes);
    for node in nodes().filter(|node| matches!(node.test, Test::In(_))) {
        columns[node.column as usize].kind = ColumnKind::Categorical;
    }
    let is_mixed = |node: &&Node| {
        !matches!(node.test, Test::In(_)) && columns[node.column as usize].kind == ColumnKind::Categorical
    };
    match nodes().find(is_mixed) {
        None => Ok(()),
        Some(node) => Err(BoostError::Format {
            what: "it is split by a threshold and by categories; save the model again".to_owned(),
            place: format!("column {:?}", columns[node.column as usize].name),
        }),
    }
}
