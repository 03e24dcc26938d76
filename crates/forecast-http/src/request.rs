//! From the bytes of `POST /forecast` to a question that a model can be asked.
//!
//! Read by hand rather than by derive, so that every fault of a request is found at once, each with its
//! place as a JSON pointer.

mod body;
mod cell;
mod faults;
mod read;

pub(crate) use body::{ARRIVES_WITHIN, Allowance, read_body};
pub(crate) use cell::text_of_cell;
pub(crate) use faults::Faults;
pub(crate) use read::{Ask, Shape, read};
