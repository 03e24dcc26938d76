//! What keeps answers coming while pods come and go.

use super::super::finding::Report;
use super::super::rule::{Project, Rule, RuleGroup};
use super::super::stack::Stack;
use super::super::workload::{Container, Workload, containers, value_of, workloads};

pub(super) const GROUP: RuleGroup = RuleGroup {
    title: "Availability",
    rules: &[
        Rule {
            id: "grace-period",
            holds: "A pod's grace period is longer than its preStop pause, the drain delay and the drain together.",
            check: grace_period,
        },
        Rule {
            id: "rolling-update",
            holds: "A rolling update of the service takes no pod away first.",
            check: rolling_update,
        },
        Rule {
            id: "scale-bounds",
            holds: "An autoscaler's least number of pods is at most its greatest.",
            check: scale_bounds,
        },
        Rule {
            id: "scale-replicas",
            holds: "A workload that an autoscaler scales sets no number of replicas itself.",
            check: scale_replicas,
        },
        Rule {
            id: "disruption-room",
            holds: "A disruption budget lets at least one pod of the least number go.",
            check: disruption_room,
        },
        Rule {
            id: "cache-writable",
            holds: "The model cache is on a volume that can be written.",
            check: cache_writable,
        },
    ],
};

/// What the server needs to end after the drain, in seconds.
const LAST_SECONDS: u64 = 1;

/// The containers of our servers in workloads, with their stacks.
fn servers(project: &Project) -> impl Iterator<Item = (&Stack, Container<'_>)> {
    let all =
        project.stacks.iter().flat_map(|stack| containers(stack).map(move |container| (stack, container)));
    all.filter(|(_, container)| {
        let contract = container.program().and_then(|program| project.tree.contract(program));
        contract.is_some_and(|contract| contract.http.is_some())
    })
}

fn grace_period(project: &Project, report: &mut Report) {
    for (stack, container) in servers(project) {
        let contract = project.tree.contract("forecast-api");
        let environment = container.environment(stack);
        let seconds = |name: &str| -> u64 {
            let set = value_of(&environment, name).map(|(value, _)| value.to_owned());
            let default = contract
                .and_then(|contract| contract.variable(name))
                .map(|variable| variable.default.clone());
            set.or(default).and_then(|text| text.parse().ok()).unwrap_or_default()
        };
        let pause =
            container.node.at("lifecycle/preStop/sleep/seconds").and_then(super::super::yaml::Node::number);
        let (pause, delay) = (pause.unwrap_or_default(), seconds("FORECAST_DRAIN_DELAY_SECONDS"));
        let needed = pause + delay + seconds("FORECAST_DRAIN_SECONDS") + LAST_SECONDS;
        let pod = container.workload.pod;
        let grace =
            pod.get("terminationGracePeriodSeconds").and_then(super::super::yaml::Node::number).unwrap_or(30);
        if grace < needed {
            let message = format!(
                "{grace} s are shorter than preStop {pause} s, drain delay {delay} s and drain {} s: requests would be cut off",
                needed - pause - delay - LAST_SECONDS
            );
            let remedy = format!("make terminationGracePeriodSeconds at least {needed}, or drain for less");
            report.add(pod.place_at("terminationGracePeriodSeconds"), message, remedy);
        }
    }
}

fn rolling_update(project: &Project, report: &mut Report) {
    for (_, container) in servers(project) {
        let object = container.workload.object;
        if object.kind() != "Deployment" {
            continue;
        }
        let path = "spec/strategy/rollingUpdate/maxUnavailable";
        let allowed = object.node.text_at(path).unwrap_or("25%");
        if !["0", "0%"].contains(&allowed) {
            let message =
                format!("a rolling update of {} may take {allowed} of the pods away first", object.name());
            report.add(object.node.place_at(path), message, "set maxUnavailable: 0 and maxSurge: 1");
        }
    }
}

fn scale_bounds(project: &Project, report: &mut Report) {
    for scaler in project.stacks.iter().flat_map(|stack| stack.of_kind("HorizontalPodAutoscaler")) {
        let number = |field: &str| scaler.node.at(field).and_then(super::super::yaml::Node::number);
        let (least, most) =
            (number("spec/minReplicas").unwrap_or(1), number("spec/maxReplicas").unwrap_or(u64::MAX));
        if least > most {
            let message = format!("minReplicas {least} is more than maxReplicas {most}");
            report.add(scaler.node.place_at("spec/minReplicas"), message, "make maxReplicas the greater one");
        }
    }
}

/// The autoscaler of a workload.
fn scaler_of<'a>(stack: &'a Stack, workload: &Workload<'_>) -> Option<&'a super::super::stack::Object> {
    stack.of_kind("HorizontalPodAutoscaler").find(|scaler| {
        scaler.node.text_at("spec/scaleTargetRef/name") == Some(workload.object.name())
            && scaler.node.text_at("spec/scaleTargetRef/kind") == Some(workload.object.kind())
    })
}

fn scale_replicas(project: &Project, report: &mut Report) {
    for stack in &project.stacks {
        for workload in workloads(stack) {
            let Some(replicas) = workload.object.node.at("spec/replicas") else { continue };
            if scaler_of(stack, &workload).is_some() {
                let message =
                    format!("{} sets replicas, which its autoscaler decides", workload.object.name());
                report.add(
                    &replicas.place,
                    message,
                    "remove replicas: applying the file would take the autoscaler's decision back",
                );
            }
        }
    }
}

fn disruption_room(project: &Project, report: &mut Report) {
    for stack in &project.stacks {
        for budget in stack.of_kind("PodDisruptionBudget") {
            let selector = budget.node.entries_at("spec/selector/matchLabels");
            let Some(workload) = workloads(stack).find(|workload| workload.matches(selector)) else {
                continue;
            };
            let scaler = scaler_of(stack, &workload);
            let number =
                |node: Option<&super::super::yaml::Node>| node.and_then(super::super::yaml::Node::number);
            let pods = match scaler {
                Some(scaler) => number(scaler.node.at("spec/minReplicas")),
                None => number(workload.object.node.at("spec/replicas")),
            };
            if let Some(kept) = number(budget.node.at("spec/minAvailable"))
                .filter(|kept| pods.is_some_and(|pods| *kept >= pods))
            {
                let pods = pods.unwrap_or_default();
                let message = format!(
                    "minAvailable {kept} of at least {pods} pods lets no pod go: a node could not be drained"
                );
                report.add(
                    budget.node.place_at("spec/minAvailable"),
                    message,
                    "use maxUnavailable: 1, or more pods",
                );
            }
            if number(budget.node.at("spec/maxUnavailable")) == Some(0) {
                let message = "maxUnavailable 0 lets no pod go: a node could not be drained";
                report.add(budget.node.place_at("spec/maxUnavailable"), message, "use maxUnavailable: 1");
            }
        }
    }
}

fn cache_writable(project: &Project, report: &mut Report) {
    for (stack, container) in servers(project) {
        let environment = container.environment(stack);
        let Some((folder, place)) = value_of(&environment, "FORECAST_CACHE_DIR") else { continue };
        let holds =
            |path: &str| folder == path || folder.starts_with(&format!("{}/", path.trim_end_matches('/')));
        if !container.mounts().any(|(path, is_writable, _)| is_writable && holds(path)) {
            let message = format!("no writable volume is mounted at {folder}, where models are kept");
            report.add(place, message, "mount a volume there, or name a folder on one");
        }
    }
}
