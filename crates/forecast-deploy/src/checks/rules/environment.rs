//! The environment of our containers against what the programs read.

use super::super::finding::{Place, Report};
use super::super::rule::{Project, Rule, RuleGroup};
use super::super::stack::Stack;
use super::super::workload::{Container, Source, Variable, containers};
use super::super::yaml::Node;
use crate::contract::{Contract, Exposure, Required, facts};

pub(super) const GROUP: RuleGroup = RuleGroup {
    title: "Environment of the containers",
    rules: &[
        Rule {
            id: "env-unknown",
            holds: "Every variable that a container sets is read by its program, or put together into one that is.",
            check: unknown,
        },
        Rule {
            id: "env-missing",
            holds: "Every variable whose default serves on a workstation only is set, in the manifest or in the image.",
            check: missing,
        },
        Rule { id: "env-value", holds: "Every value is one that the program takes.", check: value },
        Rule { id: "env-repeated", holds: "No variable is set twice in a container.", check: repeated },
        Rule {
            id: "env-reference",
            holds: "Every ConfigMap and Secret key that a variable is taken from exists.",
            check: reference,
        },
        Rule {
            id: "env-secret",
            holds: "Passwords, tokens and headers are taken from Secrets only.",
            check: secret,
        },
    ],
};

/// Every container that runs one of our programs, with its contract and its environment.
fn ours(project: &Project) -> impl Iterator<Item = (Container<'_>, &Contract, Vec<Variable<'_>>)> {
    project
        .stacks
        .iter()
        .flat_map(|stack| containers(stack).map(move |container| (stack, container)))
        .filter_map(|(stack, container)| {
            let contract = project.tree.contract(container.program()?)?;
            Some((container, contract, container.environment(stack)))
        })
}

/// Whether another variable's value or an argument holds `$(NAME)`.
fn is_put_together(container: Container<'_>, environment: &[Variable<'_>], name: &str) -> bool {
    let reference = format!("$({name})");
    let arguments = container.node.items_at("args").iter().chain(container.node.items_at("command"));
    let values = environment.iter().filter_map(Variable::value).map(|(value, _)| value);
    values.chain(arguments.filter_map(Node::text)).any(|text| text.contains(&reference))
}

fn unknown(project: &Project, report: &mut Report) {
    for (container, contract, environment) in ours(project) {
        for variable in &environment {
            let name = variable.name;
            // Whole ConfigMaps may hold keys for others; `config-unused` looks at those.
            let is_of_group = matches!(variable.source, Source::Config { entry: Some(entry), .. } if std::ptr::eq(&raw const entry.place, variable.place));
            if contract.reads(name)
                || is_runtime(&contract.program, name)
                || is_of_group
                || is_put_together(container, &environment, name)
            {
                continue;
            }
            let message = format!(
                "{} does not read {name}, which container {} sets",
                contract.program,
                container.name()
            );
            report.add(variable.place, message, nearest(contract, name));
        }
    }
}

/// What the libraries below a program, the C library and the asynchronous runtime read.
const RUNTIME: [&str; 11] = [
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "MALLOC_ARENA_MAX",
    "MALLOC_TRIM_THRESHOLD_",
    "RUST_BACKTRACE",
    "RUST_LIB_BACKTRACE",
    "TZ",
    "TOKIO_WORKER_THREADS",
    "RAYON_NUM_THREADS",
    "OTEL_PROPAGATORS",
    "TMPDIR",
];

/// Proxies, in capitals or not.
const PROXIES: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"];

/// What cloud libraries read, which only training has.
const CLOUD: [&str; 3] = ["AWS_", "AZURE_", "GOOGLE_"];

/// Whether something below the program reads a variable.
fn is_runtime(program: &str, name: &str) -> bool {
    let is_proxy = PROXIES.iter().any(|proxy| proxy.eq_ignore_ascii_case(name));
    let is_cloud = program == "forecast-train" && CLOUD.iter().any(|prefix| name.starts_with(prefix));
    RUNTIME.contains(&name) || is_proxy || is_cloud
}

/// What the writer probably meant.
fn nearest(contract: &Contract, name: &str) -> String {
    let distance = |known: &str| strsim::levenshtein(known, name);
    let names = contract.variables.iter().map(|variable| variable.name.as_str());
    match names.min_by_key(|known| distance(known)).filter(|known| distance(known) <= 4) {
        Some(known) => format!("{known} is probably meant"),
        None => format!("remove it, or use a variable of deploy/contract/{}.json", contract.program),
    }
}

fn missing(project: &Project, report: &mut Report) {
    for (container, contract, environment) in ours(project) {
        for variable in contract.variables.iter().filter(|variable| variable.required == Required::InCluster)
        {
            let name = variable.name.as_str();
            let is_set = environment.iter().any(|known| known.name == name);
            if !is_set && !image_sets(project, name) {
                let message =
                    format!("container {} of {} does not set {name}", container.name(), contract.program);
                let remedy =
                    format!("set {name}: its default {} serves on a workstation only", variable.default);
                report.add(container.node.place_at("name"), message, remedy);
            }
        }
    }
}

fn image_sets(project: &Project, name: &str) -> bool {
    let dockerfile = project.tree.file("deploy/docker/Dockerfile");
    dockerfile.is_some_and(|file| file.text.contains(&format!("{name}=")))
}

fn value(project: &Project, report: &mut Report) {
    for (_, contract, environment) in ours(project) {
        for variable in environment.iter().filter(|variable| contract.reads(variable.name)) {
            let (Some((value, place)), Some(facts)) = (variable.value(), facts(variable.name)) else {
                continue;
            };
            // What is put together is known only when the pod starts.
            if value.contains("$(") {
                continue;
            }
            if let Err(expected) = facts.value.check(value) {
                let message = format!("{} does not take {value:?} for {}", contract.program, variable.name);
                report.add(place, message, format!("make it {expected}"));
            }
        }
    }
}

fn repeated(project: &Project, report: &mut Report) {
    for (container, _, _) in ours(project) {
        let entries = container.node.items_at("env");
        for (index, entry) in entries.iter().enumerate() {
            let name = entry.text_at("name").unwrap_or_default();
            if entries[..index].iter().any(|earlier| earlier.text_at("name") == Some(name)) {
                let message = format!("container {} sets {name} twice; the last wins", container.name());
                report.add(entry.place_at("name"), message, format!("remove one of the two {name}"));
            }
        }
    }
}

fn reference(project: &Project, report: &mut Report) {
    for stack in &project.stacks {
        for container in containers(stack) {
            for entry in container.node.items_at("env") {
                for (kind, path) in [("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")] {
                    let Some(wanted) = entry.at(&format!("valueFrom/{path}")) else { continue };
                    swapped(entry, wanted, report);
                    let is_optional = wanted.get("optional").is_some_and(|flag| flag.is("true"));
                    let (object, key) = (
                        wanted.text_at("name").unwrap_or_default(),
                        wanted.text_at("key").unwrap_or_default(),
                    );
                    let keys = super::keys::keys_of(project, stack, kind, object);
                    if is_optional || keys.contains(&key) {
                        continue;
                    }
                    let (message, part) = if keys.is_empty() {
                        (format!("there is no {kind} {object}"), "name")
                    } else {
                        (format!("{kind} {object} has no key {key}"), "key")
                    };
                    let remedy = match keys.iter().min_by_key(|known| strsim::levenshtein(known, key)) {
                        Some(known) => {
                            format!("add the key to {object}, or name one that it has, such as {known}")
                        }
                        None => format!("make the {kind}, or name one that the manifests make"),
                    };
                    let maker = (kind == "Secret").then(|| misspelt(stack, object, key)).flatten();
                    report.add(maker.unwrap_or_else(|| wanted.place_at(part)), message, remedy);
                }
            }
        }
    }
}

/// The key of an ExternalSecret that should be this one: the base is right where an option differs.
fn misspelt<'a>(stack: &'a Stack, object: &str, key: &str) -> Option<&'a Place> {
    let makers = stack.of_kind("ExternalSecret");
    let makers = makers.filter(|maker| maker.node.text_at("spec/target/name") == Some(object));
    let keys = makers.flat_map(|maker| maker.node.items_at("spec/data")).map(|item| item.get("secretKey"));
    keys.flatten()
        .min_by_key(|known| strsim::levenshtein(known.text().unwrap_or_default(), key))
        .map(|known| &known.place)
}

/// A user in place of a password, or the other way round.
fn swapped(entry: &Node, wanted: &Node, report: &mut Report) {
    let (name, key) = (entry.text_at("name").unwrap_or_default(), wanted.text_at("key").unwrap_or_default());
    for (own, other) in [("PASSWORD", "USERNAME"), ("USERNAME", "PASSWORD")] {
        if name.ends_with(own) && key.ends_with(other) {
            let message = format!("{name} is taken from the key {key}");
            report.add(wanted.place_at("key"), message, format!("take it from the key {name}"));
        }
    }
}

fn secret(project: &Project, report: &mut Report) {
    open_passwords(project, report);
    for (_, contract, environment) in ours(project) {
        for variable in &environment {
            let exposure = facts(variable.name).map(|facts| facts.exposure);
            let is_open = matches!(variable.source, Source::Literal(_) | Source::Config { .. });
            if exposure == Some(Exposure::Secret) && is_open {
                let message =
                    format!("{} of {} is a secret and stands in the open", variable.name, contract.program);
                let remedy = "take it from a Secret with valueFrom.secretKeyRef";
                report.add(variable.place, message, remedy);
            }
        }
    }
}

/// Passwords that stand in a manifest, of whatever image.
fn open_passwords(project: &Project, report: &mut Report) {
    for container in project.stacks.iter().flat_map(containers) {
        for entry in container.node.items_at("env") {
            let (Some(name), Some(value)) = (entry.text_at("name"), entry.get("value")) else { continue };
            let is_known = container.is_ours() && facts(name).is_some();
            if !is_known && super::keys::is_open_secret(name, value.text().unwrap_or_default()) {
                let message = format!("{name} of container {} stands in the open", container.name());
                let remedy = "take it from a Secret with valueFrom.secretKeyRef";
                report.add(entry.place_at("name"), message, remedy);
            }
        }
    }
}
