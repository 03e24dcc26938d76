//! A model as LightGBM would have saved it.

use std::collections::BTreeSet;

use super::write_tree::{Exact, Joined, TreeText};
use super::{names, objective};
use crate::dataset::ColumnKind;
use crate::objective::{Loss, Objective};
use crate::tree::{Cover, Test, Tree, ZERO};
use crate::{BoostError, ColumnInfo, Model};

pub(super) fn write(model: &Model) -> Result<String, BoostError> {
    if let Objective::Custom(loss) = &model.objective {
        check_raw(loss.as_ref())?;
    }
    check_thresholds(model)?;
    let constant = [Tree { nodes: Vec::new(), leaves: vec![Cover::default()] }];
    // A model without trees forecasts its start, and LightGBM needs a tree to say so.
    let trees = if model.trees.is_empty() { &constant } else { model.trees.as_slice() };
    let mut bias = model.start;
    let texts: Vec<String> = trees
        .iter()
        .enumerate()
        .map(|(index, tree)| TreeText { index, tree, bias: std::mem::take(&mut bias) }.to_string())
        .collect();
    let names = names::written(model.columns.iter().map(|column| column.name.as_str()));
    let written = objective::write(&model.objective);
    let objective = written.text.as_ref().map(|text| format!("objective={text}\n")).unwrap_or_default();
    let mut text = format!(
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx={}\n\
         {objective}feature_names={}\nfeature_infos={}\ntree_sizes={}\n\n",
        names.len() - 1,
        Joined(' ', names.iter()),
        Joined(' ', infos(model).iter()),
        Joined(' ', texts.iter().map(String::len)),
    );
    text.extend(texts);
    text.push_str("end of trees\n\nfeature_importances:\n");
    for (name, splits) in importances(model, &names) {
        text.push_str(&format!("{name}={splits}\n"));
    }
    let name = written.text.as_deref().and_then(|text| text.split(' ').next()).unwrap_or("custom");
    text.push_str(&format!("\nparameters:\n[boosting: gbdt]\n[objective: {name}]\n"));
    if let Some((key, value)) = written.parameter {
        text.push_str(&format!("[{key}: {}]\n", Exact(value)));
    }
    text.push_str("\nend of parameters\n\npandas_categorical:null\n");
    Ok(text)
}

/// LightGBM predicts raw scores where it does not know the objective, so that must be right here too.
fn check_raw(loss: &dyn Loss) -> Result<(), BoostError> {
    let is_raw = [-30.0, -1.5, -0.25, 0.0, 0.5, 2.0, 30.0].iter().all(|&score| loss.output(score) == score);
    if is_raw {
        return Ok(());
    }
    Err(BoostError::Store {
        what: format!(
            "its loss {loss:?} predicts something else than the raw score, which LightGBM would predict; \
             fit it with one of the named objectives"
        ),
    })
}

/// LightGBM takes values that are very near 0 for 0 before it compares: it cannot tell them apart.
fn check_thresholds(model: &Model) -> Result<(), BoostError> {
    for node in model.trees.iter().flat_map(|tree| &tree.nodes) {
        if let Test::AtMost { threshold, .. } = node.test
            && threshold != 0.0
            && (-ZERO..ZERO).contains(&threshold)
        {
            return Err(BoostError::Store {
                what: format!(
                    "it splits column {:?} at {threshold:e}, but LightGBM takes values up to {ZERO:e} for 0; \
                     multiply the column before the fit",
                    model.columns[node.column as usize].name
                ),
            });
        }
    }
    Ok(())
}

/// What LightGBM noted of each column in training: the range of numbers, or the categories.
///
/// The data's range is not kept, so this says what all data here are in: the range of `f32`. Categories
/// are -1, which stands for all that is not known, and those that any split names.
fn infos(model: &Model) -> Vec<String> {
    let mut categories = vec![BTreeSet::from([-1]); model.columns.len()];
    for node in model.trees.iter().flat_map(|tree| &tree.nodes) {
        if let Test::In(set) = &node.test {
            categories[node.column as usize].extend(set.iter().copied().map(i64::from));
        }
    }
    let info = |(column, categories): (&ColumnInfo, &BTreeSet<i64>)| match column.kind {
        ColumnKind::Numeric => format!("[{}:{}]", Exact(f32::MIN.into()), Exact(f32::MAX.into())),
        ColumnKind::Categorical => Joined(':', categories.iter()).to_string(),
    };
    model.columns.iter().zip(&categories).map(info).collect()
}

/// How many splits with a gain each column has, most first.
fn importances<'a>(model: &Model, names: &'a [String]) -> Vec<(&'a str, usize)> {
    let mut splits = vec![0; names.len()];
    for node in model.trees.iter().flat_map(|tree| &tree.nodes).filter(|node| node.gain > 0.0) {
        splits[node.column as usize] += 1;
    }
    let mut pairs: Vec<(&str, usize)> =
        names.iter().map(String::as_str).zip(splits).filter(|&(_, splits)| splits > 0).collect();
    pairs.sort_by_key(|&(_, splits)| std::cmp::Reverse(splits));
    pairs
}
