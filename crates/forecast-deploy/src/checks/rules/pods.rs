//! What a pod may do: as little as it needs.

use super::super::finding::Report;
use super::super::rule::{Project, Rule, RuleGroup};
use super::super::workload::{Container, containers, workloads};
use super::super::yaml::Node;

pub(super) const GROUP: RuleGroup = RuleGroup {
    title: "Pod policy",
    rules: &[
        Rule { id: "pod-root", holds: "No container runs as root.", check: root },
        Rule {
            id: "pod-writable-root",
            holds: "The root file system of every container is read-only.",
            check: writable_root,
        },
        Rule {
            id: "pod-privileges",
            holds: "No container is privileged or can become so.",
            check: privileges,
        },
        Rule {
            id: "pod-capabilities",
            holds: "Every container drops all capabilities and adds none.",
            check: capabilities,
        },
        Rule { id: "pod-seccomp", holds: "Every pod has the runtime's seccomp profile.", check: seccomp },
        Rule {
            id: "pod-limits",
            holds: "Every container requests and limits processor and memory.",
            check: limits,
        },
        Rule {
            id: "pod-request-over-limit",
            holds: "No request is above its limit.",
            check: request_over_limit,
        },
        Rule {
            id: "pod-quantity",
            holds: "Every amount of processor, memory and storage is one that Kubernetes can read.",
            check: amounts,
        },
        Rule {
            id: "pod-pull",
            holds: "Pods of the service's image pull it with the secret acr-secret.",
            check: pull,
        },
        Rule { id: "pod-host", holds: "No pod uses its node's network, processes or files.", check: host },
        Rule {
            id: "pod-token",
            holds: "Pods that do not talk to Kubernetes get no token for it.",
            check: token,
        },
        Rule { id: "rbac-wildcard", holds: "No role allows everything of a kind.", check: wildcard },
    ],
};

fn all(project: &Project) -> impl Iterator<Item = Container<'_>> {
    project.stacks.iter().flat_map(containers)
}

/// A setting of the container, else of its pod.
fn setting<'a>(container: Container<'a>, name: &str) -> Option<&'a Node> {
    let path = format!("securityContext/{name}");
    container.node.at(&path).or_else(|| container.workload.pod.at(&path))
}

/// Reports a setting of containers that has to hold a value; where it is missing, at the container.
fn demand(project: &Project, report: &mut Report, (name, value): (&str, &str), message: &str) {
    for container in all(project) {
        let found = setting(container, name);
        if !found.is_some_and(|found| found.is(value)) {
            let place = found.map_or_else(|| container.node.place_at("name"), |found| &found.place);
            let message = format!("container {} {message}", container.name());
            report.add(place, message, format!("set securityContext.{name}: {value}"));
        }
    }
}

fn root(project: &Project, report: &mut Report) {
    demand(project, report, ("runAsNonRoot", "true"), "may run as root");
    for container in all(project) {
        if let Some(user) = setting(container, "runAsUser").filter(|user| user.is("0")) {
            let message = format!("container {} runs as user 0, which is root", container.name());
            report.add(&user.place, message, "use the image's user, 65532");
        }
    }
}

fn writable_root(project: &Project, report: &mut Report) {
    demand(project, report, ("readOnlyRootFilesystem", "true"), "can write to its root file system");
}

fn privileges(project: &Project, report: &mut Report) {
    demand(project, report, ("allowPrivilegeEscalation", "false"), "can gain privileges");
    for container in all(project) {
        if let Some(flag) = setting(container, "privileged").filter(|flag| flag.is("true")) {
            report.add(
                &flag.place,
                format!("container {} is privileged", container.name()),
                "remove privileged",
            );
        }
    }
}

fn capabilities(project: &Project, report: &mut Report) {
    for container in all(project) {
        if !container.node.items_at("securityContext/capabilities/drop").iter().any(|name| name.is("ALL")) {
            let place = container.node.place_at("securityContext/capabilities/drop");
            let message = format!("container {} keeps capabilities of the kernel", container.name());
            report.add(place, message, "set securityContext.capabilities.drop: [ALL]");
        }
        for added in container.node.items_at("securityContext/capabilities/add") {
            let message = format!(
                "container {} adds the capability {}",
                container.name(),
                added.text().unwrap_or_default()
            );
            report.add(&added.place, message, "remove it; ports above 1024 need none");
        }
    }
}

fn seccomp(project: &Project, report: &mut Report) {
    for container in all(project) {
        let profile = setting(container, "seccompProfile/type");
        if !profile.is_some_and(|profile| profile.is("RuntimeDefault") || profile.is("Localhost")) {
            let place = profile
                .map_or_else(|| container.workload.pod.place_at("securityContext"), |profile| &profile.place);
            let message = format!("container {} may use every system call", container.name());
            report.add(place, message, "set securityContext.seccompProfile.type: RuntimeDefault");
        }
    }
}

fn limits(project: &Project, report: &mut Report) {
    for container in all(project) {
        for part in ["requests", "limits"] {
            for resource in ["cpu", "memory"] {
                let path = format!("resources/{part}/{resource}");
                if container.node.at(&path).is_none() {
                    let place = container
                        .node
                        .at("resources")
                        .map_or_else(|| container.node.place_at("name"), |_| container.node.place_at(&path));
                    let message = format!("container {} has no {part} for {resource}", container.name());
                    report.add(place, message, format!("set resources.{part}.{resource}"));
                }
            }
        }
    }
}

fn request_over_limit(project: &Project, report: &mut Report) {
    for container in all(project) {
        for entry in container.node.entries_at("resources/requests") {
            let limit = container.node.text_at(&format!("resources/limits/{}", entry.key));
            let (request, limit) = (entry.node.text().unwrap_or_default(), limit.unwrap_or_default());
            if let (Some(asked), Some(most)) = (quantity(request), quantity(limit))
                && asked > most
            {
                let message = format!(
                    "container {} requests {request} of {} and is limited to {limit}",
                    container.name(),
                    entry.key
                );
                report.add(&entry.node.place, message, "request at most the limit");
            }
        }
    }
}

/// A Kubernetes quantity as a number.
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>.
fn quantity(text: &str) -> Option<f64> {
    const SUFFIXES: [(&str, f64); 15] = [
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("Pi", 1_125_899_906_842_624.0),
        ("Ei", 1_152_921_504_606_846_976.0),
        ("P", 1e15),
        ("E", 1e18),
        ("n", 1e-9),
        ("u", 1e-6),
        ("m", 1e-3),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
    ];
    let known = SUFFIXES.iter().find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, *factor)));
    let (number, factor) = known.unwrap_or((text, 1.0));
    // Rust reads `inf` and `NaN` as well.
    if !number.ends_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    number.parse::<f64>().ok().map(|number| number * factor)
}

/// Reports amounts that Kubernetes refuses, wherever an object of ours has some.
fn amounts(project: &Project, report: &mut Report) {
    for object in project.stacks.iter().flat_map(|stack| &stack.objects) {
        object.node.walk("", &mut |key, node| {
            let amounts: Vec<&Node> = match key {
                "requests" | "limits" => node.entries().iter().map(|entry| &entry.node).collect(),
                "sizeLimit" => vec![node],
                _ => return,
            };
            for amount in amounts {
                let text = amount.text().unwrap_or_default();
                if quantity(text).is_none() {
                    let message = format!("{text:?} is no amount");
                    report.add(
                        &amount.place,
                        message,
                        "write a number with m, k, M, G, Ki, Mi or Gi, such as 2Gi",
                    );
                }
            }
        });
    }
}

/// The name that every guide gives the credentials of the registry.
const PULL_SECRET: &str = "acr-secret";

fn pull(project: &Project, report: &mut Report) {
    for container in
        all(project).filter(|container| container.is_ours() && container.image().contains(".azurecr.io/"))
    {
        let pod = container.workload.pod;
        let secrets = pod.items_at("imagePullSecrets");
        if !secrets.iter().any(|secret| secret.get("name").is_some_and(|name| name.is(PULL_SECRET))) {
            let place = secrets
                .first()
                .map_or_else(|| container.node.place_at("image"), |secret| secret.place_at("name"));
            let message = format!("{} does not pull with {PULL_SECRET}", container.workload.object.name());
            report.add(place, message, format!("set imagePullSecrets: [{{name: {PULL_SECRET}}}]"));
        }
    }
}

fn host(project: &Project, report: &mut Report) {
    for workload in project.stacks.iter().flat_map(workloads) {
        for name in ["hostNetwork", "hostPID", "hostIPC"] {
            if let Some(flag) = workload.pod.get(name).filter(|flag| flag.is("true")) {
                report.add(
                    &flag.place,
                    format!("{} uses {name}", workload.object.name()),
                    format!("remove {name}"),
                );
            }
        }
        for volume in
            workload.pod.items_at("volumes").iter().filter(|volume| volume.get("hostPath").is_some())
        {
            let message = format!("{} mounts files of its node", workload.object.name());
            report.add(volume.place_at("hostPath"), message, "use an emptyDir or a PersistentVolumeClaim");
        }
    }
}

fn token(project: &Project, report: &mut Report) {
    for stack in &project.stacks {
        // Who is bound to a role does talk to Kubernetes.
        let bound: Vec<&str> = stack
            .of_kind("RoleBinding")
            .flat_map(|binding| binding.node.items_at("subjects"))
            .filter_map(|subject| subject.text_at("name"))
            .collect();
        for workload in workloads(stack) {
            let account = workload.pod.text_at("serviceAccountName").unwrap_or("default");
            let flag = workload.pod.get("automountServiceAccountToken");
            if !bound.contains(&account) && !flag.is_some_and(|flag| flag.is("false")) {
                let place =
                    flag.map_or_else(|| workload.pod.place_at("serviceAccountName"), |flag| &flag.place);
                let message =
                    format!("{} gets a token for Kubernetes and needs none", workload.object.name());
                report.add(place, message, "set automountServiceAccountToken: false");
            }
        }
    }
}

fn wildcard(project: &Project, report: &mut Report) {
    for stack in &project.stacks {
        for role in stack.of_kind("Role").chain(stack.of_kind("ClusterRole")) {
            for rule in role.node.items_at("rules") {
                let parts = ["apiGroups", "resources", "verbs"].into_iter();
                for all in parts.flat_map(|part| rule.items_at(part)).filter(|item| item.is("*")) {
                    let message = format!("{} {} allows everything of a kind", role.kind(), role.name());
                    report.add(&all.place, message, "name what is needed");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::quantity;

    #[test]
    fn quantities_compare_across_units() {
        assert!(quantity("500m") < quantity("2") && quantity("384Mi") < quantity("1Gi"));
        assert_eq!((quantity("1k"), quantity("x")), (Some(1000.0), None));
        assert_eq!((quantity("2GB"), quantity("NaN"), quantity("inf")), (None, None, None));
    }
}
