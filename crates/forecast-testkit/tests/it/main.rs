//! Tests of the sample, and of the whole workspace's shape.

mod sample;
