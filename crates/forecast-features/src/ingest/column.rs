//! Columns as they fill up while a table is read: one type per role.
//!
//! Every column takes text as well as typed values, because a table may come as CSV, as Parquet, as
//! rows of a request, or as a mixture. Columns note what they cannot read and store "missing" there,
//! so that all columns always have the same number of rows.

mod codes;
mod flag;
mod infer;
mod key;
mod number;
mod per_series;
mod time;
mod value;

pub(crate) use codes::{Codes, make_room};
pub(crate) use flag::{FlagColumn, UNKNOWN};
pub(crate) use infer::Expect;
pub(crate) use key::KeyIndex;
pub(crate) use number::NumberColumn;
pub(crate) use per_series::StaticCells;
pub(crate) use time::TimeColumn;
pub(crate) use value::{Resolved, ValueColumn};
