//! All rules, in the order of the page that lists them. Each group has a file of its own.

mod availability;
mod compose;
mod dotnet;
mod environment;
mod images;
mod keys;
mod monitoring;
mod pipeline;
mod pods;
mod ports;
mod references;
mod syntax;
mod types;

use super::rule::RuleGroup;

/// Every rule, by what it is about.
pub const GROUPS: &[RuleGroup] = &[
    syntax::GROUP,
    types::GROUP,
    environment::GROUP,
    keys::GROUP,
    ports::GROUP,
    references::GROUP,
    availability::GROUP,
    pods::GROUP,
    images::GROUP,
    compose::GROUP,
    pipeline::GROUP,
    monitoring::GROUP,
    dotnet::GROUP,
];
