//! What can be read at all: syntax, repeated keys, and files that nothing applies.

use super::super::finding::{Place, Report};
use super::super::rule::{Project, Rule, RuleGroup};
use super::super::stack::{FOLDER, KNOWN_FIELDS};
use super::super::yaml::{MERGED, Node};

pub(super) const GROUP: RuleGroup = RuleGroup {
    title: "Files",
    rules: &[
        Rule {
            id: "file-missing",
            holds: "Every file that the deployment cannot do without is there and not empty.",
            check: missing,
        },
        Rule {
            id: "syntax",
            holds: "Every settings file is text in UTF-8, and YAML and JSON can be read.",
            check: syntax,
        },
        Rule { id: "repeated-key", holds: "No key stands twice in a mapping.", check: repeated_key },
        Rule {
            id: "kustomization",
            holds: "Everything that a kustomization names exists, and every patch finds what it changes.",
            check: kustomization,
        },
        Rule {
            id: "unapplied-file",
            holds: "Every manifest is applied by a kustomization, or one beside it says that it is applied by hand.",
            check: unapplied_file,
        },
    ],
};

/// What no deployment can do without. Where one is gone, the rules that look into it have nothing to say,
/// so that it is gone has to be said.
const NEEDED: [&str; 22] = [
    ".github/workflows/ci.yml",
    "ci/azure-pipelines.yml",
    "ci/deploy.sh",
    "deploy/contract/forecast-api.json",
    "deploy/contract/forecast-promote.json",
    "deploy/contract/forecast-train.json",
    "deploy/docker/Dockerfile",
    "deploy/dotnet/appsettings.Production.json",
    "deploy/k8s/base/configmap.yaml",
    "deploy/k8s/base/deployment.yaml",
    "deploy/k8s/base/hpa.yaml",
    "deploy/k8s/base/ingress.yaml",
    "deploy/k8s/base/kustomization.yaml",
    "deploy/k8s/base/namespace.yaml",
    "deploy/k8s/base/secret.yaml",
    "deploy/k8s/base/service.yaml",
    "deploy/k8s/mlflow/kustomization.yaml",
    "deploy/k8s/overlays/dev/kustomization.yaml",
    "deploy/k8s/overlays/prod/kustomization.yaml",
    "mlflow-server/docker-compose.yml",
    "mlflow-server/docker-compose.prod.yml",
    "mlflow-server/requirements.txt",
];

fn missing(project: &Project, report: &mut Report) {
    for path in NEEDED {
        let is_unread = project.tree.unread.iter().any(|(place, _)| &*place.file == path);
        let remedy =
            format!("git log -1 -- {path} says who changed it last; git restore {path} brings it back");
        match project.tree.file(path) {
            None if !is_unread => {
                report.add(&Place { file: path.into(), line: 1 }, "this file is missing", remedy);
            }
            Some(file) if file.is_empty() => report.add(&file.place(1), "this file is empty", remedy),
            _ => {}
        }
    }
}

fn syntax(project: &Project, report: &mut Report) {
    for (place, reason) in &project.tree.unread {
        report.add(
            place,
            format!("this file {reason}, and nothing in it is checked"),
            "save it as UTF-8 text, and keep data elsewhere",
        );
    }
    for file in project.tree.files.values() {
        if let Some(error) = &file.syntax {
            let remedy = "mend the syntax; indentation and quotes are the usual causes";
            let line = error.line.min(file.text.lines().count());
            report.add(&file.place(line), format!("cannot be read: {}", error.problem), remedy);
        }
    }
}

fn repeated_key(project: &Project, report: &mut Report) {
    for node in project.tree.files.values().flat_map(|file| &file.documents) {
        node.walk("", &mut |_, node| repeated_in(node, report));
    }
}

fn repeated_in(node: &Node, report: &mut Report) {
    let entries: Vec<_> = node.entries().iter().filter(|entry| entry.place.line != MERGED).collect();
    for (index, entry) in entries.iter().enumerate() {
        if let Some(first) = entries[..index].iter().find(|first| first.key == entry.key) {
            let message =
                format!("{} stands here and in line {}; one of them is lost", entry.key, first.place.line);
            report.add(&entry.place, message, format!("remove one of the two {}", entry.key));
        }
    }
}

fn kustomization(project: &Project, report: &mut Report) {
    for stack in &project.stacks {
        for fault in &stack.faults {
            report.add(&fault.place, fault.problem.clone(), fault.remedy());
        }
        let path = format!("{}/kustomization.yaml", stack.folder);
        let file = project.tree.file(&path);
        for entry in file.and_then(|file| file.documents.first()).map(Node::entries).unwrap_or_default() {
            if !KNOWN_FIELDS.contains(&entry.key.as_str()) {
                let message = format!(
                    "the checks do not follow {} of a kustomization, so what it changes would go unseen",
                    entry.key
                );
                let remedy = format!("use one of {}", KNOWN_FIELDS.join(", "));
                report.add(&entry.place, message, remedy);
            }
        }
    }
}

fn unapplied_file(project: &Project, report: &mut Report) {
    for file in project.tree.under(FOLDER).filter(|file| !file.documents.is_empty()) {
        let (folder, name) = file.path.rsplit_once('/').unwrap_or_default();
        let kustomization = format!("{folder}/kustomization.yaml");
        let is_applied = file.path == kustomization
            || project.stacks.iter().any(|stack| stack.files.contains(&file.path))
            || project.tree.file(&kustomization).is_some_and(|beside| beside.text.contains(name));
        if !is_applied {
            let remedy = format!("name it under resources or patches of {kustomization}, or delete it");
            report.add(&file.place(1), "no kustomization names this file", remedy);
        }
    }
}
