//! The columns in use, in the words of an experiment tracker.

use forecast_core::{ColumnKind, Panel};
use serde::{Deserialize, Serialize};

use super::report::QualityReport;
use super::spec::TableSpec;

/// One column of the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnSchema {
    /// Column name.
    pub name: String,
    /// Type of the values, as MLflow's column specs name it.
    pub mlflow_type: ColumnType,
    /// Whether values may be missing.
    pub nullable: bool,
}

/// Types of MLflow's column specs that occur here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Text: keys and categories.
    String,
    /// A number.
    Double,
    /// A date or time.
    Datetime,
    /// Yes or no.
    Boolean,
}

impl ColumnType {
    /// The name in a column spec.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Double => "double",
            Self::Datetime => "datetime",
            Self::Boolean => "boolean",
        }
    }
}

/// Keys, time, target, availability, known-future and static columns, in this order.
pub(crate) fn schema_of(spec: &TableSpec, panel: &Panel, quality: &QualityReport) -> Vec<ColumnSchema> {
    let column =
        |name: &String, mlflow_type, nullable| ColumnSchema { name: name.clone(), mlflow_type, nullable };
    let mut schema: Vec<ColumnSchema> =
        spec.series.iter().map(|name| column(name, ColumnType::String, false)).collect();
    schema.push(column(&spec.time, ColumnType::Datetime, false));
    schema.push(column(&spec.target, ColumnType::Double, quality.missing_targets > 0));
    schema.extend(spec.available.iter().map(|name| column(name, ColumnType::Boolean, true)));
    let covariates = panel.covariates().iter().map(|column| (&column.name, &column.kind));
    let statics = panel.statics().iter().map(|column| (&column.name, &column.kind));
    for (name, kind) in covariates.chain(statics) {
        if schema.iter().any(|known| known.name == *name) {
            continue;
        }
        let mlflow_type = match kind {
            ColumnKind::Numeric => ColumnType::Double,
            ColumnKind::Categorical { .. } => ColumnType::String,
        };
        let missing = |summary: &super::ColumnSummary| summary.name == *name && summary.missing_share > 0.0;
        schema.push(column(name, mlflow_type, quality.columns.iter().any(missing)));
    }
    schema
}
