//! What network policies let out, how Services are reached, and what the namespaces refuse.

use super::super::finding::Report;
use super::super::rule::{Project, Rule, RuleGroup};
use super::super::workload::{Workload, workloads};
use super::super::yaml::Node;

pub(super) const GROUP: RuleGroup = RuleGroup {
    title: "Network",
    rules: &[
        Rule {
            id: "policy-egress",
            holds: "Network policies let out to our own pods through ports that those pods have.",
            check: egress,
        },
        Rule {
            id: "policy-dns",
            holds: "What lets pods ask names lets them ask the cluster's name server, by UDP and by TCP.",
            check: dns,
        },
        Rule { id: "policy-address", holds: "Address ranges of network policies are ranges.", check: range },
        Rule {
            id: "service-internal",
            holds: "Services are reached from within the cluster; an Ingress lets others in.",
            check: internal,
        },
        Rule {
            id: "namespace-policy",
            holds: "Every namespace refuses pods that could harm their node: Pod Security restricted.",
            check: namespace_policy,
        },
    ],
};

/// The rules of all policies for what goes out.
fn egress_rules(project: &Project) -> impl Iterator<Item = &Node> {
    let policies = project.stacks.iter().flat_map(|stack| stack.of_kind("NetworkPolicy"));
    policies.flat_map(|policy| policy.node.items_at("spec/egress"))
}

fn has_port(workload: Workload<'_>, port: &Node) -> bool {
    let mut known = workload.containers().flat_map(|container| container.node.items_at("ports"));
    known.any(|known| {
        [known.get("containerPort"), known.get("name")].into_iter().flatten().any(|k| k.text() == port.text())
    })
}

fn egress(project: &Project, report: &mut Report) {
    for rule in egress_rules(project) {
        let selectors = rule.items_at("to").iter().map(|peer| peer.entries_at("podSelector/matchLabels"));
        let selectors: Vec<_> = selectors.filter(|selector| !selector.is_empty()).collect();
        let behind: Vec<Workload<'_>> = project
            .stacks
            .iter()
            .flat_map(workloads)
            .filter(|workload| selectors.iter().any(|selector| workload.matches(selector)))
            .collect();
        for port in rule.items_at("ports").iter().filter_map(|port| port.get("port")) {
            if !behind.is_empty() && !behind.iter().any(|workload| has_port(*workload, port)) {
                let name = behind.first().map(|workload| workload.object.name()).unwrap_or_default();
                let message =
                    format!("{name} has no port {}, to which this lets out", port.text().unwrap_or_default());
                report.add(&port.place, message, format!("use a port that the pods of {name} have"));
            }
        }
    }
}

/// Where the name servers of a cluster are.
const NAME_SERVERS: &str = "kube-system";

fn dns(project: &Project, report: &mut Report) {
    for rule in egress_rules(project) {
        let is_dns =
            |peer: &&Node| peer.at("podSelector/matchLabels/k8s-app").is_some_and(|app| app.is("kube-dns"));
        let Some(peer) = rule.items_at("to").iter().find(is_dns) else { continue };
        for protocol in ["UDP", "TCP"] {
            let is_open = |port: &Node| {
                port.get("port").is_some_and(|number| number.is("53"))
                    && port.text_at("protocol").unwrap_or("TCP") == protocol
            };
            if !rule.items_at("ports").iter().any(is_open) {
                let message = format!("pods cannot ask names by {protocol}: port 53 is closed");
                report.add(
                    rule.place_at("ports"),
                    message,
                    format!("add protocol: {protocol} with port: 53"),
                );
            }
        }
        let namespace = peer.entries_at("namespaceSelector/matchLabels");
        for entry in namespace.iter().filter(|entry| !entry.node.is(NAME_SERVERS)) {
            let message = format!("there are no name servers in {}", entry.node.text().unwrap_or_default());
            report.add(&entry.node.place, message, format!("write {NAME_SERVERS}"));
        }
    }
}

fn range(project: &Project, report: &mut Report) {
    for policy in project.stacks.iter().flat_map(|stack| stack.of_kind("NetworkPolicy")) {
        policy.node.walk("", &mut |key, node| {
            if let Some(text) = node.text().filter(|_| ["cidr", "except"].contains(&key))
                && !is_range(text)
            {
                let remedy = "write an address and the length of its prefix, such as 10.0.0.0/8";
                report.add(&node.place, format!("{text:?} is no range of addresses"), remedy);
            }
        });
    }
}

fn is_range(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let most = match address.parse() {
        Ok(std::net::IpAddr::V4(_)) => 32,
        Ok(std::net::IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    length.parse().is_ok_and(|length: u8| length <= most)
}

fn internal(project: &Project, report: &mut Report) {
    for service in project.stacks.iter().flat_map(|stack| stack.of_kind("Service")) {
        let kind = service.node.text_at("spec/type").unwrap_or("ClusterIP");
        if kind != "ClusterIP" {
            let message = format!("Service {} is a {kind}: open without TLS and limits", service.name());
            report.add(
                service.node.place_at("spec/type"),
                message,
                "write ClusterIP; base/ingress.yaml lets callers in",
            );
        }
    }
}

fn namespace_policy(project: &Project, report: &mut Report) {
    for namespace in project.stacks.iter().flat_map(|stack| stack.of_kind("Namespace")) {
        let labels = namespace.node.entries_at("metadata/labels");
        let level = labels.iter().find(|label| label.key == "pod-security.kubernetes.io/enforce");
        if !level.is_some_and(|level| level.node.is("restricted")) {
            let place =
                level.map_or_else(|| namespace.node.place_at("metadata/labels"), |level| &level.place);
            let message = "the namespace takes pods that could harm their node";
            report.add(place, message, "label it pod-security.kubernetes.io/enforce: restricted");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_range;

    #[test]
    fn ranges_are_an_address_and_a_length() {
        assert!(is_range("10.0.0.0/8") && is_range("fd00::/64"));
        assert!(!is_range("10.0.0.0") && !is_range("169.254.20.10/33") && !is_range("10.0.0/8"));
    }
}
