//! All rules, in the order of the page that lists them. Each group has a file of its own.

mod availability;
mod compose;
mod dotnet;
mod environment;
mod images;
mod keys;
mod monitoring;
mod network;
mod pipeline;
mod pods;
mod ports;
mod programs;
mod reach;
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
    programs::GROUP,
    ports::GROUP,
    reach::GROUP,
    network::GROUP,
    references::GROUP,
    availability::GROUP,
    pods::GROUP,
    images::GROUP,
    compose::GROUP,
    pipeline::GROUP,
    monitoring::GROUP,
    dotnet::GROUP,
];
