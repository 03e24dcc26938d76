//! Images: pinned, and the same everywhere.

use super::super::finding::{Place, Report};
use super::super::rule::{Project, Rule, RuleGroup};
use super::super::workload::{IMAGE, containers};

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
            holds: "The service's image has one name and one version everywhere: the workspace's.",
            check: agrees,
        },
        Rule {
            id: "dockerfile",
            holds: "The image runs as its own user, at the server's port, with settings that the programs read.",
            check: dockerfile,
        },
    ],
};

/// The registry that the cluster takes images from.
const REGISTRY: &str = "luxuryhouse.azurecr.io";

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

fn agrees(project: &Project, report: &mut Report) {
    let wanted = format!("{REGISTRY}/{IMAGE}:{}", project.tree.version());
    let local = format!("{IMAGE}:{}", project.tree.version());
    for (image, place) in images(project) {
        let is_ours = image.contains("forecast-service");
        if is_ours && image != wanted && image != local {
            report.add(
                &place,
                format!("the image {image} is not the one that is built and pushed"),
                format!("write {wanted}"),
            );
        }
    }
    for file in project.tree.files.values().filter(|file| names_images(&file.path)) {
        for (number, line) in file.lines() {
            for owner in
                owners(line).filter(|owner| !owner.starts_with("luxuryhouse") && !owner.contains('$'))
            {
                let message = format!("{owner} is not where the service's image is");
                report.add(&file.place(number), message, format!("write {REGISTRY}/{IMAGE}"));
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
