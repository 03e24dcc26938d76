//! Every link within the repository leads to a file and, where it names one, to a heading of it.

use std::fs::read_to_string;
use std::path::{Component, Path, PathBuf};

use forecast_testkit::workspace::root;

use super::OPERATIONS;
use super::markdown::{all_paths, page};

/// The runbooks that alerts and other pages lead to.
const RUNBOOKS: &[&str] = &[
    "model-wont-load",
    "mlflow-down",
    "bad-forecasts-after-a-promotion",
    "rollback",
    "restore",
    "key-rotation",
    "capacity",
    "high-latency",
    "high-error-rate",
];

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for path in all_paths() {
        for link in page(&path).links {
            if let Err(why) = follow(&path, &link.target) {
                broken.push(format!("{path}:{}: {}: {why}", link.line, link.target));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
}

fn follow(from: &str, target: &str) -> Result<(), String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return Ok(());
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() { from.to_owned() } else { beside(from, file) };
    if !root().join(&path).exists() {
        return Err(format!("there is no {path}"));
    }
    if anchor.is_empty() || !path.ends_with(".md") {
        return Ok(());
    }
    let anchors = page(&path).anchors();
    if anchors.iter().any(|known| known == anchor) { Ok(()) } else { Err(format!("{path} has {anchors:?}")) }
}

/// A path relative to the folder of another, from the root.
fn beside(from: &str, file: &str) -> String {
    let mut path = Path::new(from).parent().map(PathBuf::from).unwrap_or_default();
    for part in Path::new(file).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    path.to_string_lossy().into_owned()
}

#[test]
fn every_runbook_is_there() {
    let anchors = page(OPERATIONS).anchors();
    for runbook in RUNBOOKS {
        assert!(anchors.iter().any(|anchor| anchor == runbook), "{OPERATIONS} has no #{runbook}");
    }
}

#[test]
fn every_alert_leads_to_a_runbook_that_exists() {
    let rules = read_to_string(root().join("deploy/monitoring/rules.yaml")).unwrap();
    let operations = page(OPERATIONS);
    let anchors = operations.anchors();
    for line in rules.lines() {
        if let Some(alert) = line.trim().strip_prefix("- alert: ") {
            let named = operations.spans.iter().any(|(_, span)| span == alert);
            assert!(named, "{OPERATIONS} has no runbook that names {alert}");
        }
    }
    let mut leads = 0;
    for rest in rules.split("operations.md#").skip(1) {
        let anchor: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect();
        assert!(anchors.contains(&anchor), "deploy/monitoring/rules.yaml leads to {OPERATIONS}#{anchor}");
        leads += 1;
    }
    assert!(leads > 0, "no alert leads to a runbook");
}
