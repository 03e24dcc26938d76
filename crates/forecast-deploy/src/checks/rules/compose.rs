//! Compose files: settings agree within them, nothing secret has a default, and containers may do little.

use super::super::finding::{Place, Report};
use super::super::rule::{Project, Rule, RuleGroup};
use super::super::tree::SourceFile;
use super::super::yaml::{Entry, Node};

pub(super) const GROUP: RuleGroup = RuleGroup {
    title: "Compose files",
    rules: &[
        Rule { id: "compose-health", holds: "Every service says how to see that it is well.", check: health },
        Rule {
            id: "compose-depends",
            holds: "Services that others wait for exist, and are waited for until they are well.",
            check: depends,
        },
        Rule {
            id: "compose-secret",
            holds: "Passwords, keys and tokens come from outside and have no default.",
            check: secret,
        },
        Rule {
            id: "compose-volume",
            holds: "Named volumes are declared and used; mounted files exist.",
            check: volume,
        },
        Rule { id: "compose-network", holds: "Networks that services join are declared.", check: network },
        Rule {
            id: "compose-port",
            holds: "The port that MLflow listens at is the one that is published and asked for its health.",
            check: port,
        },
        Rule {
            id: "compose-database",
            holds: "MLflow's database, user and host are those of the PostgreSQL service.",
            check: database,
        },
        Rule {
            id: "compose-version",
            holds: "MLflow's version is the same in image, manifests and requirements.",
            check: version,
        },
        Rule {
            id: "compose-policy",
            holds: "Services restart, run as a user, and may neither write their root file system nor gain rights.",
            check: policy,
        },
        Rule { id: "compose-login", holds: "In production MLflow asks who it is that asks.", check: login },
        Rule {
            id: "compose-exposed",
            holds: "Without logins, ports are published to this machine only.",
            check: exposed,
        },
    ],
};

const FOLDER: &str = "mlflow-server";
const PRODUCTION: &str = "mlflow-server/docker-compose.prod.yml";
const MAIN: &str = "mlflow-server/docker-compose.yml";

/// Every compose file.
pub(super) fn files(project: &Project) -> impl Iterator<Item = &SourceFile> {
    project.tree.files.values().filter(|file| {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        name.starts_with("docker-compose") && name.ends_with(".yml")
    })
}

fn services(project: &Project) -> impl Iterator<Item = &Entry> {
    files(project).flat_map(|file| &file.documents).flat_map(|document| document.entries_at("services"))
}

/// Services that are described as a whole; others change one of another file.
fn whole(project: &Project) -> impl Iterator<Item = &Entry> {
    services(project)
        .filter(|service| service.node.get("image").is_some() || service.node.get("build").is_some())
}

fn main_service<'a>(project: &'a Project, name: &str) -> Option<&'a Node> {
    project.tree.file(MAIN)?.documents.first()?.at("services")?.get(name)
}

fn health(project: &Project, report: &mut Report) {
    for service in whole(project).filter(|service| service.node.at("healthcheck/test").is_none()) {
        let message = format!("service {} has no healthcheck", service.key);
        report.add(&service.place, message, "add healthcheck.test, so that others can wait for it");
    }
}

fn depends(project: &Project, report: &mut Report) {
    let known: Vec<&str> = services(project).map(|service| service.key.as_str()).collect();
    for service in services(project) {
        let Some(wanted) = service.node.get("depends_on") else { continue };
        for entry in wanted.entries().iter().filter(|entry| known.contains(&entry.key.as_str())) {
            if let Some(condition) =
                entry.node.get("condition").filter(|condition| condition.is("service_started"))
            {
                let message = format!("service {} does not wait until {} is well", service.key, entry.key);
                report.add(&condition.place, message, "write condition: service_healthy");
            }
        }
        let maps = wanted.entries().iter().map(|entry| (entry.key.as_str(), &entry.place));
        let lists = wanted.items().iter().filter_map(|item| Some((item.text()?, &item.place)));
        for (name, place) in maps.chain(lists).filter(|(name, _)| !known.contains(name)) {
            let message = format!("service {} waits for {name}, which does not exist", service.key);
            report.add(place, message, format!("name one of {}", known.join(", ")));
        }
    }
}

/// The variables of a service with their values, in either form that compose has.
fn environment(service: &Node) -> impl Iterator<Item = (&str, &str, &Place)> {
    let map = service.entries_at("environment").iter();
    let map = map.map(|entry| (entry.key.as_str(), entry.node.text().unwrap_or_default(), &entry.node.place));
    let list = service.items_at("environment").iter();
    map.chain(
        list.filter_map(|item| item.text()?.split_once('=').map(|(name, value)| (name, value, &item.place))),
    )
}

fn secret(project: &Project, report: &mut Report) {
    for service in services(project) {
        for (name, value, place) in environment(&service.node) {
            let from_outside = value.starts_with("${") && value.contains(":?");
            if super::keys::is_open_secret(name, value) && !from_outside {
                let message = format!("{name} of service {} has a value in the file", service.key);
                let remedy = format!("write ${{{name}:?is not set}}, so that nothing starts without one");
                report.add(place, message, remedy);
            }
        }
    }
}

/// The sources of a service's volumes with their places.
fn sources(service: &Entry) -> impl Iterator<Item = (&str, &Node)> {
    let volumes = service.node.items_at("volumes").iter();
    volumes.filter_map(|volume| Some((volume.text()?.split(':').next()?, volume)))
}

/// What the set-up makes, so that it need not be in the repository.
const MADE_BY_SETUP: [&str; 2] = ["./mlartifacts", "./tls"];

fn volume(project: &Project, report: &mut Report) {
    for file in files(project) {
        let Some(document) = file.documents.first() else { continue };
        let declared: Vec<&str> =
            document.entries_at("volumes").iter().map(|entry| entry.key.as_str()).collect();
        let mut used = Vec::new();
        for (source, node) in document.entries_at("services").iter().flat_map(sources) {
            used.push(source);
            if let Some(path) = source.strip_prefix("./") {
                if !MADE_BY_SETUP.contains(&source) && !project.tree.exists(&format!("{FOLDER}/{path}")) {
                    let message = format!("there is no {FOLDER}/{path} to mount");
                    report.add(
                        &node.place,
                        message,
                        "mend the path; compose would make an empty folder in its place",
                    );
                }
            } else if !source.starts_with(['/', '$', '~']) && !declared.contains(&source) {
                let message = format!("the volume {source} is not declared");
                report.add(&node.place, message, format!("add {source} to volumes at the end of the file"));
            }
        }
        for entry in document.entries_at("volumes").iter().filter(|entry| !used.contains(&entry.key.as_str()))
        {
            report.add(
                &entry.place,
                format!("no service uses the volume {}", entry.key),
                "remove it, or mount it",
            );
        }
    }
}

fn network(project: &Project, report: &mut Report) {
    let declared: Vec<&str> = files(project)
        .flat_map(|file| &file.documents)
        .flat_map(|document| document.entries_at("networks"))
        .map(|entry| entry.key.as_str())
        .collect();
    for item in services(project).flat_map(|service| service.node.items_at("networks")) {
        let name = item.text().unwrap_or_default();
        if name != "default" && !declared.contains(&name) {
            report.add(
                &item.place,
                format!("the network {name} is not declared"),
                "add it to networks at the end of the file",
            );
        }
    }
}

/// The default of `${NAME:-default}`, or the text itself.
fn resolved(text: &str) -> &str {
    let inner = text.strip_prefix("${").and_then(|text| text.strip_suffix('}'));
    inner.and_then(|inner| inner.split_once(":-")).map_or(text, |(_, default)| default)
}

fn port(project: &Project, report: &mut Report) {
    let Some(mlflow) = main_service(project, "mlflow-server") else { return };
    let Some(listened) = mlflow.at("environment/MLFLOW_PORT") else { return };
    let port = listened.text().unwrap_or_default();
    let published = mlflow.items_at("ports");
    for item in published {
        let target = item.text().and_then(|text| text.rsplit(':').next()).unwrap_or_default();
        if target != port {
            let message =
                format!("port {target} of the container is published, and MLflow listens at {port}");
            report.add(&item.place, message, format!("publish …:{port}, as MLFLOW_PORT says"));
        }
    }
    for item in mlflow.items_at("healthcheck/test") {
        let asked = item.text().and_then(|text| text.split("127.0.0.1:").nth(1));
        if asked.is_some_and(|rest| !rest.starts_with(&format!("{port}/"))) {
            let message = format!("the health check asks another port than {port}, where MLflow listens");
            report.add(&item.place, message, format!("ask http://127.0.0.1:{port}/health"));
        }
    }
    let services = project.stacks.iter().filter_map(|stack| stack.find("Service", "mlflow-server"));
    for known in services.flat_map(|service| service.node.items_at("spec/ports")).take(1) {
        if known.text_at("port") != Some(port) {
            let message = format!("MLflow listens at {port} here and is at another port in the cluster");
            report.add(&listened.place, message, "use port 5000 in both, as every guide says");
        }
    }
}

fn database(project: &Project, report: &mut Report) {
    let (Some(mlflow), Some(postgres)) =
        (main_service(project, "mlflow-server"), main_service(project, "postgres"))
    else {
        return;
    };
    for (ours, theirs) in
        [("PGDATABASE", "POSTGRES_DB"), ("PGUSER", "POSTGRES_USER"), ("PGPASSWORD", "POSTGRES_PASSWORD")]
    {
        let value = |node: &Node, name: &str| {
            node.text_at(&format!("environment/{name}")).map(resolved).map(str::to_owned)
        };
        let (used, made) = (value(mlflow, ours), value(postgres, theirs));
        if used != made {
            let message = format!("{ours} of mlflow-server is not what {theirs} of postgres makes");
            let remedy = format!("write the same value for {ours} and {theirs}");
            report.add(mlflow.place_at(&format!("environment/{ours}")), message, remedy);
        }
    }
    if let Some(host) = mlflow.at("environment/PGHOST")
        && main_service(project, resolved(host.text().unwrap_or_default())).is_none()
    {
        let message = format!("there is no service {}", resolved(host.text().unwrap_or_default()));
        report.add(&host.place, message, "write ${MLFLOW_PGHOST:-postgres}");
    }
}

fn version(project: &Project, report: &mut Report) {
    let requirements = project.tree.file("mlflow-server/requirements.txt");
    let pinned =
        requirements.and_then(|file| file.lines().find_map(|(_, line)| line.strip_prefix("mlflow==")));
    let Some(pinned) = pinned.and_then(|line| line.split_whitespace().next()) else { return };
    let composed = services(project).filter_map(|service| service.node.get("image"));
    let applied = project.stacks.iter().flat_map(super::super::workload::containers);
    for image in composed.chain(applied.filter_map(|container| container.node.get("image"))) {
        let Some((name, tag)) = image.text().and_then(|text| text.rsplit_once(':')) else { continue };
        if name.ends_with("/mlflow-server") && tag != pinned {
            let message =
                format!("the image is of MLflow {tag}, and mlflow-server/requirements.txt installs {pinned}");
            report.add(&image.place, message, format!("write {name}:{pinned}"));
        }
    }
}

fn policy(project: &Project, report: &mut Report) {
    for service in whole(project) {
        let node = &service.node;
        let user = node.text_at("user").unwrap_or("0");
        let demands = [
            (
                "user",
                !["0", "root", "0:0"].contains(&user),
                "runs as root",
                "set user to the image's own, such as 999:999",
            ),
            (
                "restart",
                node.get("restart").is_some(),
                "does not come back after a failure",
                "set restart: unless-stopped",
            ),
            (
                "read_only",
                node.get("read_only").is_some_and(|flag| flag.is("true")),
                "can write to its root file system",
                "set read_only: true",
            ),
            (
                "cap_drop",
                node.items_at("cap_drop").iter().any(|name| name.is("ALL")),
                "keeps capabilities of the kernel",
                "set cap_drop: [ALL]",
            ),
            (
                "security_opt",
                node.items_at("security_opt").iter().any(|option| option.is("no-new-privileges:true")),
                "can gain privileges",
                "set security_opt: [\"no-new-privileges:true\"]",
            ),
        ];
        if let Some(flag) = node.get("privileged").filter(|flag| flag.is("true")) {
            report.add(&flag.place, format!("service {} is privileged", service.key), "remove privileged");
        }
        for volume in node
            .items_at("volumes")
            .iter()
            .filter(|volume| volume.text().is_some_and(|text| text.contains("docker.sock")))
        {
            let message = format!("service {} governs the engine, and so the machine", service.key);
            report.add(&volume.place, message, "remove the volume");
        }
        for (field, _, problem, remedy) in demands.into_iter().filter(|(_, holds, _, _)| !holds) {
            let place = node.get(field).map_or(&service.place, |node| &node.place);
            report.add(place, format!("service {} {problem}", service.key), remedy);
        }
    }
}

fn login(project: &Project, report: &mut Report) {
    let document = project.tree.file(PRODUCTION).and_then(|file| file.documents.first());
    let Some(service) = document.and_then(|document| document.at("services/mlflow-server")) else { return };
    let command = service.get("command");
    let words = command.map(|command| command.to_json().to_string()).unwrap_or_default();
    if !words.contains("--app-name") || !words.contains("basic-auth") {
        let place = service.place_at("command");
        report.add(
            place,
            "everybody could change every model",
            "write command: [mlflow, server, --app-name, basic-auth]",
        );
    }
}

fn exposed(project: &Project, report: &mut Report) {
    let Some(document) = project.tree.file(MAIN).and_then(|file| file.documents.first()) else { return };
    for service in document.entries_at("services") {
        for port in service.node.items_at("ports") {
            if !port.text().is_some_and(|text| text.starts_with("127.0.0.1:")) {
                let message = format!(
                    "service {} is published to every network, and nobody has to log in",
                    service.key
                );
                report.add(
                    &port.place,
                    message,
                    "write 127.0.0.1: before the port; docker-compose.prod.yml opens it with TLS and logins",
                );
            }
        }
    }
}
