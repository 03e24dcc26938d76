//! What arrives at a collector, what a collector that is away does to a program, and what stands
//! in the log.

#![allow(clippy::unwrap_used, clippy::panic)] // a test's helpers fail as a test does

mod collector;
mod delivery;
mod documentation;
mod encryption;
mod lines;
mod page;
mod process;
mod support;
mod unreachable;
