//! What can be wrong with the options or the folder of a sample.

use std::path::PathBuf;

/// Why a sample could not be made or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// An option lies outside what the generator can do.
    #[error("{option} is {value}; choose a number from {min} to {max}")]
    OutOfRange {
        /// Name of the option.
        option: &'static str,
        /// What was asked for.
        value: usize,
        /// Smallest value accepted.
        min: usize,
        /// Largest value accepted.
        max: usize,
    },
    /// The first or the last date cannot be represented.
    #[error("{days} days cannot end on {end}; choose a later end or fewer days")]
    Dates {
        /// Last day of the history asked for.
        end: chrono::NaiveDate,
        /// Length of the history asked for.
        days: usize,
    },
    /// A file or folder could not be written.
    #[error("cannot write {path}; check that the folder exists and has room")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
}
