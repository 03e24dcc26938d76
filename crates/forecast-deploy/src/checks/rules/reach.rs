//! How the service is reached and watched: gateways, bodies, scrapers, telemetry and MLflow's names.

use super::super::finding::Report;
use super::super::rule::{Project, Rule, RuleGroup};
use super::super::stack::Stack;
use super::super::workload::{Container, Workload, containers, value_of, workloads};
use super::super::yaml::Node;
use crate::contract::Http;

pub(super) const GROUP: RuleGroup = RuleGroup {
    title: "Reaching the service",
    rules: &[
        Rule {
            id: "route-backend",
            holds: "A HTTPRoute leads to a Service and a port that exist, at paths that the server answers.",
            check: route,
        },
        Rule {
            id: "ingress-tls",
            holds: "The certificate of an Ingress is for the hosts of its rules.",
            check: tls,
        },
        Rule {
            id: "ingress-body",
            holds: "An Ingress lets through bodies as long as FORECAST_MAX_BODY_BYTES.",
            check: body,
        },
        Rule {
            id: "scrape",
            holds: "Prometheus is sent to a port that the pods have and to the path of the metrics.",
            check: scrape,
        },
        Rule {
            id: "otlp-protocol",
            holds: "Telemetry goes to port 4317 as grpc and to port 4318 as http/protobuf.",
            check: otlp,
        },
        Rule {
            id: "mlflow-hosts",
            holds: "MLflow answers to its Service's name, with and without the port.",
            check: hosts,
        },
    ],
};

fn http(project: &Project) -> Option<&Http> {
    project.tree.contract("forecast-api")?.http.as_ref()
}

fn route(project: &Project, report: &mut Report) {
    for stack in &project.stacks {
        for rule in stack.of_kind("HTTPRoute").flat_map(|route| route.node.items_at("spec/rules")) {
            for backend in rule.items_at("backendRefs") {
                let name = backend.text_at("name").unwrap_or_default();
                let Some(service) = stack.find("Service", name) else {
                    let message = format!("there is no Service {name:?}");
                    report.add(backend.place_at("name"), message, "name a Service, such as forecast-service");
                    continue;
                };
                let ports = service.node.items_at("spec/ports");
                let asked = backend.text_at("port");
                if !ports.iter().any(|port| port.text_at("port") == asked) {
                    let message = format!("Service {name} has no port {}", asked.unwrap_or_default());
                    let known: Vec<_> = ports.iter().filter_map(|port| port.text_at("port")).collect();
                    report.add(backend.place_at("port"), message, format!("use port {}", known.join(" or ")));
                }
            }
            let known = http(project).map(|http| http.paths.keys()).into_iter().flatten();
            let known: Vec<&str> = known.map(String::as_str).collect();
            for path in rule.items_at("matches").iter().filter_map(|matched| matched.get("path")) {
                let text = path.text_at("value").unwrap_or_default();
                let is_exact = path.get("type").is_some_and(|kind| kind.is("Exact"));
                let below = format!("{}/", text.trim_end_matches('/'));
                let fits = |known: &&str| *known == text || (!is_exact && known.starts_with(&below));
                if !known.is_empty() && !known.iter().any(fits) {
                    let message = format!("the server answers nothing at {text}");
                    report.add(path.place_at("value"), message, format!("use one of {}", known.join(", ")));
                }
            }
        }
    }
}

fn tls(project: &Project, report: &mut Report) {
    for ingress in project.stacks.iter().flat_map(|stack| stack.of_kind("Ingress")) {
        let hosts: Vec<&str> =
            ingress.node.items_at("spec/rules").iter().filter_map(|rule| rule.text_at("host")).collect();
        for host in ingress.node.items_at("spec/tls").iter().flat_map(|tls| tls.items_at("hosts")) {
            if !host.text().is_some_and(|host| hosts.contains(&host)) {
                let message = format!(
                    "no rule is for {}, which the certificate is for",
                    host.text().unwrap_or_default()
                );
                report.add(&host.place, message, format!("write {}, or add a rule", hosts.join(" or ")));
            }
        }
    }
}

/// Bytes of a size as NGINX writes it.
fn bytes(text: &str) -> Option<u64> {
    let text = text.trim().to_lowercase();
    let known = [("k", 1_u64 << 10), ("m", 1 << 20), ("g", 1 << 30)];
    let suffix = known.iter().find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, *factor)));
    let (number, factor) = suffix.unwrap_or((text.as_str(), 1));
    number.parse::<u64>().ok()?.checked_mul(factor)
}

fn body(project: &Project, report: &mut Report) {
    for stack in &project.stacks {
        let longest = containers(stack).find_map(|container| {
            value_of(&container.environment(stack), "FORECAST_MAX_BODY_BYTES")?.0.parse::<u64>().ok()
        });
        for ingress in stack.of_kind("Ingress") {
            let annotations = ingress.node.entries_at("metadata/annotations").iter();
            for size in annotations.filter(|entry| entry.key.ends_with("/proxy-body-size")) {
                let passed = size.node.text().and_then(bytes);
                // 0 is no limit.
                if let (Some(passed), Some(longest)) = (passed.filter(|passed| *passed > 0), longest)
                    && passed < longest
                {
                    let message = format!("bodies over {passed} bytes end here, and the API takes {longest}");
                    let remedy =
                        format!("write {}m, or less in FORECAST_MAX_BODY_BYTES", longest.div_ceil(1 << 20));
                    report.add(&size.node.place, message, remedy);
                }
            }
        }
    }
}

fn scrape(project: &Project, report: &mut Report) {
    for workload in project.stacks.iter().flat_map(workloads) {
        let ports: Vec<&Node> =
            workload.containers().flat_map(|container| container.node.items_at("ports")).collect();
        for entry in workload.template.entries_at("metadata/annotations") {
            let text = entry.node.text();
            let is_wrong = match entry.key.as_str() {
                "prometheus.io/port" => !ports.iter().any(|port| port.text_at("containerPort") == text),
                "prometheus.io/path" => is_ours(workload) && text != Some(METRICS),
                _ => false,
            };
            if is_wrong {
                let message = format!("{} is {}, where no metrics are", entry.key, text.unwrap_or_default());
                let remedy = format!("name a port of the pod, and the path {METRICS}");
                report.add(&entry.node.place, message, remedy);
            }
        }
    }
    for stack in &project.stacks {
        for monitor in stack.of_kind("PodMonitor") {
            pod_monitor(stack, &monitor.node, report);
        }
    }
}

/// Where the server's metrics are.
const METRICS: &str = "/metrics";

fn is_ours(workload: Workload<'_>) -> bool {
    workload.containers().any(Container::is_ours)
}

fn pod_monitor(stack: &Stack, monitor: &Node, report: &mut Report) {
    let selector = monitor.entries_at("spec/selector/matchLabels");
    let Some(workload) = workloads(stack).find(|workload| workload.matches(selector)) else { return };
    let ports: Vec<&str> = workload
        .containers()
        .flat_map(|container| container.node.items_at("ports"))
        .filter_map(|port| port.text_at("name"))
        .collect();
    for endpoint in monitor.items_at("spec/podMetricsEndpoints") {
        let port = endpoint.get("port").filter(|port| !port.text().is_some_and(|name| ports.contains(&name)));
        if let Some(port) = port {
            let message = format!("the pods have no port {}", port.text().unwrap_or_default());
            report.add(&port.place, message, format!("name one of {}", ports.join(", ")));
        }
        let path = endpoint.get("path").filter(|path| is_ours(workload) && !path.is(METRICS));
        if let Some(path) = path {
            let message = format!("there are no metrics at {}", path.text().unwrap_or_default());
            report.add(&path.place, message, format!("write {METRICS}"));
        }
    }
    if let Some(label) = monitor.at("spec/jobLabel") {
        let job =
            workload.labels().iter().find(|known| label.is(&known.key)).and_then(|known| known.node.text());
        if job != Some(workload.object.name()) {
            let message = format!(
                "the label {} does not make the job {}",
                label.text().unwrap_or_default(),
                workload.object.name()
            );
            report.add(
                &label.place,
                message,
                "write app.kubernetes.io/name; rules and dashboards ask for this job",
            );
        }
    }
}

fn otlp(project: &Project, report: &mut Report) {
    for stack in &project.stacks {
        for container in containers(stack).filter(|container| container.is_ours()) {
            let environment = container.environment(stack);
            let Some((endpoint, place)) = value_of(&environment, "OTEL_EXPORTER_OTLP_ENDPOINT") else {
                continue;
            };
            let protocol = value_of(&environment, "OTEL_EXPORTER_OTLP_PROTOCOL");
            let (protocol, place) = protocol.unwrap_or(("http/protobuf", place));
            let wanted = match endpoint.trim_end_matches('/').rsplit(':').next() {
                Some("4317") => "grpc",
                Some("4318") => "http/protobuf",
                _ => continue,
            };
            if protocol != wanted && ["grpc", "http/protobuf"].contains(&protocol) {
                let message = format!("{endpoint} speaks {wanted}, and the protocol is {protocol}");
                report.add(
                    place,
                    message,
                    format!("write {wanted}, or use the other port: 4317 grpc, 4318 http/protobuf"),
                );
            }
        }
    }
}

fn hosts(project: &Project, report: &mut Report) {
    const KEY: &str = "MLFLOW_SERVER_ALLOWED_HOSTS";
    let mut lists: Vec<(&Node, Vec<String>)> = Vec::new();
    for stack in &project.stacks {
        for map in stack.of_kind("ConfigMap") {
            if let Some(list) = map.node.entries_at("data").iter().find(|entry| entry.key == KEY) {
                let namespace = map.namespace.as_deref().unwrap_or_default();
                let names =
                    ["".to_owned(), format!(".{namespace}"), format!(".{namespace}.svc.cluster.local")];
                lists.push((&list.node, names.map(|end| format!("mlflow-server{end}")).to_vec()));
            }
        }
    }
    for file in super::compose::files(project) {
        for service in file.documents.iter().flat_map(|document| document.entries_at("services")) {
            if let Some(list) = service.node.at(&format!("environment/{KEY}")) {
                lists.push((list, vec!["mlflow-server".to_owned()]));
            }
        }
    }
    for (list, names) in lists {
        let known: Vec<&str> = list.text().unwrap_or_default().split(',').map(str::trim).collect();
        let wanted = names.into_iter().flat_map(|name| [name.clone(), format!("{name}:5000")]);
        let missing: Vec<String> =
            wanted.filter(|name| !known.contains(&name.as_str()) && !known.contains(&"*")).collect();
        if !missing.is_empty() {
            let message = format!("{KEY} lacks {}: MLflow would answer 403", missing.join(", "));
            report.add(&list.place, message, format!("add {}", missing.join(",")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_have_units() {
        assert_eq!(
            (bytes("16m"), bytes("1024"), bytes("1K"), bytes("x")),
            (Some(16 << 20), Some(1024), Some(1024), None)
        );
    }
}
