//! House rules that no compiler checks.

use std::collections::BTreeMap;
use std::fs::read_to_string;

use forecast_testkit::workspace::root;

use crate::workspace::{metadata, rust_files};

const LONGEST_FILE_LINES: usize = 400;

/// Longer files, each with the reason why it is better in one piece.
const LONG_FILES: &[(&str, &str)] = &[];

#[test]
fn no_rust_file_is_too_long_to_read_in_one_sitting() {
    let reasons: BTreeMap<&str, &str> = LONG_FILES.iter().copied().collect();
    let mut wrong = Vec::new();
    for file in rust_files() {
        let lines = read_to_string(root().join(&file)).unwrap().lines().count();
        let excused = file.to_str().is_some_and(|file| reasons.contains_key(file));
        if lines > LONGEST_FILE_LINES && !excused {
            wrong.push(format!("{} has {lines} lines: split it", file.display()));
        } else if lines <= LONGEST_FILE_LINES && excused {
            wrong.push(format!("{} is short again: take it off the list", file.display()));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_rust_file_starts_by_saying_what_it_is() {
    let silent: Vec<_> = rust_files()
        .into_iter()
        .filter(|file| !read_to_string(root().join(file)).unwrap().starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "no //! on the first line of {silent:?}");
}

#[test]
fn no_test_is_ignored() {
    let attribute = concat!("#[", "ignore");
    let ignored: Vec<_> = rust_files()
        .into_iter()
        .filter(|file| read_to_string(root().join(file)).unwrap().contains(attribute))
        .collect();
    assert!(ignored.is_empty(), "ignored tests in {ignored:?}");
}

#[test]
fn every_crate_takes_the_workspace_lints() {
    for package in metadata().packages {
        let manifest = read_to_string(&package.manifest_path).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", package.name);
    }
}

#[test]
fn decisions_are_numbered_without_gaps_and_have_their_three_parts() {
    let mut names: Vec<String> = std::fs::read_dir(root().join("docs/adr"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(!names.is_empty());
    for (index, name) in names.iter().enumerate() {
        let number = index + 1;
        assert!(
            name.starts_with(&format!("{number:04}-")) && name.ends_with(".md"),
            "{name} is not number {number}"
        );
        let text = read_to_string(root().join("docs/adr").join(name)).unwrap();
        assert!(text.starts_with(&format!("# {number}. ")), "{name} has another title");
        for part in ["## Context", "## Decision", "## Consequences"] {
            assert!(text.contains(&format!("\n{part}\n")), "{name} has no {part}");
        }
    }
}
