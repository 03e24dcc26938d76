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
            id: "secret-applied",
            holds: "overlays/prod applies no Secret: placeholders would take the place of the real values.",
            check: secret_applied,
        },
        Rule {
            id: "secret-real",
            holds: "Secrets in the repository hold placeholders only.",
            check: secret_real,
        },
    ],
};

/// What `kubectl apply` puts into the production cluster.
const PRODUCTION: &str = "deploy/k8s/overlays/prod";

/// Keys that callers take from `forecast-config`, with who takes them.
const FOR_CALLERS: [&str; 1] = ["ML_SERVICE_URL"];

/// Values that are to be replaced, as a whole: a real password may well hold one of the words.
const PLACEHOLDERS: [&str; 8] =
    ["change-me", "changeme", "change_me", "replace-me", "replaceme", "todo", "example", "placeholder"];

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
            let value = entry.node.text().unwrap_or_default();
            if !is_placeholder(value) && !decoded(value).is_some_and(|plain| is_placeholder(&plain)) {
                let message = format!("{} of Secret {} looks like a real value", entry.key, secret.name());
                let remedy = "write change-me, and give the real value to the cluster only";
                report.add(&entry.node.place, message, remedy);
            }
        }
    }
}

/// Whether a value is there to be replaced.
fn is_placeholder(value: &str) -> bool {
    let value = value.trim().to_lowercase();
    let is_around = |open: &str, close: &str| value.starts_with(open) && value.ends_with(close);
    value.is_empty()
        || PLACEHOLDERS.contains(&value.as_str())
        || is_around("<", ">")
        || is_around("$(", ")")
        || is_around("${", "}")
}

/// What base64 text stands for, where it is that.
fn decoded(text: &str) -> Option<String> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for letter in text.trim().trim_end_matches('=').bytes() {
        let value = LETTERS.iter().position(|known| *known == letter)?;
        held = (held << 6) | u32::try_from(value).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xff).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Whether a variable that stands with its value in a file gives a secret away.
pub(super) fn is_open_secret(name: &str, value: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let parts: Vec<&str> = name.split('_').collect();
    let is_secret = name.ends_with("PASSWORD")
        || name.ends_with("CONNECTION_STRING")
        || parts.contains(&"SECRET")
        || parts.last().is_some_and(|last| ["TOKEN", "KEY"].contains(last));
    // The path of a file is no secret.
    is_secret && !value.is_empty() && !value.starts_with("$(") && !value.starts_with('/')
}

fn secret_applied(project: &Project, report: &mut Report) {
    let Some(prod) = project.stacks.iter().find(|stack| stack.folder == PRODUCTION) else { return };
    for secret in prod.of_kind("Secret") {
        let message = format!("overlays/prod applies Secret {} over the real one", secret.name());
        let remedy =
            format!("delete it in {PRODUCTION} by a patch with $patch: delete, as secret.yaml there does");
        report.add(secret.node.place_at("metadata/name"), message, remedy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_placeholders_count() {
        assert!(is_placeholder("change-me") && is_placeholder("<password>") && is_placeholder(""));
        assert!(!is_placeholder("Exchange9Server!x") && !is_placeholder("yourmother"));
        assert_eq!(decoded("Y2hhbmdlLW1l").as_deref(), Some("change-me"));
        assert_eq!(decoded("change-me"), None);
    }

    #[test]
    fn secrets_are_known_by_their_names() {
        assert!(is_open_secret("PGPASSWORD", "x") && is_open_secret("APP_SECRET_KEY", "x"));
        assert!(!is_open_secret("PGPASSWORD", "$(OTHER)") && !is_open_secret("TLS_KEY", "/tls/key.pem"));
        assert!(!is_open_secret("KEYBOARD", "x") && !is_open_secret("MONKEY", "x"));
    }
}
