//! Images: pinned, and the same everywhere.

use super::super::finding::{Place, Report};
use super::super::rule::{Project, Rule, RuleGroup};
use super::super::tree::SourceFile;
use super::super::workload::{Container, containers};

pub(super) const GROUP: RuleGroup = RuleGroup {
    title: "Images",
    rules: &[
        Rule {
            id: "image-pinned",
            holds: "Every image names a version, and none is `latest`.",
            check: pinned,
        },
        Rule {
            id: "image-agrees",
            holds: "The service's image has one name everywhere and one version in the base and its options: base/deployment.yaml's.",
            check: agrees,
        },
        Rule {
            id: "dockerfile",
            holds: "The image holds all programs, runs as its own user, at the server's port, with settings that the programs read.",
            check: dockerfile,
        },
    ],
};

/// What the other manifests follow.
const BASE: &str = "deploy/k8s/base";

const DOCKERFILE: &str = "deploy/docker/Dockerfile";

/// Every image that an object, a compose file or a kustomization names, with its place.
fn images(project: &Project) -> Vec<(String, Place)> {
    let mut images = Vec::new();
    for container in project.stacks.iter().flat_map(containers) {
        if let Some(image) = container.node.get("image").filter(|image| image.text().is_some()) {
            images.push((container.image().to_owned(), image.place.clone()));
        }
    }
    for file in super::compose::files(project) {
        for service in file.documents.iter().flat_map(|document| document.entries_at("services")) {
            if let Some(image) = service.node.get("image") {
                images.push((image.text().unwrap_or_default().to_owned(), image.place.clone()));
            }
        }
    }
    for file in project.tree.files.values().filter(|file| file.path.ends_with("kustomization.yaml")) {
        for image in file.documents.iter().flat_map(|document| document.items_at("images")) {
            let name = image.text_at("newName").or_else(|| image.text_at("name")).unwrap_or_default();
            if let Some(tag) = image.get("newTag") {
                images.push((format!("{name}:{}", tag.text().unwrap_or_default()), tag.place.clone()));
            }
        }
    }
    images
}

fn pinned(project: &Project, report: &mut Report) {
    for (image, place) in images(project) {
        let tag = image.rsplit_once(':').map(|(_, tag)| tag).filter(|tag| !tag.contains('/'));
        if image.contains("@sha256:") || image.contains("${") || tag.is_some_and(|tag| tag != "latest") {
            continue;
        }
        let message = format!("the image {image} is another one tomorrow");
        report.add(&place, message, "name a version: image:1.2.3");
    }
}

/// The image of the base, which everything else follows; an overlay may take another.
fn wanted(project: &Project) -> Option<&str> {
    let base = project.stacks.iter().find(|stack| stack.folder == BASE)?;
    containers(base).find(|container| container.is_ours()).map(Container::image)
}

fn agrees(project: &Project, report: &mut Report) {
    let Some(wanted) = wanted(project) else { return };
    for container in project.stacks.iter().flat_map(containers).filter(|container| container.is_ours()) {
        if container.image() != wanted {
            let message = format!("the image {} is not that of the API", container.image());
            report.add(container.node.place_at("image"), message, format!("write {wanted}"));
        }
    }
    let repository = wanted.rsplit_once(':').map_or(wanted, |(name, _)| name);
    let known: Vec<&str> = repository.split(['/', '.']).collect();
    for file in project.tree.files.values().filter(|file| names_images(&file.path)) {
        for (number, line) in file.lines() {
            for owner in owners(line).filter(|owner| !known.contains(owner) && !owner.contains('$')) {
                let message = format!("{owner} is not where the service's image is");
                report.add(&file.place(number), message, format!("write {repository}, as {BASE} does"));
            }
        }
    }
}

/// Scripts, pipelines and the Dockerfile name the image in their texts.
fn names_images(path: &str) -> bool {
    path.starts_with("deploy/docker/") || path.starts_with(".github/") || path.starts_with("ci/")
}

/// What stands before the name of the image, or of a registry, in a line.
fn owners(line: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || "-_.$}".contains(c);
    let words = line.split(|c: char| c.is_whitespace() || "\"'=<>(),".contains(c));
    words.filter_map(move |word| {
        let is_image = word.contains("/forecast-service:") || word.ends_with("/forecast-service");
        let (before, _) = if word.contains(".azurecr.io") {
            word.split_once(".azurecr.io")?
        } else if is_image && !["deployment/", "service/", "licenses/"].iter().any(|kind| word.contains(kind))
        {
            word.split_once("/forecast-service")?
        } else {
            return None;
        };
        before
            .rsplit(|c: char| !is_part(c))
            .next()
            .map(|owner| owner.trim_start_matches('-'))
            .filter(|owner| !owner.is_empty())
    })
}

fn dockerfile(project: &Project, report: &mut Report) {
    let Some(file) = project.tree.file(DOCKERFILE) else { return };
    let contract = project.tree.contract("forecast-api");
    let port = contract.and_then(|contract| contract.http.as_ref()).map(|http| http.port.to_string());
    let last = |word: &str| {
        let lines = file.lines().filter_map(|(number, line)| Some((number, line.strip_prefix(word)?.trim())));
        lines.last()
    };
    match last("USER ") {
        Some((_, "65532:65532")) => {}
        found => {
            let place = file.place(found.map_or(1, |(number, _)| number));
            report.add(
                &place,
                "the image does not run as user 65532",
                "end with USER 65532:65532, as the manifests expect",
            );
        }
    }
    if let (Some((number, exposed)), Some(port)) = (last("EXPOSE "), port.as_deref())
        && exposed != port
    {
        let message = format!("the image exposes {exposed}, and the server's port is {port}");
        report.add(&file.place(number), message, format!("write EXPOSE {port}"));
    }
    if last("ENTRYPOINT ").is_none_or(|(_, program)| program != "[\"/usr/local/bin/forecast-api\"]") {
        let place = file.place_of("ENTRYPOINT");
        let remedy = "write ENTRYPOINT [\"/usr/local/bin/forecast-api\"]; the manifests rely on it";
        report.add(&place, "the image does not start forecast-api", remedy);
    }
    contents(project, file, report);
    for (number, line) in file.lines() {
        let words = line.trim().trim_start_matches("ENV ").trim_end_matches('\\').split_whitespace();
        for (name, value) in words.filter_map(|word| word.split_once('=')) {
            let is_setting = ["FORECAST_", "OTEL_", "MLFLOW_"].iter().any(|prefix| name.starts_with(prefix));
            let Some(contract) = contract.filter(|_| is_setting) else { continue };
            if !contract.reads(name) {
                let message = format!("forecast-api does not read {name}, which the image sets");
                report.add(
                    &file.place(number),
                    message,
                    "use a variable of deploy/contract/forecast-api.json",
                );
            } else if let Some(Err(expected)) =
                contract.variable(name).map(|variable| variable.value.check(value))
            {
                let message = format!("forecast-api does not take {value} for {name}");
                report.add(&file.place(number), message, format!("make it {expected}"));
            }
        }
    }
}

/// The compiler, the programs, and how they are reached and stopped.
fn contents(project: &Project, file: &SourceFile, report: &mut Report) {
    let find = |words: &str| file.lines().find(|(_, line)| !line.starts_with('#') && line.contains(words));
    if let (Some((number, line)), Some(wanted)) = (find("library/rust:"), project.tree.toolchain())
        && !line.contains(&format!("rust:{wanted}-"))
    {
        let message = format!("the image is built by another compiler than {wanted} of rust-toolchain.toml");
        report.add(&file.place(number), message, format!("write rust:{wanted}-bookworm"));
    }
    for program in ["forecast-api", "forecast-train", "forecast-promote"] {
        let is_built =
            file.text.split_whitespace().collect::<Vec<_>>().windows(2).any(|pair| pair == ["-p", program]);
        if !is_built {
            let message = format!("the image is built without {program}");
            report.add(&file.place_of("cargo build"), message, format!("build it with -p {program}"));
        }
    }
    if let Some((number, line)) = find("STOPSIGNAL ").filter(|(_, line)| line.trim() != "STOPSIGNAL SIGTERM")
    {
        let message = format!("{} cuts requests off: the server drains after SIGTERM", line.trim());
        report.add(&file.place(number), message, "write STOPSIGNAL SIGTERM");
    }
    if let Some((number, _)) = find("FORECAST_BIND=127.").or_else(|| find("FORECAST_BIND=localhost")) {
        let message = "the server in the image listens on loopback, where nobody reaches it";
        report.add(&file.place(number), message, "write FORECAST_BIND=0.0.0.0:8080");
    }
    if let Some((number, _)) = find("HEALTHCHECK ").filter(|_| find("FROM scratch").is_some()) {
        let message = "the image holds no shell and no curl to check its health with";
        report.add(&file.place(number), message, "leave it to the probes of base/deployment.yaml");
    }
}
