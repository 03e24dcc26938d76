//! What can be read at all: syntax, repeated keys, and files that nothing applies.

use super::super::finding::Report;
use super::super::rule::{Project, Rule, RuleGroup};
use super::super::stack::{FOLDER, KNOWN_FIELDS};
use super::super::yaml::{MERGED, Node};

pub(super) const GROUP: RuleGroup = RuleGroup {
    title: "Files",
    rules: &[
        Rule { id: "syntax", holds: "Every YAML and JSON file can be read.", check: syntax },
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

fn syntax(project: &Project, report: &mut Report) {
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
            report.add(
                &fault.place,
                fault.problem.clone(),
                "name what exists in the base, or remove the line",
            );
        }
        let path = format!("{}/kustomization.yaml", stack.folder);
        let file = project.tree.file(&path);
        for entry in file.and_then(|file| file.documents.first()).map(Node::entries).unwrap_or_default() {
            if !KNOWN_FIELDS.contains(&entry.key.as_str()) {
                let message = format!("{} is no field of a kustomization that the checks follow", entry.key);
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
