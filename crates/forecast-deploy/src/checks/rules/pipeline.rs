//! The pipelines: what they promise is there, and what they call exists.

use super::super::finding::Report;
use super::super::rule::{Project, Rule, RuleGroup};
use super::super::tree::{Mode, SourceFile};
use super::super::yaml::Node;

pub(super) const GROUP: RuleGroup = RuleGroup {
    title: "Pipelines",
    rules: &[
        Rule {
            id: "pipeline-stages",
            holds: "The stages Build, Test and Deploy are there, in this order.",
            check: stages,
        },
        Rule {
            id: "pipeline-trigger",
            holds: "Pushes to main and develop start the pipeline.",
            check: trigger,
        },
        Rule {
            id: "pipeline-paths",
            holds: "Every path that starts a pipeline exists, and code and deployment are among them.",
            check: paths,
        },
        Rule {
            id: "pipeline-scripts",
            holds: "Every script that a pipeline calls exists and can be run.",
            check: scripts,
        },
        Rule {
            id: "pipeline-connections",
            holds: "One service connection for the registry and one for the cluster are used, each by one name.",
            check: connections,
        },
        Rule {
            id: "pipeline-deploy",
            holds: "Only main is deployed, and only what was built and tested.",
            check: deploy,
        },
        Rule {
            id: "pipeline-rollback",
            holds: "A deployment waits for its rollout and is undone where it fails.",
            check: rollback,
        },
        Rule {
            id: "pipeline-variable",
            holds: "Every variable that the pipeline uses is defined.",
            check: variable,
        },
        Rule { id: "workflow-pinned", holds: "Actions of GitHub workflows name a version.", check: pinned },
    ],
};

const AZURE: &str = "ci/azure-pipelines.yml";
const STAGES: [&str; 3] = ["Build", "Test", "Deploy"];
const BRANCHES: [&str; 2] = ["main", "develop"];

fn azure(project: &Project) -> Option<(&SourceFile, &Node)> {
    let file = project.tree.file(AZURE)?;
    Some((file, file.documents.first()?))
}

/// Every pipeline file, of Azure and of GitHub.
fn pipelines(project: &Project) -> impl Iterator<Item = &SourceFile> {
    project
        .tree
        .files
        .values()
        .filter(|file| file.path == AZURE || file.path.starts_with(".github/workflows/"))
}

fn stage<'a>(document: &'a Node, name: &str) -> Option<&'a Node> {
    document.items_at("stages").iter().find(|stage| stage.text_at("stage") == Some(name))
}

fn stages(project: &Project, report: &mut Report) {
    let Some((_, document)) = azure(project) else { return };
    let names: Vec<&str> =
        document.items_at("stages").iter().filter_map(|stage| stage.text_at("stage")).collect();
    let mut places = Vec::new();
    for wanted in STAGES {
        match names.iter().position(|name| *name == wanted) {
            Some(position) => places.push(position),
            None => report.add(
                document.place_at("stages"),
                format!("there is no stage {wanted}"),
                format!("name the stages {}", STAGES.join(", ")),
            ),
        }
    }
    if !places.is_sorted() {
        report.add(
            document.place_at("stages"),
            "the stages are out of order",
            format!("put them in the order {}", STAGES.join(", ")),
        );
    }
}

fn trigger(project: &Project, report: &mut Report) {
    let Some((_, document)) = azure(project) else { return };
    let included = document.items_at("trigger/branches/include");
    for branch in BRANCHES.iter().filter(|branch| !included.iter().any(|item| item.is(branch))) {
        let message = format!("pushes to {branch} do not start the pipeline");
        report.add(
            document.place_at("trigger/branches/include"),
            message,
            format!("add {branch} to trigger.branches.include"),
        );
    }
}

fn paths(project: &Project, report: &mut Report) {
    for document in pipelines(project).flat_map(|file| &file.documents) {
        document.walk("", &mut |key, node| {
            let filters = match key {
                "paths" if !node.items_at("include").is_empty() => node.items_at("include"),
                "paths" => node.items(),
                _ => return,
            };
            for item in filters {
                let path = item.text().unwrap_or_default();
                let plain = path.trim_start_matches('!').split('*').next().unwrap_or_default();
                if !plain.is_empty() && !project.tree.exists(plain.trim_end_matches('/')) {
                    let message = format!("there is nothing at {path}, so it never starts the pipeline");
                    report.add(&item.place, message, "name a file or folder of the repository");
                }
            }
            let starts = |wanted: &str| {
                filters.iter().any(|item| item.text().is_some_and(|path| path.starts_with(wanted)))
            };
            for wanted in
                ["crates", "bins", "deploy"].iter().filter(|wanted| !filters.is_empty() && !starts(wanted))
            {
                report.add(
                    &node.place,
                    format!("changes in {wanted} do not start the pipeline"),
                    format!("add {wanted} to the paths"),
                );
            }
        });
    }
}

fn scripts(project: &Project, report: &mut Report) {
    for file in pipelines(project) {
        for (number, line) in file.lines().filter(|(_, line)| !line.trim_start().starts_with('#')) {
            let words = line.split(|c: char| c.is_whitespace() || "\"'$();&|".contains(c));
            for word in words.map(|word| word.trim_start_matches("./")) {
                let is_script =
                    ["ci/", "deploy/docker/", "mlflow-server/"].iter().any(|folder| word.starts_with(folder))
                        && [".sh", ".py", ".ps1"].iter().any(|end| word.ends_with(end));
                if !is_script {
                    continue;
                }
                match project.tree.file(word) {
                    None => report.add(
                        &file.place(number),
                        format!("there is no {word}"),
                        "mend the path, or write the script",
                    ),
                    Some(script)
                        if script.mode == Mode::Plain
                            && word.ends_with(".sh")
                            && !line.contains("bash ci/") =>
                    {
                        report.add(
                            &file.place(number),
                            format!("{word} cannot be run"),
                            format!("git update-index --chmod=+x {word}"),
                        );
                    }
                    Some(_) => {}
                }
            }
        }
    }
}

/// The guide's names; who takes others takes one for the registry and one for the cluster.
fn connections(project: &Project, report: &mut Report) {
    let Some((_, document)) = azure(project) else { return };
    let registry = ["containerRegistry"].as_slice();
    let cluster = ["kubernetesServiceEndpoint", "kubernetesServiceConnection"].as_slice();
    for (fields, guide) in [(registry, "ACR-Connection"), (cluster, "AKS-Prod")] {
        let mut used: Vec<&Node> = Vec::new();
        document.walk("", &mut |key, node| {
            if fields.contains(&key) {
                used.push(node);
            }
        });
        let count = |name: &Node| used.iter().filter(|other| other.text() == name.text()).count();
        let wanted =
            used.iter().max_by_key(|node| (count(node), node.is(guide))).and_then(|node| node.text());
        for node in used.iter().filter(|node| node.text() != wanted) {
            let (name, wanted) = (node.text().unwrap_or_default(), wanted.unwrap_or_default());
            let message = format!("the service connection {name:?} stands beside {wanted:?}");
            report.add(&node.place, message, format!("write {wanted} everywhere; the guide's is {guide}"));
        }
        if used.is_empty() {
            report.add(
                &document.place,
                format!("nothing uses a service connection such as {guide}"),
                "log in with it before the image is pushed or the cluster changed",
            );
        }
    }
}

fn deploy(project: &Project, report: &mut Report) {
    let Some(stage) = azure(project).and_then(|(_, document)| stage(document, "Deploy")) else { return };
    let needs = stage.items_at("dependsOn");
    for wanted in ["Build", "Test"].iter().filter(|wanted| !needs.iter().any(|item| item.is(wanted))) {
        let message = format!("Deploy does not wait for {wanted}");
        report.add(stage.place_at("dependsOn"), message, "write dependsOn: [Build, Test]");
    }
    let condition = stage.text_at("condition").unwrap_or_default();
    let remedy = "write condition: and(succeeded(), eq(variables['Build.SourceBranch'], 'refs/heads/main'))";
    if !condition.contains("'refs/heads/main'") {
        report.add(stage.place_at("condition"), "Deploy runs on every branch", remedy);
    } else if !condition.contains("succeeded()") {
        report.add(stage.place_at("condition"), "Deploy runs after failures too", remedy);
    }
}

/// Scripts are looked into: what they do is what the pipeline does.
fn rollback(project: &Project, report: &mut Report) {
    let Some(stage) = azure(project).and_then(|(_, document)| stage(document, "Deploy")) else { return };
    let mut texts = String::new();
    stage.walk("", &mut |_, node| texts.push_str(&format!("{}\n", node.text().unwrap_or_default())));
    let called: Vec<&SourceFile> = project
        .tree
        .under("ci/")
        .filter(|file| file.path.ends_with(".sh") && texts.contains(&file.path))
        .collect();
    for (words, remedy) in [
        ("rollout status", "wait with kubectl rollout status"),
        ("rollout undo", "go back with kubectl rollout undo where the rollout or the smoke test fails"),
    ] {
        if !texts.contains(words) && !called.iter().any(|file| file.text.contains(words)) {
            report.add(
                &stage.place,
                format!("Deploy never does {words}"),
                format!("{remedy}, in ci/deploy.sh"),
            );
        }
    }
}

/// Names that Azure itself defines.
const PREDEFINED: [&str; 6] = ["Agent.", "Build.", "Pipeline.", "System.", "Environment.", "Date:"];

fn variable(project: &Project, report: &mut Report) {
    let Some((_, document)) = azure(project) else { return };
    let mut defined: Vec<String> = Vec::new();
    document.walk("", &mut |key, node| {
        if key == "variables" {
            defined.extend(node.entries().iter().map(|entry| entry.key.clone()));
            defined.extend(node.items().iter().filter_map(|item| item.text_at("name")).map(str::to_owned));
        }
        // The outputs of a named step.
        if let Some(step) = node.text_at("name")
            && let Some(script) = node.text_at("bash")
        {
            let outputs = script.split("task.setvariable variable=").skip(1);
            defined.extend(
                outputs.filter_map(|rest| rest.split(';').next()).map(|output| format!("{step}.{output}")),
            );
        }
    });
    document.walk("", &mut |key, node| {
        let Some(text) = node.text().filter(|_| !["bash", "script", "pwsh"].contains(&key)) else { return };
        for used in text.split("$(").skip(1).filter_map(|rest| rest.split(')').next()) {
            let is_known = PREDEFINED.iter().any(|prefix| used.starts_with(prefix))
                || used.starts_with("Rev:")
                || defined.iter().any(|name| name == used);
            if !is_known {
                let message = format!("nothing defines the variable {used}");
                let nearest = defined.iter().min_by_key(|name| strsim::levenshtein(name, used));
                let remedy = nearest.map_or("define it under variables".to_owned(), |name| {
                    format!("define it, or use {name}")
                });
                report.add(&node.place, message, remedy);
            }
        }
    });
}

fn pinned(project: &Project, report: &mut Report) {
    for document in project.tree.under(".github/workflows/").flat_map(|file| &file.documents) {
        document.walk("", &mut |key, node| {
            let Some(action) = node.text().filter(|text| key == "uses" && !text.starts_with("./")) else {
                return;
            };
            let version = action.split_once('@').map(|(_, version)| version);
            if !version.is_some_and(|version| {
                !["main", "master", "latest"].contains(&version) && !version.is_empty()
            }) {
                report.add(
                    &node.place,
                    format!("the action {action} is another one tomorrow"),
                    "name a version after @",
                );
            }
        });
    }
}
