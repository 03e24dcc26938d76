//! The checks of deployment files: the repository's own pass, and every mistake of a table is found.

use std::fs;
use std::path::Path;

use forecast_deploy::checks::{Finding, GROUPS, check, rules_page};
use forecast_testkit::docs::check_section;
use forecast_testkit::workspace::root;

use crate::legal::LEGAL;
use crate::mutations::{EVERYTHING, Mutation, mutations};

/// What the checks read, and what they only look for.
const READ: [&str; 5] = ["deploy", "mlflow-server", "ci", ".github", "Cargo.toml"];

#[test]
fn the_deployment_files_of_this_repository_have_no_mistake() {
    let findings = check(&root()).unwrap();
    assert!(findings.is_empty(), "{}", lines(&findings));
}

#[test]
fn every_mistake_is_found_where_it_is_and_nothing_else_is() {
    let copy = tempfile::tempdir().unwrap();
    copy_repository(copy.path());
    let mut wrong = Vec::new();
    for mutation in mutations() {
        let path = copy.path().join(mutation.file);
        let original = fs::read_to_string(&path).unwrap();
        let (changed, line) = mutation.apply(&original);
        fs::write(&path, changed).unwrap();
        let findings = check(copy.path()).unwrap();
        fs::write(&path, original).unwrap();
        let at = mutation.shows.map_or(mutation.file, |(file, _)| file);
        let is_found = |finding: &Finding| {
            (finding.rule, finding.file.as_str(), finding.line) == (mutation.rule, at, line)
                && finding.remedy.contains(mutation.remedy)
        };
        if !matches!(findings.as_slice(), [finding] if is_found(finding)) {
            let expected = format!("{at}:{line}: {}: … remedy: …{}…", mutation.rule, mutation.remedy);
            wrong.push(format!("{}\n  expected {expected}\n  found:\n{}", mutation.what, lines(&findings)));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), mutations().count(), wrong.join("\n"));
}

#[test]
fn what_is_legal_is_no_mistake() {
    let copy = tempfile::tempdir().unwrap();
    copy_repository(copy.path());
    for (what, file, old, new) in LEGAL {
        let path = copy.path().join(file);
        let original = fs::read_to_string(&path).unwrap();
        assert!(original.contains(old), "{what}: {file} does not hold {old:?} any more");
        fs::write(&path, original.replacen(old, new, 1)).unwrap();
        let findings = check(copy.path()).unwrap();
        fs::write(&path, original).unwrap();
        assert!(findings.is_empty(), "{what}:\n{}", lines(&findings));
    }
}

#[test]
fn another_registry_everywhere_is_no_mistake() {
    let copy = tempfile::tempdir().unwrap();
    copy_repository(copy.path());
    for folder in &READ[..4] {
        rewrite(&copy.path().join(folder), "luxuryhouse.azurecr.io", "acme.azurecr.io");
    }
    let findings = check(copy.path()).unwrap();
    assert!(findings.is_empty(), "{}", lines(&findings));
}

#[test]
fn what_cannot_be_read_is_said() {
    let copy = tempfile::tempdir().unwrap();
    copy_repository(copy.path());
    fs::write(copy.path().join("deploy/k8s/base/hpa.yaml"), b"# caf\xe9\n").unwrap();
    fs::write(copy.path().join("deploy/k8s/base/long.yaml"), vec![b'#'; 3 << 20]).unwrap();
    fs::remove_file(copy.path().join(".github/workflows/ci.yml")).unwrap();
    let findings = check(copy.path()).unwrap();
    for (file, rule) in [
        (".github/workflows/ci.yml", "file-missing"),
        ("deploy/k8s/base/hpa.yaml", "syntax"),
        ("deploy/k8s/base/long.yaml", "syntax"),
    ] {
        let is_found = |finding: &Finding| finding.file == file && finding.rule == rule && finding.line == 1;
        assert!(findings.iter().any(is_found), "{file}: {}", lines(&findings));
    }
}

#[test]
fn the_table_of_mistakes_is_long_enough_and_names_rules_that_exist() {
    let rules: Vec<&str> = GROUPS.iter().flat_map(|group| group.rules).map(|rule| rule.id).collect();
    assert!(mutations().count() >= 40, "{}", mutations().count());
    for mutation in mutations() {
        assert!(rules.contains(&mutation.rule), "{}", mutation.rule);
    }
    let untried: Vec<&&str> =
        rules.iter().filter(|rule| mutations().all(|mutation| mutation.rule != **rule)).collect();
    assert!(untried.is_empty(), "no failing example for {untried:?}");
    let mut names = rules.clone();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), rules.len(), "two rules have one name");
}

#[test]
fn the_page_lists_every_rule() {
    check_section("docs/deploy-checks.md", "rules", &rules_page()).unwrap();
}

fn lines(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("  {finding}\n")).collect()
}

fn rewrite(folder: &Path, from: &str, to: &str) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rewrite(&path, from, to);
        } else if let Ok(text) = fs::read_to_string(&path) {
            fs::write(&path, text.replace(from, to)).unwrap();
        }
    }
}

/// A copy of what the checks read; everything else is there by a link, for paths that must exist.
fn copy_repository(to: &Path) {
    for entry in fs::read_dir(root()).unwrap() {
        let entry = entry.unwrap();
        let (name, target) = (entry.file_name(), to.join(entry.file_name()));
        if READ.iter().any(|read| name.to_str() == Some(*read)) {
            copy(&entry.path(), &target);
        } else {
            std::os::unix::fs::symlink(entry.path(), target).unwrap();
        }
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs::copy(from, to).unwrap();
    } else if from.is_dir() && from.file_name().is_some_and(|name| name != "mlartifacts") {
        fs::create_dir(to).unwrap();
        fs::read_dir(from).unwrap().for_each(|entry| {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        });
    }
}

impl Mutation {
    #[expect(clippy::panic, reason = "a mutation that fits no more is a failed test, and says which")]
    /// The changed text, and the line of the mistake in it: that of the replacement,
    /// or of a marker where the mistake shows elsewhere.
    fn apply(&self, text: &str) -> (String, usize) {
        if self.old == EVERYTHING {
            return (self.new.to_owned(), 1);
        }
        let Some(at) = text.find(self.old) else {
            panic!("{}: {} does not hold {:?} any more", self.what, self.file, self.old)
        };
        let changed = format!("{}{}{}", &text[..at], self.new, &text[at + self.old.len()..]);
        let line_at = |text: &str, offset: usize| text[..offset].matches('\n').count() + 1;
        let line = match self.shows {
            None => line_at(text, at),
            Some((file, marker)) => {
                let other = if file == self.file {
                    changed.clone()
                } else {
                    fs::read_to_string(root().join(file)).unwrap()
                };
                let Some(found) = other.find(marker) else {
                    panic!("{}: {file} does not hold {marker:?}", self.what)
                };
                line_at(&other, found)
            }
        };
        (changed, line)
    }
}
