//! The faults of a request, as many as are worth sending back.

use crate::problem::{Code, Fault, Problem};

/// Faults beyond these are only counted.
const MOST_LISTED: usize = 100;

/// Collects faults.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    listed: Vec<Fault>,
    unlisted: u64,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        if self.listed.len() < MOST_LISTED {
            self.listed.push(fault);
        } else {
            self.unlisted += 1;
        }
    }

    /// Notes a fault at a place.
    pub(crate) fn note(&mut self, code: Code, pointer: impl Into<String>, detail: impl Into<String>) {
        self.add(Fault::new(code, detail).at(pointer));
    }

    pub(crate) fn len(&self) -> usize {
        self.listed.len()
    }

    /// Nothing if there are none, else the problem they make.
    pub(crate) fn into_result(self) -> Result<(), Problem> {
        if self.listed.is_empty() {
            return Ok(());
        }
        let mut problem = Problem::of_faults(self.listed);
        if self.unlisted > 0 {
            problem.detail = format!("{} ({} more are not listed)", problem.detail, self.unlisted);
        }
        Err(problem)
    }
}
