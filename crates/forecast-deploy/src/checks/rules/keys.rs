//! Keys of ConfigMaps and Secrets: every one is used, and nothing secret is in the open.

use super::super::finding::{Place, Report};
use super::super::rule::{Project, Rule, RuleGroup};
use super::super::stack::Stack;
use super::super::workload::{Source, containers, secret_keys};

pub(super) const GROUP: RuleGroup = RuleGroup {
    title: "ConfigMaps and Secrets",
    rules: &[
        Rule {
            id: "config-unused",
            holds: "Every key of a ConfigMap is used by a container, or by the .NET caller's settings.",
            check: config_unused,
        },
        Rule {
            id: "secret-unused",
            holds: "Every key of a Secret is used by a container.",
            check: secret_unused,
        },
        Rule {
            id: "config-secret",
            holds: "No ConfigMap holds a password, a token or a key.",
            check: config_secret,
        },
        Rule {
            id: "secret-real",
            holds: "Secrets in the repository hold placeholders only.",
            check: secret_real,
        },
    ],
};

/// Keys that callers take from `forecast-config`, with who takes them.
const FOR_CALLERS: [&str; 1] = ["ML_SERVICE_URL"];

/// Words for values that are to be replaced.
const PLACEHOLDERS: [&str; 8] = ["change", "replace", "your", "todo", "example", "placeholder", "<", "$("];

/// The keys of a ConfigMap or Secret, in a stack or, for what other stacks make, in any.
pub(super) fn keys_of<'a>(project: &'a Project, stack: &'a Stack, kind: &str, name: &str) -> Vec<&'a str> {
    let keys = |stack: &'a Stack| -> Vec<&'a str> {
        if kind == "Secret" {
            return secret_keys(stack, name).into_iter().map(|(key, _)| key).collect();
        }
        let maps = stack.of_kind("ConfigMap").filter(|map| map.name() == name);
        maps.flat_map(|map| map.node.entries_at("data")).map(|entry| entry.key.as_str()).collect()
    };
    let own = keys(stack);
    if !own.is_empty() {
        return own;
    }
    let elsewhere: Vec<&str> = project.stacks.iter().flat_map(keys).collect();
    if elsewhere.is_empty() && kind == "Secret" { made_by_hand(project, name) } else { elsewhere }
}

/// The keys of a Secret that a README tells to make: `kubectl create secret generic NAME
/// --from-literal=KEY=…`.
fn made_by_hand<'a>(project: &'a Project, name: &str) -> Vec<&'a str> {
    let readmes = project.tree.under("deploy/").filter(|file| file.path.ends_with("README.md"));
    let mut keys = Vec::new();
    for file in readmes {
        for (_, after) in
            file.text.match_indices("secret generic ").map(|(at, words)| file.text.split_at(at + words.len()))
        {
            let Some(rest) = after.strip_prefix(name).filter(|rest| rest.starts_with(char::is_whitespace))
            else {
                continue;
            };
            let command = rest.split("```").next().unwrap_or_default();
            let literals = command.split("--from-literal=").skip(1);
            keys.extend(
                literals.filter_map(|literal| literal.split_once('=')).map(|(key, _)| key.trim_matches('\'')),
            );
        }
    }
    keys
}

/// Every key of an object of this kind that any container of any stack uses, as `object/key`; a whole
/// object that is used is `object/`.
fn used(project: &Project, kind: &str) -> Vec<String> {
    let mut used = Vec::new();
    let (field, group, volume) = match kind {
        "Secret" => ("secretKeyRef", "secretRef/name", "secret/secretName"),
        _ => ("configMapKeyRef", "configMapRef/name", "configMap/name"),
    };
    for stack in &project.stacks {
        for object in &stack.objects {
            object.node.walk("", &mut |key, node| {
                if key == field {
                    let part = |name: &str| node.text_at(name).unwrap_or_default();
                    used.push(format!("{}/{}", part("name"), part("key")));
                }
                let whole = node.text_at(group).or_else(|| node.text_at(volume));
                used.extend(whole.map(|name| format!("{name}/")));
            });
        }
        // A whole ConfigMap as an environment uses the keys that the program reads.
        for container in containers(stack).filter(|container| container.program().is_some()) {
            let contract = container.program().and_then(|program| project.tree.contract(program));
            for variable in container.environment(stack) {
                if let Source::Config { object, key, .. } | Source::Secret { object, key } = variable.source
                    && contract.is_some_and(|contract| contract.reads(variable.name))
                {
                    used.push(format!("{object}/{key}"));
                }
            }
        }
    }
    used
}

/// Whether a whole object is used by what is not one of our programs, which cannot be looked into.
fn is_used(used: &[String], project: &Project, object: &str, key: &str) -> bool {
    let exact = format!("{object}/{key}");
    let whole = format!("{object}/");
    let is_ours = project.stacks.iter().flat_map(containers).any(|container| {
        let groups = container.node.items_at("envFrom");
        container.program().is_some()
            && groups.iter().any(|group| {
                group.text_at("configMapRef/name") == Some(object)
                    || group.text_at("secretRef/name") == Some(object)
            })
    });
    used.contains(&exact) || (!is_ours && used.contains(&whole))
}

fn report_unused(project: &Project, report: &mut Report, kind: &str, keys: &[(&str, &str, &Place)]) {
    let used = used(project, kind);
    for (object, key, place) in keys {
        if FOR_CALLERS.contains(key) || is_used(&used, project, object, key) {
            continue;
        }
        let prefix = format!("{object}/");
        let names = used.iter().filter_map(|name| name.strip_prefix(&prefix)).filter(|name| !name.is_empty());
        let nearest = names.min_by_key(|name| strsim::levenshtein(name, key));
        let meant = nearest.map(|name| format!(" ({name} is used)")).unwrap_or_default();
        let message = format!("nothing uses the key {key} of {kind} {object}");
        report.add(place, message, format!("remove the key, or mend its name{meant}"));
    }
}

fn config_unused(project: &Project, report: &mut Report) {
    let maps = project.stacks.iter().flat_map(|stack| stack.of_kind("ConfigMap"));
    // Files for other programs, such as a dashboard, are found by labels.
    let maps = maps.filter(|map| map.name().starts_with("forecast-config") || map.name() == "mlflow-config");
    let keys: Vec<_> = maps
        .flat_map(|map| {
            map.node.entries_at("data").iter().map(|entry| (map.name(), entry.key.as_str(), &entry.place))
        })
        // `config-secret` says more of those.
        .filter(|(_, key, _)| !is_secret_name(key))
        .collect();
    report_unused(project, report, "ConfigMap", &keys);
}

fn secret_unused(project: &Project, report: &mut Report) {
    let mut keys = Vec::new();
    for stack in &project.stacks {
        for secret in stack.of_kind("Secret") {
            let own = secret_keys(stack, secret.name());
            keys.extend(own.into_iter().map(|(key, place)| (secret.name(), key, place)));
        }
    }
    report_unused(project, report, "Secret", &keys);
}

fn is_secret_name(key: &str) -> bool {
    let key = key.to_ascii_uppercase();
    ["PASSWORD", "TOKEN", "SECRET", "CONNECTION_STRING", "API_KEY", "ACCESS_KEY"]
        .iter()
        .any(|word| key.ends_with(word))
}

fn config_secret(project: &Project, report: &mut Report) {
    for map in project.stacks.iter().flat_map(|stack| stack.of_kind("ConfigMap")) {
        for entry in map.node.entries_at("data").iter().filter(|entry| is_secret_name(&entry.key)) {
            let message = format!("ConfigMap {} holds {}, which is a secret", map.name(), entry.key);
            report.add(&entry.place, message, "move the key to a Secret");
        }
    }
}

fn secret_real(project: &Project, report: &mut Report) {
    for secret in project.stacks.iter().flat_map(|stack| stack.of_kind("Secret")) {
        let data = secret.node.entries_at("data").iter();
        for entry in secret.node.entries_at("stringData").iter().chain(data) {
            let value = entry.node.text().unwrap_or_default().to_lowercase();
            let is_placeholder = value.is_empty() || PLACEHOLDERS.iter().any(|word| value.contains(word));
            if !is_placeholder {
                let message = format!("{} of Secret {} looks like a real value", entry.key, secret.name());
                let remedy = "write change-me, and give the real value to the cluster only";
                report.add(&entry.node.place, message, remedy);
            }
        }
    }
}
