//! The series of the model, for whoever looks for one.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use serde::Serialize;
use utoipa::ToSchema;

/// `GET /series`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SeriesList {
    /// How many series fit the query.
    pub total: usize,
    /// The first of them, in the model's order.
    pub series: Vec<BTreeMap<String, String>>,
}

/// `GET /series/history`: the last part of a series' history, up to about a year.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SeriesHistory {
    /// The series, as an object of its key columns.
    pub series: BTreeMap<String, String>,
    /// Distance between two values.
    pub frequency: String,
    /// Start of each period.
    #[schema(value_type = Vec<String>)]
    pub timestamps: Vec<NaiveDateTime>,
    /// Value of each period; null where it is missing.
    pub values: Vec<Option<f64>>,
}
