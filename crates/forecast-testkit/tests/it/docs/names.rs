//! What the deployment pages name exists: files, Kubernetes objects, variables, flags.

use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::path::Path;

use forecast_testkit::workspace::root;

use super::markdown::{Page, page};
use super::{GUIDE, GUIDE_FR, OPERATIONS};

const PAGES: [&str; 3] = [GUIDE, GUIDE_FR, OPERATIONS];

/// Folders of the root whose files are named from there.
const FOLDERS: [&str; 7] = ["deploy/", "mlflow-server/", "ci/", "docs/", ".github/", "crates/", "bins/"];

/// What an operator makes.
const MADE_BY_HAND: &[&str] =
    &["mlflow-server/.env", "mlflow-server/tls/server.crt", "mlflow-server/tls/server.key"];

/// Words between backticks and in commands, with the line they stand on.
fn words(page: &Page) -> Vec<(usize, String)> {
    let mut words = Vec::new();
    for (line, span) in &page.spans {
        words.extend(span.split_whitespace().map(|word| (*line, word.to_owned())));
    }
    for block in page.blocks.iter().filter(|block| block.is_shell()) {
        let text = block.commands().join(" ");
        words.extend(text.split_whitespace().map(|word| (block.line, word.to_owned())));
    }
    words
}

#[test]
fn every_file_that_is_named_exists() {
    let mut missing = Vec::new();
    for path in PAGES {
        for (line, word) in words(&page(path)) {
            let word = word.replace('\\', "/");
            let name = word.trim_start_matches("./").trim_end_matches([',', ';', '/', '"', '\'']);
            if FOLDERS.iter().any(|folder| name.starts_with(folder))
                && !MADE_BY_HAND.contains(&name)
                && !name.contains('<')
                && !root().join(name).exists()
            {
                missing.push(format!("{path}:{line}: {name}"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

/// All text of the files below some folders, Markdown left out, each a YAML document of its own.
fn sources(folders: &[&str]) -> String {
    let mut text = String::new();
    let mut left: Vec<_> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension() != Some(Path::new("md").as_os_str()) {
            text += &String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default());
            text += "\n---\n";
        }
    }
    text
}

/// What the manifests hold, as `kind/name`, and the names that they refer to, as `/name`.
fn objects() -> BTreeSet<String> {
    let manifests = sources(&["deploy/k8s", "deploy/monitoring"]);
    let mut objects = BTreeSet::new();
    for object in manifests.split("\n---") {
        let kind = object.lines().find_map(|line| line.strip_prefix("kind: ")).unwrap_or_default();
        let name = object.lines().find_map(|line| line.strip_prefix("  name: ")).unwrap_or_default();
        objects.insert(format!("{}/{}", kind.trim().to_lowercase(), name.trim()));
    }
    for line in manifests.lines().map(|line| line.trim().trim_start_matches("- ")) {
        if let Some(name) = line.strip_prefix("name: ").or_else(|| line.strip_prefix("namespace: ")) {
            objects.insert(format!("/{}", name.trim().trim_matches('"')));
        }
    }
    objects
}

#[test]
fn every_kubernetes_object_that_is_named_is_in_a_manifest() {
    let objects = objects();
    let kinds = ["deployment", "service", "statefulset", "cronjob", "secret", "configmap"];
    let mut seen = 0;
    for path in PAGES {
        let mut before = String::new();
        for (line, word) in words(&page(path)) {
            let has_kind = word.split_once('/').is_some_and(|(kind, _)| kinds.contains(&kind));
            // A namespace, and the pull secret, which is made by hand and only referred to.
            let is_referred_to = matches!(before.as_str(), "-n" | "docker-registry");
            let object = if is_referred_to { format!("/{word}") } else { word.clone() };
            if has_kind || is_referred_to {
                seen += 1;
                assert!(objects.contains(&object), "{path}:{line}: no manifest has {object}");
            }
            before = word;
        }
    }
    assert!(seen > 20, "only {seen} objects were looked at");
}

#[test]
fn every_key_of_the_yaml_blocks_is_in_the_config_map() {
    let config = read_to_string(root().join("deploy/k8s/base/configmap.yaml")).unwrap();
    for path in PAGES {
        for block in page(path).blocks.iter().filter(|block| block.text.contains("configMapKeyRef")) {
            for line in block.text.lines().map(str::trim) {
                if let Some(key) = line.strip_prefix("key: ") {
                    assert!(config.contains(&format!("\n  {key}: ")), "{path}:{}: no key {key}", block.line);
                }
            }
        }
    }
}

#[test]
fn every_variable_that_is_named_is_read_somewhere() {
    let known = sources(&["deploy", "mlflow-server", "ci", "crates", "bins"]);
    for path in PAGES {
        for (line, word) in words(&page(path)) {
            let name = word.split('=').next().unwrap_or_default().trim_end_matches([',', '.', ';', '"']);
            let is_variable = name.contains('_')
                && name.len() > 5
                && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
            assert!(!is_variable || known.contains(name), "{path}:{line}: nothing reads {name}");
        }
    }
}

#[test]
fn every_flag_of_our_programs_exists() {
    let configuration = read_to_string(root().join("docs/configuration.md")).unwrap();
    let mut seen = 0;
    for path in PAGES {
        let page = page(path);
        let commands = page
            .blocks
            .iter()
            .filter(|block| block.is_shell())
            .flat_map(|block| block.commands().into_iter().map(|command| (block.line, command)));
        for (line, command) in commands.chain(page.spans.iter().cloned()) {
            let mut program = String::new();
            for word in command.split_whitespace() {
                let flag = word.starts_with("--").then(|| word.split('=').next().unwrap_or(word));
                match flag {
                    // What follows `--` is for another program.
                    Some("--") => program.clear(),
                    Some(flag) if !program.is_empty() => {
                        seen += 1;
                        let known = known_flags(&configuration, &program);
                        assert!(known.contains(flag), "{path}:{line}: {program} has no {flag}");
                    }
                    Some(_) => {}
                    None if is_ours(word) => program = word.trim_start_matches("./").to_owned(),
                    None => {}
                }
            }
        }
    }
    assert!(seen > 10, "only {seen} flags were looked at");
}

fn is_ours(word: &str) -> bool {
    matches!(word, "forecast-train" | "forecast-promote" | "forecast-api")
        || (word.ends_with(".sh") && root().join(word).is_file())
}

/// Where the flags of a program are listed: a page that is written from its code, or the script itself.
fn known_flags(configuration: &str, program: &str) -> String {
    if program.ends_with(".sh") {
        return read_to_string(root().join(program)).unwrap();
    }
    let begin = format!("<!-- begin {program} -->");
    let (_, rest) = configuration.split_once(&begin).unwrap_or_else(|| panic!("no part {program}"));
    rest.split("<!-- end").next().unwrap_or_default().to_owned()
}
