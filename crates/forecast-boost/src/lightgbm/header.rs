//! What stands before the trees: the columns, the objective, and how long each tree's text is.

use std::collections::HashSet;

use super::lines::{Field, Fields, Lines, quote, wrong};
use crate::dataset::ColumnKind;
use crate::{BoostError, ColumnInfo};

/// Everything before the first tree.
#[derive(Debug)]
pub(super) struct Header<'a> {
    pub(super) columns: Vec<ColumnInfo>,
    /// The objective's name, absent where the model was fitted to a caller's own derivatives.
    pub(super) objective: Option<Field<'a>>,
    /// A random forest: the prediction is the mean of the trees rather than their sum.
    pub(super) is_average: bool,
    /// Bytes of each tree's text.
    pub(super) tree_sizes: Vec<usize>,
}

impl<'a> Header<'a> {
    pub(super) fn read(lines: &mut Lines<'a>) -> Result<Self, BoostError> {
        match lines.peek() {
            Some(line) if line.text == "tree" => {}
            found => {
                let text = quote(found.map_or("", |line| line.text));
                let what = format!("it begins with {text}, not with \"tree\"; give a text model of LightGBM");
                return Err(wrong(found.map_or(1, |line| line.number), what));
            }
        }
        let mut fields = Fields::new(1);
        while let Some(line) = lines.peek() {
            if line.text.starts_with("Tree=") || line.text == "end of trees" {
                break;
            }
            lines.find(|passed| passed.number == line.number);
            fields.push(line)?;
        }
        check_version(&fields)?;
        check_one_output(&fields, "num_class")?;
        check_one_output(&fields, "num_tree_per_iteration")?;
        let is_average = fields.find("average_output").is_some();
        Ok(Self {
            columns: columns(&fields)?,
            objective: fields.find("objective"),
            is_average,
            tree_sizes: fields.get("tree_sizes")?.numbers()?,
        })
    }
}

fn check_version(fields: &Fields<'_>) -> Result<(), BoostError> {
    let version = fields.get("version")?;
    match version.text {
        "v3" | "v4" => Ok(()),
        other => Err(version.wrong(format_args!(
            "{} is neither v3 nor v4; load the model with LightGBM 4 and save it again",
            quote(other)
        ))),
    }
}

fn check_one_output(fields: &Fields<'_>, key: &str) -> Result<(), BoostError> {
    let Some(field) = fields.find(key) else { return Ok(()) };
    match field.number::<i64>()? {
        1 => Ok(()),
        several => Err(field.wrong(format_args!(
            "{several}, but a model forecasts one number here; fit one model per class or output"
        ))),
    }
}

fn columns(fields: &Fields<'_>) -> Result<Vec<ColumnInfo>, BoostError> {
    let (names, infos) = (fields.get("feature_names")?, fields.get("feature_infos")?);
    let last = fields.get("max_feature_idx")?;
    let count = last.number::<usize>()?.saturating_add(1);
    for (field, found) in [(names, names.words().count()), (infos, infos.words().count())] {
        if found != count {
            return Err(field.wrong(format_args!(
                "{found} columns, but max_feature_idx says {count}; names must be without spaces"
            )));
        }
    }
    let mut seen = HashSet::new();
    if let Some(name) = names.words().find(|name| !seen.insert(*name)) {
        return Err(names.wrong(format_args!("two columns are called {}; names must differ", quote(name))));
    }
    let columns = names.words().zip(infos.words());
    Ok(columns.map(|(name, info)| ColumnInfo { name: name.to_owned(), kind: kind(info) }).collect())
}

/// A range stands for numbers and `none` for a column without use; categories are listed.
fn kind(info: &str) -> ColumnKind {
    if info.starts_with('[') || info == "none" { ColumnKind::Numeric } else { ColumnKind::Categorical }
}
