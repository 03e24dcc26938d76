//! Ports and paths: what is asked for is what the program serves.

use super::super::finding::Report;
use super::super::rule::{Project, Rule, RuleGroup};
use super::super::stack::Stack;
use super::super::workload::{Container, Workload, containers, value_of, workloads};
use super::super::yaml::Node;
use crate::contract::Http;

pub(super) const GROUP: RuleGroup = RuleGroup {
    title: "Ports and paths",
    rules: &[
        Rule {
            id: "bind",
            holds: "The server listens on every address of its pod, at a port that the container declares.",
            check: bind,
        },
        Rule {
            id: "probe-path",
            holds: "Probes ask for paths that the server answers to GET.",
            check: probe_path,
        },
        Rule { id: "probe-port", holds: "Probes ask ports that the container declares.", check: probe_port },
        Rule {
            id: "probe-missing",
            holds: "A server has a startup, a liveness and a readiness probe; readiness and no other asks /health/ready.",
            check: probe_missing,
        },
        Rule {
            id: "service-port",
            holds: "The target ports of a Service are ports of the pods behind it.",
            check: service_port,
        },
        Rule {
            id: "ingress-backend",
            holds: "An Ingress leads to a Service and a port that exist, at paths that the server answers.",
            check: ingress_backend,
        },
        Rule {
            id: "policy-port",
            holds: "Network policies let in through ports that the pods behind them have.",
            check: policy_port,
        },
    ],
};

const PROBES: [&str; 3] = ["startupProbe", "livenessProbe", "readinessProbe"];

/// The containers that run a server of ours, with what it serves.
fn servers(project: &Project) -> impl Iterator<Item = (&Stack, Container<'_>, &Http)> {
    project
        .stacks
        .iter()
        .flat_map(|stack| containers(stack).map(move |container| (stack, container)))
        .filter_map(|(stack, container)| {
            let http = project.tree.contract(container.program()?)?.http.as_ref()?;
            Some((stack, container, http))
        })
}

/// Whether a container declares a port, by number or by name.
fn declares(container: &Node, port: &Node) -> bool {
    container.items_at("ports").iter().any(|known| {
        known.get("containerPort").and_then(Node::text) == port.text()
            || known.get("name").and_then(Node::text) == port.text()
    })
}

/// The ports of a container, as a hint.
fn declared(container: &Node) -> String {
    let ports = container.items_at("ports").iter();
    let names: Vec<_> = ports
        .map(|port| {
            let number = port.text_at("containerPort").unwrap_or_default();
            port.text_at("name").map_or(number.to_owned(), |name| format!("{name} ({number})"))
        })
        .collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn bind(project: &Project, report: &mut Report) {
    for (stack, container, _) in servers(project) {
        let environment = container.environment(stack);
        let Some((value, place)) = value_of(&environment, "FORECAST_BIND") else { continue };
        let Some((host, port)) = value.rsplit_once(':') else { continue };
        if ["127.0.0.1", "localhost", "[::1]"].contains(&host) {
            let message = format!("the server listens on {host}, where neither probes nor callers reach it");
            report.add(place, message, format!("listen on every address: 0.0.0.0:{port}"));
        }
        let numbers = container.node.items_at("ports").iter();
        if !numbers.clone().any(|known| known.text_at("containerPort") == Some(port)) {
            let message = format!("the server listens at port {port}, which the container does not declare");
            let remedy =
                format!("use the same port in FORECAST_BIND and in ports: {}", declared(container.node));
            report.add(place, message, remedy);
        }
    }
}

fn probe_path(project: &Project, report: &mut Report) {
    for (_, container, http) in servers(project) {
        for path in PROBES.iter().filter_map(|probe| container.node.at(&format!("{probe}/httpGet/path"))) {
            let asked = path.text().unwrap_or_default();
            let answers =
                http.paths.get(asked).is_some_and(|methods| methods.iter().any(|method| method == "GET"));
            if !answers {
                let known: Vec<_> =
                    http.paths.keys().filter(|known| known.starts_with("/health")).cloned().collect();
                let message = format!("the server does not answer GET {asked}");
                report.add(&path.place, message, format!("use one of {}", known.join(", ")));
            }
        }
    }
}

fn probe_port(project: &Project, report: &mut Report) {
    for container in project.stacks.iter().flat_map(containers) {
        for probe in PROBES {
            for action in ["httpGet", "tcpSocket", "grpc"] {
                let Some(port) = container.node.at(&format!("{probe}/{action}/port")) else { continue };
                if !declares(container.node, port) {
                    let port_text = port.text().unwrap_or_default();
                    let message = format!(
                        "{probe} asks port {port_text}, which container {} does not declare",
                        container.name()
                    );
                    report.add(
                        &port.place,
                        message,
                        format!("use a port of the container: {}", declared(container.node)),
                    );
                }
            }
        }
    }
}

/// Whether a model answers.
const READY: &str = "/health/ready";

/// Whether the process answers at all.
const LIVE: &str = "/health/live";

fn probe_missing(project: &Project, report: &mut Report) {
    for (_, container, http) in servers(project) {
        for probe in PROBES.iter().filter(|probe| container.node.get(probe).is_none()) {
            let message = format!("container {} has no {probe}", container.name());
            report.add(
                container.node.place_at("name"),
                message,
                format!("add a {probe} that asks /health/live or /health/ready"),
            );
        }
        for (probe, asks_ready) in PROBES.into_iter().zip([false, false, true]) {
            let Some(node) = container.node.get(probe) else { continue };
            let path = node.at("httpGet/path");
            // `probe-path` says more of paths that nobody answers.
            let is_known = |path: &&Node| path.text().is_some_and(|path| http.paths.contains_key(path));
            let is_ready = path.is_some_and(|path| path.is(READY));
            if path.is_none() || (path.is_some_and(|path| is_known(&path)) && is_ready != asks_ready) {
                let (message, remedy) = if asks_ready {
                    (format!("{probe} does not ask {READY}, which tells whether a model answers"), READY)
                } else {
                    (format!("{probe} does not ask {LIVE}: a pod without a model would be restarted"), LIVE)
                };
                let place = path.map_or(&node.place, |path| &path.place);
                report.add(place, message, format!("ask {remedy} with httpGet"));
            }
        }
    }
}

/// The workloads of a stack that a selector chooses.
fn selected<'a>(stack: &'a Stack, selector: Option<&'a Node>) -> Vec<Workload<'a>> {
    let selector = selector.map(Node::entries).unwrap_or_default();
    workloads(stack).filter(|workload| !selector.is_empty() && workload.matches(selector)).collect()
}

fn service_port(project: &Project, report: &mut Report) {
    for stack in &project.stacks {
        for service in stack.of_kind("Service") {
            let pods = selected(stack, service.node.at("spec/selector"));
            for port in service.node.items_at("spec/ports") {
                let Some(target) = port.get("targetPort").or_else(|| port.get("port")) else { continue };
                let has = |workload: &Workload<'_>| {
                    workload.containers().any(|container| declares(container.node, target))
                };
                if !pods.is_empty() && !pods.iter().any(has) {
                    let ports: Vec<_> =
                        pods.iter().flat_map(|pod| pod.containers()).map(|c| declared(c.node)).collect();
                    let target_text = target.text().unwrap_or_default();
                    let message = format!(
                        "Service {} leads to port {target_text}, which no pod behind it has",
                        service.name()
                    );
                    report.add(
                        &target.place,
                        message,
                        format!("use a port of the pods: {}", ports.join(", ")),
                    );
                }
            }
        }
    }
}

fn ingress_backend(project: &Project, report: &mut Report) {
    for stack in &project.stacks {
        for ingress in stack.of_kind("Ingress") {
            for path in
                ingress.node.items_at("spec/rules").iter().flat_map(|rule| rule.items_at("http/paths"))
            {
                ingress_path(project, stack, path, report);
            }
        }
    }
}

fn ingress_path(project: &Project, stack: &Stack, path: &Node, report: &mut Report) {
    let name = path.text_at("backend/service/name").unwrap_or_default();
    let Some(service) = stack.find("Service", name) else {
        let message = format!("there is no Service {name:?}");
        report.add(
            path.place_at("backend/service/name"),
            message,
            "name a Service of the manifests, such as forecast-service",
        );
        return;
    };
    for (by, field) in [("name", "name"), ("number", "port")] {
        let Some(port) = path.at(&format!("backend/service/port/{by}")) else { continue };
        if !service.node.items_at("spec/ports").iter().any(|known| known.text_at(field) == port.text()) {
            let message = format!("Service {name} has no port {}", port.text().unwrap_or_default());
            report.add(&port.place, message, format!("use the {field} of a port of Service {name}"));
        }
    }
    let http = project.tree.contract("forecast-api").and_then(|contract| contract.http.as_ref());
    let (Some(http), Some(asked)) = (http.filter(|_| name == "forecast-service"), path.get("path")) else {
        return;
    };
    let text = asked.text().unwrap_or_default();
    let is_exact = path.get("pathType").is_some_and(|kind| kind.is("Exact"));
    let fits = |known: &String| {
        known == text || (!is_exact && known.starts_with(&format!("{}/", text.trim_end_matches('/'))))
    };
    if !http.paths.keys().any(fits) {
        let known: Vec<_> = http.paths.keys().cloned().collect();
        report.add(
            &asked.place,
            format!("the server answers nothing at {text}"),
            format!("use one of {}", known.join(", ")),
        );
    }
}

fn policy_port(project: &Project, report: &mut Report) {
    for stack in &project.stacks {
        for policy in stack.of_kind("NetworkPolicy") {
            let pods = selected(stack, policy.node.at("spec/podSelector/matchLabels"));
            let ports = policy.node.items_at("spec/ingress").iter().flat_map(|rule| rule.items_at("ports"));
            for port in ports.filter_map(|port| port.get("port")) {
                let has = |workload: &Workload<'_>| {
                    workload.containers().any(|container| declares(container.node, port))
                };
                if !pods.is_empty() && !pods.iter().any(has) {
                    let known: Vec<_> =
                        pods.iter().flat_map(|pod| pod.containers()).map(|c| declared(c.node)).collect();
                    let message = format!(
                        "NetworkPolicy {} lets in through port {}, which its pods do not have",
                        policy.name(),
                        port.text().unwrap_or_default()
                    );
                    report.add(&port.place, message, format!("use a port of the pods: {}", known.join(", ")));
                }
            }
        }
    }
}
