//! Our own binary format of models: holds every bit of a fit, and is checked on the way in.
//!
//! All numbers are little-endian. The frame is the same in every version, so that a damaged file can be
//! told from one of a newer release:
//!
//! ```text
//! magic     8 bytes  89 "FBOOST" 0a: not text, and no line-end conversion goes unnoticed
//! version   u16      of the body; 1
//! kind      u16      what the body holds; 1: one model, 2: several quantiles
//! length    u64      bytes of the body
//! body
//! checksum  u32      CRC-32 (as in zip and PNG) of everything before it
//! ```
//!
//! The body of one model, where a count, an index or a category is a LEB128 number in its shortest form:
//!
//! ```text
//! objective  u8 tag, then its parameter as f64 where it has one
//! start      f64
//! columns    count, each: u8 kind, length of the name, the name in UTF-8
//! trees      count, each: count n of nodes, the nodes, then n + 1 leaves
//! node       column, u8 test, [f32 threshold | count, categories as gaps], left, right, f64 gain, cover
//! child      index × 2 of a node, index × 2 + 1 of a leaf
//! cover, leaf  rows, f64 sum of hessians, f64 value
//! ```
//!
//! The body of several quantiles is their count, and then the body of each level's model.
//!
//! A model has exactly one form in bytes: equal models are equal files. A tag is never given a second
//! meaning, and whatever a reader of version 1 could not read makes a version 2; there are no parts that
//! a reader may skip.
//!
//! The reader trusts nothing, the checksum included (whoever writes a file can compute it): no count
//! allocates more than the bytes behind it can fill, and a tree that is not one is refused. It refuses to
//! write an objective that the caller brought, which only the caller's code can read.

mod bytes;
mod frame;
mod read;
mod write;

#[cfg(test)]
mod tests;

/// What comes first in a tree's nodes: the test's tag. [`read`] and [`write`] agree here.
mod test_tag {
    /// A threshold; missing values go right.
    pub(super) const AT_MOST: u8 = 0;
    /// A threshold; missing values go left.
    pub(super) const AT_MOST_OR_MISSING: u8 = 1;
    /// A set of categories.
    pub(super) const IN: u8 = 2;
    /// A threshold, where 0 is missing too; missing values go right.
    pub(super) const AT_MOST_ZERO_MISSING: u8 = 3;
    /// A threshold, where 0 is missing too; missing values go left.
    pub(super) const AT_MOST_OR_ZERO_MISSING: u8 = 4;
}

/// The tags of objectives.
mod objective_tag {
    pub(super) const SQUARED: u8 = 0;
    pub(super) const ABSOLUTE: u8 = 1;
    pub(super) const HUBER: u8 = 2;
    pub(super) const POISSON: u8 = 3;
    pub(super) const TWEEDIE: u8 = 4;
    pub(super) const QUANTILE: u8 = 5;
    // Those that are only read from LightGBM.
    /// Followed by the objective whose labels' roots were fitted.
    pub(super) const OF_ROOTS: u8 = 6;
    pub(super) const FAIR: u8 = 7;
    pub(super) const MAPE: u8 = 8;
    pub(super) const GAMMA: u8 = 9;
    pub(super) const CUSTOM: u8 = 10;
}

/// The tags of column kinds.
mod column_tag {
    pub(super) const NUMERIC: u8 = 0;
    pub(super) const CATEGORICAL: u8 = 1;
}
