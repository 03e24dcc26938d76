//! What keeps answers coming while pods come and go.

use super::super::finding::Report;
use super::super::rule::{Project, Rule, RuleGroup};
use super::super::stack::Stack;
use super::super::workload::{Container, Workload, containers, value_of, workloads};
use super::super::yaml::Node;

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
            holds: "A rolling update of the service takes no pod away first, can begin, and outlasts minReadySeconds.",
            check: rolling_update,
        },
        Rule {
            id: "scale-bounds",
            holds: "An autoscaler's least number of pods is at most its greatest.",
            check: scale_bounds,
        },
        Rule {
            id: "scale-metric",
            holds: "Autoscalers aim at shares from 1 to 100 %, of the kind of target that they name, from at least one pod.",
            check: scale_metric,
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
        let pause = container.node.at("lifecycle/preStop/sleep/seconds").and_then(Node::number);
        let (pause, delay) = (pause.unwrap_or_default(), seconds("FORECAST_DRAIN_DELAY_SECONDS"));
        let needed = pause + delay + seconds("FORECAST_DRAIN_SECONDS") + LAST_SECONDS;
        let pod = container.workload.pod;
        let grace = pod.get("terminationGracePeriodSeconds").and_then(Node::number).unwrap_or(30);
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
        let number = |path: &str| object.node.at(path).and_then(Node::number);
        let (least, most) = ("spec/minReadySeconds", "spec/progressDeadlineSeconds");
        if number(least).unwrap_or(0) >= number(most).unwrap_or(600) {
            let message = "a new pod counts only after the rollout has been given up";
            report.add(
                object.node.place_at(least),
                message,
                "make minReadySeconds less than progressDeadlineSeconds",
            );
        }
        if let Some(kind) = object.node.at("spec/strategy/type").filter(|kind| kind.is("Recreate")) {
            let message = format!("an update of {} takes all pods away first", object.name());
            report.add(&kind.place, message, "write type: RollingUpdate");
            continue;
        }
        let surge = "spec/strategy/rollingUpdate/maxSurge";
        if object.node.text_at(surge).is_some_and(|surge| ["0", "0%"].contains(&surge)) {
            let message =
                format!("no update of {} could begin: no pod may come and none may go", object.name());
            report.add(object.node.place_at(surge), message, "set maxSurge: 1");
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
        let number = |field: &str| scaler.node.at(field).and_then(Node::number);
        let (least, most) =
            (number("spec/minReplicas").unwrap_or(1), number("spec/maxReplicas").unwrap_or(u64::MAX));
        if least > most {
            let message = format!("minReplicas {least} is more than maxReplicas {most}");
            report.add(scaler.node.place_at("spec/minReplicas"), message, "make maxReplicas the greater one");
        }
    }
}

fn scale_metric(project: &Project, report: &mut Report) {
    for scaler in project.stacks.iter().flat_map(|stack| stack.of_kind("HorizontalPodAutoscaler")) {
        if let Some(least) = scaler.node.at("spec/minReplicas").filter(|least| least.is("0")) {
            report.add(&least.place, "at night nobody would answer", "set minReplicas: 1 or more");
        }
        let target = scaler.node.at("spec/scaleTargetRef");
        let is_workload = |target: &&Node| {
            ["Deployment", "StatefulSet"]
                .iter()
                .any(|kind| target.get("kind").is_some_and(|node| node.is(kind)))
        };
        if let Some(version) = target.filter(is_workload).and_then(|target| target.get("apiVersion"))
            && !version.is("apps/v1")
        {
            let message = format!("there is no such kind in {}", version.text().unwrap_or_default());
            report.add(&version.place, message, "write apps/v1");
        }
        for metric in scaler.node.items_at("spec/metrics") {
            let Some(target) = metric.at("resource/target") else { continue };
            let field = match target.text_at("type").unwrap_or_default() {
                "Utilization" => "averageUtilization",
                "AverageValue" => "averageValue",
                _ => "value",
            };
            if target.get(field).is_none() {
                let message = format!("the target has no {field}, which its type asks for");
                report.add(
                    target.place_at("type"),
                    message,
                    "write type: Utilization with averageUtilization",
                );
            }
            let share = target.get("averageUtilization");
            if let Some(share) =
                share.filter(|share| !share.number().is_some_and(|share| (1..=100).contains(&share)))
            {
                let message =
                    format!("{} % of the request is never the aim", share.text().unwrap_or_default());
                report.add(&share.place, message, "write a share from 1 to 100, such as 70");
            }
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
            if let (Some(_), Some(most)) =
                (budget.node.at("spec/minAvailable"), budget.node.at("spec/maxUnavailable"))
            {
                let message = "a budget has minAvailable or maxUnavailable, not both";
                report.add(&most.place, message, "remove one; in a patch, set the other to null");
                continue;
            }
            let selector = budget.node.entries_at("spec/selector/matchLabels");
            if selector.is_empty() && budget.node.items_at("spec/selector/matchExpressions").is_empty() {
                let message = "without a selector the budget is for no pod, or for every one";
                report.add(
                    budget.node.place_at("spec"),
                    message,
                    "select the pods by spec.selector.matchLabels",
                );
                continue;
            }
            let Some(workload) = workloads(stack).find(|workload| workload.matches(selector)) else {
                continue;
            };
            let scaler = scaler_of(stack, &workload);
            let number = |node: Option<&Node>| node.and_then(Node::number);
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
            let kept = budget.node.at("spec/minAvailable").filter(|kept| kept.is("100%"));
            if let Some(kept) = kept {
                let message = "minAvailable 100% lets no pod go: a node could not be drained";
                report.add(&kept.place, message, "use maxUnavailable: 1");
            }
            if budget
                .node
                .at("spec/maxUnavailable")
                .is_some_and(|most| ["0", "0%"].iter().any(|none| most.is(none)))
            {
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
