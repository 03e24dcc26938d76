//! Names that one object uses for another.

use super::super::finding::Report;
use super::super::rule::{Project, Rule, RuleGroup};
use super::super::stack::{Object, Stack};
use super::super::workload::{Workload, containers, workloads};
use super::super::yaml::{Entry, Node};

pub(super) const GROUP: RuleGroup = RuleGroup {
    title: "Names across objects",
    rules: &[
        Rule {
            id: "selector",
            holds: "A workload's selector, and what spreads its pods, fits the labels of its own pods.",
            check: selector,
        },
        Rule {
            id: "selected",
            holds: "Services, disruption budgets and network policies select pods that exist.",
            check: selected,
        },
        Rule { id: "scale-target", holds: "Autoscalers scale a workload that exists.", check: scale_target },
        Rule {
            id: "volume",
            holds: "Every mounted volume is declared, and every declared one mounted.",
            check: volume,
        },
        Rule { id: "service-account", holds: "The service accounts of pods exist.", check: service_account },
        Rule {
            id: "namespace",
            holds: "Every object is in a namespace that the manifests make.",
            check: namespace,
        },
        Rule {
            id: "service-address",
            holds: "Addresses in ConfigMaps name Services and ports that exist, in their namespace.",
            check: service_address,
        },
    ],
};

fn words(selector: &[Entry]) -> String {
    let words =
        selector.iter().map(|entry| format!("{}={}", entry.key, entry.node.text().unwrap_or_default()));
    words.collect::<Vec<_>>().join(",")
}

/// The first label of a selector that pods do not carry, or its first at all.
fn odd<'a>(selector: &'a [Entry], labels: &[Entry]) -> Option<&'a Entry> {
    let carried = |wanted: &Entry| {
        labels.iter().any(|label| label.key == wanted.key && label.node.text() == wanted.node.text())
    };
    selector.iter().find(|wanted| !carried(wanted)).or_else(|| selector.first())
}

fn selector(project: &Project, report: &mut Report) {
    for workload in project.stacks.iter().flat_map(workloads) {
        let own = workload.object.node.entries_at("spec/selector/matchLabels");
        let spread = workload.pod.items_at("topologySpreadConstraints").iter();
        let spread = spread.map(|item| item.entries_at("labelSelector/matchLabels"));
        for selector in std::iter::once(own).chain(spread).filter(|selector| !workload.matches(selector)) {
            if let Some(entry) = odd(selector, workload.labels()) {
                let message = format!(
                    "{} selects {}, which its pods are not labelled",
                    workload.object.name(),
                    words(selector)
                );
                let remedy = format!("use labels of the pod template: {}", words(workload.labels()));
                report.add(&entry.node.place, message, remedy);
            }
        }
    }
}

/// Labels that callers put on pods of their own.
const FOR_CALLERS: &str = "luxuryhouse.com/";

fn selected(project: &Project, report: &mut Report) {
    for stack in &project.stacks {
        for object in &stack.objects {
            let path = match object.kind() {
                "Service" => "spec/selector",
                "PodDisruptionBudget" => "spec/selector/matchLabels",
                "NetworkPolicy" => "spec/podSelector/matchLabels",
                "PodMonitor" | "ServiceMonitor" => "spec/selector/matchLabels",
                _ => continue,
            };
            let selector = object.node.entries_at(path);
            check_selection(project, (object, selector), report);
            for peer in object.node.items_at("spec/egress").iter().flat_map(|rule| rule.items_at("to")) {
                if peer.get("namespaceSelector").is_none() {
                    check_selection(project, (object, peer.entries_at("podSelector/matchLabels")), report);
                }
            }
        }
    }
}

/// Whether any workload of any stack has the labels: one folder may lead to another's pods.
fn check_selection(project: &Project, (object, selector): (&Object, &[Entry]), report: &mut Report) {
    if selector.is_empty() || selector.iter().any(|entry| entry.key.starts_with(FOR_CALLERS)) {
        return;
    }
    // A policy for pods that others bring says nothing of ours.
    if object.kind() == "NetworkPolicy" && !selector.iter().any(|entry| is_own_label(project, entry)) {
        return;
    }
    let exists = if object.kind() == "ServiceMonitor" {
        let labelled = |service: &Object| {
            let labels = service.node.entries_at("metadata/labels");
            odd_label(selector, labels).is_none()
        };
        project.stacks.iter().flat_map(|stack| stack.of_kind("Service")).any(labelled)
    } else {
        project.stacks.iter().flat_map(workloads).any(|workload| workload.matches(selector))
    };
    if exists {
        return;
    }
    // The workload that is nearest shows which label is the odd one.
    let fit =
        |labels: &[Entry]| selector.len() - selector.iter().filter(|wanted| is_in(wanted, labels)).count();
    let nearest = project.stacks.iter().flat_map(workloads).min_by_key(|workload| fit(workload.labels()));
    let labels = nearest.map(Workload::labels).unwrap_or_default();
    if let Some(entry) = odd(selector, labels) {
        let message = format!(
            "{} {} selects {}, which no pod is labelled",
            object.kind(),
            object.name(),
            words(selector)
        );
        let remedy = format!("use labels of a pod template, such as {}", words(labels));
        report.add(&entry.node.place, message, remedy);
    }
}

/// Whether any of our pods carries a label of this name.
fn is_own_label(project: &Project, wanted: &Entry) -> bool {
    let mut labels = project.stacks.iter().flat_map(workloads).flat_map(Workload::labels);
    labels.any(|label| label.key == wanted.key)
}

fn is_in(wanted: &Entry, labels: &[Entry]) -> bool {
    labels.iter().any(|label| label.key == wanted.key && label.node.text() == wanted.node.text())
}

fn odd_label<'a>(selector: &'a [Entry], labels: &[Entry]) -> Option<&'a Entry> {
    selector.iter().find(|wanted| !is_in(wanted, labels))
}

fn scale_target(project: &Project, report: &mut Report) {
    for stack in &project.stacks {
        for scaler in stack.of_kind("HorizontalPodAutoscaler") {
            let target = |field: &str| {
                scaler.node.text_at(&format!("spec/scaleTargetRef/{field}")).unwrap_or_default()
            };
            let (kind, name) = (target("kind"), target("name"));
            if stack.find(kind, name).is_none() {
                let known: Vec<_> = workloads(stack)
                    .map(|workload| format!("{} {}", workload.object.kind(), workload.object.name()))
                    .collect();
                let message = format!("there is no {kind} {name} to scale");
                report.add(
                    scaler.node.place_at("spec/scaleTargetRef/name"),
                    message,
                    format!("name one of {}", known.join(", ")),
                );
            }
        }
    }
}

fn volume(project: &Project, report: &mut Report) {
    for workload in project.stacks.iter().flat_map(workloads) {
        let claims = workload.object.node.items_at("spec/volumeClaimTemplates").iter();
        let claims: Vec<_> = claims.filter_map(|claim| claim.text_at("metadata/name")).collect();
        let volumes = workload.pod.items_at("volumes");
        let mounts: Vec<&Node> =
            workload.containers().flat_map(|container| container.node.items_at("volumeMounts")).collect();
        for mount in &mounts {
            let name = mount.text_at("name").unwrap_or_default();
            if !claims.contains(&name) && !volumes.iter().any(|volume| volume.text_at("name") == Some(name)) {
                let message = format!("there is no volume {name:?}");
                report.add(mount.place_at("name"), message, "add it to volumes, or name one that is there");
            }
        }
        for volume in volumes {
            let name = volume.text_at("name");
            if !mounts.iter().any(|mount| mount.text_at("name") == name) {
                let message = format!("nothing mounts the volume {:?}", name.unwrap_or_default());
                report.add(volume.place_at("name"), message, "mount it, or remove it");
            }
        }
    }
}

fn service_account(project: &Project, report: &mut Report) {
    for stack in &project.stacks {
        for workload in workloads(stack) {
            let Some(account) = workload.pod.get("serviceAccountName") else { continue };
            let name = account.text().unwrap_or_default();
            let exists = project.stacks.iter().any(|stack| stack.find("ServiceAccount", name).is_some());
            if name != "default" && !exists {
                let message = format!("there is no ServiceAccount {name}; the pods would not start");
                report.add(&account.place, message, "name one that the manifests make");
            }
        }
    }
}

/// Kinds that are in no namespace.
const CLUSTER_KINDS: [&str; 9] = [
    "Namespace",
    "ClusterRole",
    "ClusterRoleBinding",
    "PersistentVolume",
    "StorageClass",
    "PriorityClass",
    "ClusterSecretStore",
    "ClusterIssuer",
    "GatewayClass",
];

fn namespace(project: &Project, report: &mut Report) {
    let made: Vec<&str> =
        project.stacks.iter().flat_map(|stack| stack.of_kind("Namespace")).map(Object::name).collect();
    for stack in &project.stacks {
        for object in stack.objects.iter().filter(|object| !CLUSTER_KINDS.contains(&object.kind())) {
            let namespace = object.namespace.as_deref();
            if !namespace.is_some_and(|namespace| made.contains(&namespace)) {
                let message = match namespace {
                    Some(namespace) => format!(
                        "{} {} is in the namespace {namespace}, which nothing makes",
                        object.kind(),
                        object.name()
                    ),
                    None => format!("{} {} names no namespace", object.kind(), object.name()),
                };
                let place = object.namespace_place.as_ref();
                report.add(
                    place.unwrap_or_else(|| object.node.place_at("metadata/namespace")),
                    message,
                    format!("use {}", made.first().unwrap_or(&"ml-forecast")),
                );
            }
        }
    }
}

fn service_address(project: &Project, report: &mut Report) {
    for stack in &project.stacks {
        for entry in stack.of_kind("ConfigMap").flat_map(|map| map.node.entries_at("data")) {
            if let Err((message, remedy)) =
                entry.node.text().map_or(Ok(()), |text| address(project, stack, text))
            {
                report.add(&entry.node.place, format!("{}: {message}", entry.key), remedy);
            }
        }
    }
    for stack in &project.stacks {
        for entry in containers(stack).flat_map(|container| container.node.items_at("env")) {
            // A proxy may be anywhere.
            let is_proxy = entry.text_at("name").is_some_and(|name| name.to_uppercase().ends_with("_PROXY"));
            if let Some(value) = entry.get("value").filter(|_| !is_proxy)
                && let Err((message, remedy)) =
                    value.text().map_or(Ok(()), |text| address(project, stack, text))
            {
                report.add(&value.place, message, remedy);
            }
        }
    }
}

/// Whether an address within the cluster leads to a port of a Service.
fn address(project: &Project, stack: &Stack, text: &str) -> Result<(), (String, String)> {
    let Some(rest) = ["http://", "https://"].iter().find_map(|scheme| text.strip_prefix(scheme)) else {
        return Ok(());
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let (host, port) = authority
        .rsplit_once(':')
        .unwrap_or((authority, if text.starts_with("https") { "443" } else { "80" }));
    let mut parts = host.trim_end_matches('.').split('.');
    let name = parts.next().unwrap_or_default();
    let (namespace, rest) = (parts.next(), parts.collect::<Vec<_>>().join("."));
    // Anything else is outside of the cluster.
    if namespace.is_some() && !["svc", "svc.cluster.local"].contains(&rest.as_str()) || name == "localhost" {
        return Ok(());
    }
    let services: Vec<&Object> = std::iter::once(stack)
        .chain(&project.stacks)
        .filter_map(|stack| stack.find("Service", name))
        .collect();
    let Some(service) = services.first() else {
        let mut known: Vec<_> =
            project.stacks.iter().flat_map(|stack| stack.of_kind("Service")).map(Object::name).collect();
        known.sort_unstable();
        known.dedup();
        return Err((format!("there is no Service {name}"), format!("name one of {}", known.join(", "))));
    };
    if namespace.is_some_and(|asked| is_elsewhere(project, name, asked)) {
        return Ok(());
    }
    let ports: Vec<&str> =
        service.node.items_at("spec/ports").iter().filter_map(|known| known.text_at("port")).collect();
    if !ports.contains(&port) {
        return Err((
            format!("Service {name} has no port {port}"),
            format!("use port {}", ports.join(" or ")),
        ));
    }
    let is_plain = service.node.items_at("spec/ports").iter().any(|known| {
        known.text_at("port") == Some(port) && known.get("appProtocol").is_some_and(|kind| kind.is("http"))
    });
    if text.starts_with("https:") && is_plain {
        return Err((format!("Service {name} speaks HTTP, not HTTPS"), "write http://".to_owned()));
    }
    match (namespace, service.namespace.as_deref()) {
        (Some(asked), Some(known)) if asked != known => Err((
            format!("Service {name} is in the namespace {known}, not {asked}"),
            format!("write {name}.{known}.svc.cluster.local"),
        )),
        _ => Ok(()),
    }
}

/// Whether a namespace is another team's: none that the manifests make, nor one that looks like it.
fn is_elsewhere(project: &Project, service: &str, namespace: &str) -> bool {
    let mut made = project.stacks.iter().flat_map(|stack| &stack.objects);
    service != "forecast-service"
        && !made.any(|object| {
            object.namespace.as_deref().is_some_and(|known| strsim::levenshtein(known, namespace) <= 2)
        })
}
