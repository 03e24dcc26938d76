//! The words of `--help`, which the documentation relies on.

use crate::support::{ended, program};

#[test]
fn help_has_examples_and_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let help = ended(program(folder.path()).arg("--help").env("COLUMNS", "100"));
    assert_eq!(help.code, Some(0));
    insta::assert_snapshot!(help.stdout);
}
