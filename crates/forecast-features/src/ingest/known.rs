//! Columns as a model has learnt them, so that later rows are read the same way.

use forecast_core::{ColumnKind, Panel};
use serde::{Deserialize, Serialize};

/// Names and kinds of the known-future and static columns of a training panel.
///
/// Rows read with these columns get the training's category codes; a category that was not in the
/// training is reported as `unseen_level` and counts as missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownColumns {
    columns: Vec<(String, ColumnKind)>,
}

impl KnownColumns {
    /// The columns of a panel.
    #[must_use]
    pub fn of(panel: &Panel) -> Self {
        let covariates = panel.covariates().iter().map(|column| (column.name.clone(), column.kind.clone()));
        let statics = panel.statics().iter().map(|column| (column.name.clone(), column.kind.clone()));
        Self { columns: covariates.chain(statics).collect() }
    }

    /// From names and kinds, known-future and static columns together.
    #[must_use]
    pub fn new(columns: Vec<(String, ColumnKind)>) -> Self {
        Self { columns }
    }

    /// The kind of a column, if the model knows it.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&ColumnKind> {
        self.columns.iter().find(|(known, _)| known == name).map(|(_, kind)| kind)
    }
}
