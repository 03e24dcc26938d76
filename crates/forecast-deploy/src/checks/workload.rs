//! Pods and containers, wherever an object describes them, and what their environment will hold.

use super::finding::Place;
use super::stack::{Object, Stack};
use super::yaml::{Entry, Node};

/// The last part of the name of the service's image; registry and folder are the operator's.
pub(super) const IMAGE: &str = "forecast-service";

/// The program that the image starts where nothing else is said.
const ENTRYPOINT: &str = "forecast-api";

/// An object that starts pods.
#[derive(Clone, Copy, Debug)]
pub(super) struct Workload<'a> {
    pub(super) object: &'a Object,
    /// The pod template: `metadata` and `spec`.
    pub(super) template: &'a Node,
    pub(super) pod: &'a Node,
}

/// A container of a pod.
#[derive(Clone, Copy, Debug)]
pub(super) struct Container<'a> {
    pub(super) workload: Workload<'a>,
    pub(super) node: &'a Node,
}

/// A variable that a container will have.
#[derive(Clone, Debug)]
pub(super) struct Variable<'a> {
    pub(super) name: &'a str,
    /// Where it is set.
    pub(super) place: &'a Place,
    pub(super) source: Source<'a>,
}

/// Where a variable's value comes from.
#[derive(Clone, Debug)]
pub(super) enum Source<'a> {
    /// It stands there.
    Literal(&'a Node),
    /// A key of a ConfigMap, with the key's entry where it exists.
    Config { object: &'a str, key: &'a str, entry: Option<&'a Entry> },
    /// A key of a Secret.
    Secret { object: &'a str, key: &'a str },
    /// The pod's own description.
    Field,
}

/// Every object of a stack that starts pods.
pub(super) fn workloads(stack: &Stack) -> impl Iterator<Item = Workload<'_>> {
    stack.objects.iter().filter_map(|object| {
        let template = match object.kind() {
            "Deployment" | "StatefulSet" | "DaemonSet" | "Job" => object.node.at("spec/template")?,
            "CronJob" => object.node.at("spec/jobTemplate/spec/template")?,
            "Pod" => &object.node,
            _ => return None,
        };
        Some(Workload { object, template, pod: template.get("spec")? })
    })
}

/// Every container of a stack, those that prepare a pod included.
pub(super) fn containers(stack: &Stack) -> impl Iterator<Item = Container<'_>> {
    workloads(stack).flat_map(Workload::containers)
}

impl<'a> Workload<'a> {
    pub(super) fn containers(self) -> impl Iterator<Item = Container<'a>> {
        let all = self.pod.items_at("initContainers").iter().chain(self.pod.items_at("containers"));
        all.map(move |node| Container { workload: self, node })
    }

    /// Labels of its pods.
    pub(super) fn labels(self) -> &'a [Entry] {
        self.template.entries_at("metadata/labels")
    }

    /// Whether its pods carry every label of a selector.
    pub(super) fn matches(self, selector: &[Entry]) -> bool {
        let labels = self.labels();
        selector.iter().all(|wanted| {
            labels.iter().any(|label| label.key == wanted.key && label.node.text() == wanted.node.text())
        })
    }
}

impl<'a> Container<'a> {
    pub(super) fn name(self) -> &'a str {
        self.node.text_at("name").unwrap_or_default()
    }

    pub(super) fn image(self) -> &'a str {
        self.node.text_at("image").unwrap_or_default()
    }

    /// Its image without tag and digest.
    pub(super) fn repository(self) -> &'a str {
        let name = self.image().split('@').next().unwrap_or_default();
        match name.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => name,
            _ => name,
        }
    }

    /// Whether it runs the service's image.
    pub(super) fn is_ours(self) -> bool {
        self.repository().rsplit('/').next() == Some(IMAGE)
    }

    /// Which of our programs it runs, if any.
    pub(super) fn program(self) -> Option<&'a str> {
        if !self.is_ours() {
            return None;
        }
        let command = self.node.items_at("command").first().and_then(Node::text).unwrap_or(ENTRYPOINT);
        command.rsplit('/').next()
    }

    /// The variables that it will have; where one is set twice, the last wins.
    pub(super) fn environment(self, stack: &'a Stack) -> Vec<Variable<'a>> {
        let mut variables: Vec<Variable<'a>> = Vec::new();
        for group in self.node.items_at("envFrom") {
            variables.extend(from_group(group, stack));
        }
        for entry in self.node.items_at("env") {
            if let Some(variable) = from_entry(entry, stack) {
                variables.retain(|known| known.name != variable.name);
                variables.push(variable);
            }
        }
        variables
    }

    /// The path that a volume is mounted at, whether it can be written, and the volume's name.
    pub(super) fn mounts(self) -> impl Iterator<Item = (&'a str, bool, &'a str)> {
        self.node.items_at("volumeMounts").iter().filter_map(|mount| {
            let is_writable = !mount.get("readOnly").is_some_and(|flag| flag.is("true"));
            Some((mount.text_at("mountPath")?, is_writable, mount.text_at("name")?))
        })
    }
}

fn from_group<'a>(group: &'a Node, stack: &'a Stack) -> Vec<Variable<'a>> {
    let name = group.text_at("configMapRef/name");
    let data = name.and_then(|name| stack.find("ConfigMap", name)).map(|map| map.node.entries_at("data"));
    let object = name.unwrap_or_default();
    let mut variables: Vec<Variable<'a>> = data
        .unwrap_or_default()
        .iter()
        .map(|entry| Variable {
            name: &entry.key,
            place: &entry.place,
            source: Source::Config { object, key: &entry.key, entry: Some(entry) },
        })
        .collect();
    if let Some(secret) = group.text_at("secretRef/name") {
        variables.extend(secret_keys(stack, secret).into_iter().map(|(key, place)| Variable {
            name: key,
            place,
            source: Source::Secret { object: secret, key },
        }));
    }
    variables
}

fn from_entry<'a>(entry: &'a Node, stack: &'a Stack) -> Option<Variable<'a>> {
    let name = entry.text_at("name")?;
    let key = |kind: &str| entry.text_at(&format!("valueFrom/{kind}/key")).unwrap_or_default();
    let source = if let Some(value) = entry.get("value") {
        Source::Literal(value)
    } else if let Some(object) = entry.text_at("valueFrom/configMapKeyRef/name") {
        let key = key("configMapKeyRef");
        let data = stack.find("ConfigMap", object).map(|map| map.node.entries_at("data")).unwrap_or_default();
        Source::Config { object, key, entry: data.iter().find(|entry| entry.key == key) }
    } else if let Some(object) = entry.text_at("valueFrom/secretKeyRef/name") {
        Source::Secret { object, key: key("secretKeyRef") }
    } else {
        Source::Field
    };
    Some(Variable { name, place: entry.place_at("name"), source })
}

/// The keys of a Secret, or of what makes it, with their places.
pub(super) fn secret_keys<'a>(stack: &'a Stack, name: &str) -> Vec<(&'a str, &'a Place)> {
    let mut keys = Vec::new();
    for object in stack.of_kind("Secret").filter(|object| object.name() == name) {
        for part in ["stringData", "data"] {
            keys.extend(object.node.entries_at(part).iter().map(|entry| (entry.key.as_str(), &entry.place)));
        }
    }
    for object in stack.of_kind("ExternalSecret") {
        if object.node.text_at("spec/target/name").unwrap_or(object.name()) == name {
            let data = object.node.items_at("spec/data").iter();
            keys.extend(
                data.filter_map(|item| Some((item.text_at("secretKey")?, item.place_at("secretKey")))),
            );
        }
    }
    keys
}

impl<'a> Variable<'a> {
    /// Its value with the place where it stands, where the files hold it.
    pub(super) fn value(&self) -> Option<(&'a str, &'a Place)> {
        match &self.source {
            Source::Literal(node) => Some((node.text()?, &node.place)),
            Source::Config { entry, .. } => {
                entry.and_then(|entry| Some((entry.node.text()?, &entry.node.place)))
            }
            Source::Secret { .. } | Source::Field => None,
        }
    }
}

/// The value of a variable of an environment.
pub(super) fn value_of<'a>(environment: &[Variable<'a>], name: &str) -> Option<(&'a str, &'a Place)> {
    environment.iter().find(|variable| variable.name == name)?.value()
}
