//! The workspace depends on itself as docs/ARCHITECTURE.md says, and no other way.

use std::collections::{BTreeMap, BTreeSet};

use forecast_testkit::workspace::root;

use crate::workspace::metadata;

type Names<'a> = BTreeSet<&'a str>;

/// The lines `name: name name …` of the fenced block with the given label.
fn block<'a>(document: &'a str, label: &str) -> BTreeMap<&'a str, Names<'a>> {
    let fence = format!("```{label}\n");
    let (_, rest) = document.split_once(&fence).unwrap_or_else(|| panic!("no block {label}"));
    let (body, _) = rest.split_once("\n```").expect("the block has an end");
    body.lines()
        .map(|line| {
            let (name, listed) = line.split_once(':').unwrap_or_else(|| panic!("no colon in {line:?}"));
            (name, listed.split_whitespace().collect())
        })
        .collect()
}

fn document() -> String {
    std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap()
}

#[test]
fn the_edges_are_those_of_the_document() {
    let document = document();
    let stated = block(&document, "edges");
    let metadata = metadata();
    let members: Names<'_> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let real: BTreeMap<&str, Names<'_>> = metadata
        .packages
        .iter()
        .map(|package| {
            let edges = package.shipped_dependencies().intersection(&members).copied().collect();
            (package.name.as_str(), edges)
        })
        .collect();
    assert_eq!(
        real, stated,
        "left: cargo metadata, right: docs/ARCHITECTURE.md; a new edge needs a reason before a line"
    );
}

#[test]
fn the_edges_of_the_document_have_no_cycle() {
    let document = document();
    let mut left = block(&document, "edges");
    while !left.is_empty() {
        let free: Vec<&str> = left
            .iter()
            .filter(|(_, needs)| needs.iter().all(|name| !left.contains_key(name)))
            .map(|(name, _)| *name)
            .collect();
        assert!(!free.is_empty(), "these depend on each other: {:?}", left.keys());
        left.retain(|name, _| !free.contains(name));
    }
}

#[test]
fn nothing_that_ships_depends_on_the_testkit() {
    for package in metadata().packages {
        assert!(!package.shipped_dependencies().contains("forecast-testkit"), "{}", package.name);
    }
}

#[test]
fn outside_libraries_stay_in_their_homes() {
    let document = document();
    let homes = block(&document, "homes");
    for package in metadata().packages {
        for outside in package.shipped_dependencies() {
            if let Some(homes) = homes.get(outside) {
                assert!(
                    homes.contains(package.name.as_str()),
                    "{} depends on {outside}, whose only homes are {homes:?}",
                    package.name
                );
            }
        }
    }
}
