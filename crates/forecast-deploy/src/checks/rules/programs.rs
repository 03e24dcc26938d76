//! What the containers of the image start, and with what: programs, flags and exit codes of the contracts.

use super::super::finding::{Place, Report};
use super::super::rule::{Project, Rule, RuleGroup};
use super::super::workload::{containers, workloads};
use super::super::yaml::Node;
use crate::contract::Contract;

pub(super) const GROUP: RuleGroup = RuleGroup {
    title: "Programs",
    rules: &[
        Rule {
            id: "program",
            holds: "A container of the service's image starts a program that is in it.",
            check: program,
        },
        Rule {
            id: "flag",
            holds: "Manifests, pipelines and scripts give the programs flags that they have.",
            check: flag,
        },
        Rule {
            id: "exit-code",
            holds: "Policies for failed pods name containers of the pod and exit codes that its program has.",
            check: exit_code,
        },
        Rule { id: "schedule", holds: "Schedules have five fields within their bounds.", check: schedule },
    ],
};

/// The programs of the image.
const PROGRAMS: [&str; 3] = ["forecast-api", "forecast-train", "forecast-promote"];

/// Where they are in it.
const FOLDER: &str = "/usr/local/bin/";

/// Flags that every program has besides those of its contract.
const COMMON: [&str; 4] = ["--help", "-h", "--version", "-V"];

/// Exit codes from here on are signals.
const FIRST_SIGNAL: u64 = 128;

fn program(project: &Project, report: &mut Report) {
    for container in project.stacks.iter().flat_map(containers).filter(|container| container.is_ours()) {
        let Some(command) = container.node.items_at("command").first() else { continue };
        let text = command.text().unwrap_or_default();
        let name = text.strip_prefix(FOLDER).unwrap_or(text);
        if !PROGRAMS.contains(&name) {
            let nearest = PROGRAMS.iter().min_by_key(|known| strsim::levenshtein(known, name));
            let message = format!("the image holds no {text}, which container {} starts", container.name());
            report.add(&command.place, message, format!("write {FOLDER}{}", nearest.unwrap_or(&PROGRAMS[0])));
        }
    }
}

/// Reports a flag that a program does not have.
fn check_flag(contract: &Contract, (word, place): (&str, &Place), report: &mut Report) {
    let name = word.split('=').next().unwrap_or_default();
    if !name.starts_with("--") || name == "--" || COMMON.contains(&name) {
        return;
    }
    let mut known = contract.flags.iter().map(|flag| flag.name.as_str());
    if known.clone().any(|known| known == name) {
        return;
    }
    let nearest = known.by_ref().min_by_key(|known| strsim::levenshtein(known, name));
    let message = format!("{} has no flag {name}", contract.program);
    report.add(place, message, format!("{} is probably meant", nearest.unwrap_or("none")));
}

fn flag(project: &Project, report: &mut Report) {
    for container in project.stacks.iter().flat_map(containers) {
        let Some(contract) = container.program().and_then(|program| project.tree.contract(program)) else {
            continue;
        };
        for word in container.node.items_at("command").iter().chain(container.node.items_at("args")) {
            check_flag(contract, (word.text().unwrap_or_default(), &word.place), report);
        }
    }
    let scripts = project.tree.files.values().filter(|file| {
        let ends = [".sh", ".yml", ".ps1"];
        !file.path.starts_with("deploy/k8s/") && ends.iter().any(|end| file.path.ends_with(end))
    });
    for file in scripts {
        for (number, line) in file.lines().filter(|(_, line)| !line.trim_start().starts_with('#')) {
            for (program, words) in calls(line) {
                let Some(contract) = project.tree.contract(program) else { continue };
                words.iter().for_each(|word| check_flag(contract, (word, &file.place(number)), report));
            }
        }
    }
}

/// The programs that a line calls by their path, with what it gives them.
fn calls(line: &str) -> Vec<(&str, Vec<&str>)> {
    let mut calls: Vec<(&str, Vec<&str>)> = Vec::new();
    for part in line.split(['|', ';', '&', '`']) {
        let mut words = part.split_whitespace().map(|word| word.trim_matches(['"', '\'', ')', '(']));
        let is_call = |word: &str| {
            PROGRAMS.into_iter().find(|program| {
                word.strip_suffix(program)
                    .is_some_and(|folder| folder.ends_with('/') && !folder.contains('='))
            })
        };
        if let Some(program) = words.by_ref().find_map(is_call) {
            let is_flag = |word: &&str| word[2..].starts_with(|c: char| c.is_ascii_lowercase());
            calls.push((program, words.filter(|word| word.starts_with("--")).filter(is_flag).collect()));
        }
    }
    calls
}

fn exit_code(project: &Project, report: &mut Report) {
    for workload in project.stacks.iter().flat_map(workloads) {
        let object = &workload.object.node;
        let Some(policy) = object.at("spec/podFailurePolicy").or_else(|| object.at(CRON_POLICY)) else {
            continue;
        };
        if !workload.pod.get("restartPolicy").is_some_and(|policy| policy.is("Never")) {
            let message = "podFailurePolicy asks for pods that are not restarted in place";
            report.add(workload.pod.place_at("restartPolicy"), message, "set restartPolicy: Never");
        }
        for rule in policy.items_at("rules").iter().filter_map(|rule| rule.get("onExitCodes")) {
            let named = rule.text_at("containerName");
            let mut containers = workload.containers();
            let container = containers.find(|container| named.is_none_or(|name| container.name() == name));
            let Some(container) = container else {
                let message = format!("the pod has no container {}", named.unwrap_or_default());
                report.add(rule.place_at("containerName"), message, "name a container of the pod");
                continue;
            };
            let contract = container.program().and_then(|program| project.tree.contract(program));
            let Some(contract) = contract else { continue };
            let codes: Vec<u64> = contract.exit_codes.iter().map(|known| u64::from(known.code)).collect();
            for value in rule.items_at("values") {
                let code = Node::number(value).unwrap_or_default();
                if code < FIRST_SIGNAL && !codes.contains(&code) {
                    let message = format!("{} never ends with {code}", contract.program);
                    let known: Vec<_> = codes.iter().map(u64::to_string).collect();
                    report.add(&value.place, message, format!("use one of {}", known.join(", ")));
                }
            }
        }
    }
}

/// Where a CronJob says what failures of its pods mean.
const CRON_POLICY: &str = "spec/jobTemplate/spec/podFailurePolicy";

/// Least and greatest value of the fields of a schedule: minute, hour, day, month, weekday.
const FIELDS: [(u32, u32); 5] = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)];

fn schedule(project: &Project, report: &mut Report) {
    for job in project.stacks.iter().flat_map(|stack| stack.of_kind("CronJob")) {
        let text = job.node.text_at("spec/schedule").unwrap_or_default();
        if !is_schedule(text) {
            let message = format!("{text:?} is no schedule");
            let remedy = "write minute, hour, day, month and weekday, such as 0 3 * * 1";
            report.add(job.node.place_at("spec/schedule"), message, remedy);
        }
    }
}

fn is_schedule(text: &str) -> bool {
    if ["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"].contains(&text) {
        return true;
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    let holds = |(field, (least, most)): (&&str, (u32, u32))| {
        field.split(',').all(|part| {
            let (range, step) = part.split_once('/').map_or((part, "1"), |(range, step)| (range, step));
            let bounds = |text: &str| {
                let is_name = text.len() == 3 && text.chars().all(|c| c.is_ascii_alphabetic());
                is_name || text.parse().is_ok_and(|number: u32| (least..=most).contains(&number))
            };
            step.parse().is_ok_and(|step: u32| step > 0) && (range == "*" || range.split('-').all(bounds))
        })
    };
    fields.len() == FIELDS.len() && fields.iter().zip(FIELDS).all(holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_have_five_fields_within_bounds() {
        assert!(
            is_schedule("0 3 * * 1") && is_schedule("*/15 0-5,22 1 JAN mon-fri") && is_schedule("@daily")
        );
        assert!(!is_schedule("0 3 * *") && !is_schedule("0 3 * * 8") && !is_schedule("60 * * * *"));
    }

    #[test]
    fn a_call_is_known_by_the_path_of_its_program() {
        let line = "\"$bin/forecast-train\" --config x --json | tee forecast-train --append";
        assert_eq!(calls(line), [("forecast-train", vec!["--config", "--json"])]);
        assert!(calls("cargo build -p forecast-train --features forecast-train/cloud").is_empty());
    }
}
