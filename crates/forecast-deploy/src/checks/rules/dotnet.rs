//! The .NET caller's settings: the address that the manifests give it, and the policy of the guide.

use super::super::finding::Report;
use super::super::rule::{Project, Rule, RuleGroup};
use super::super::yaml::Node;

pub(super) const GROUP: RuleGroup = RuleGroup {
    title: "The .NET caller",
    rules: &[
        Rule {
            id: "dotnet-address",
            holds: "The caller's address is ML_SERVICE_URL of forecast-config, which is the Service's.",
            check: address,
        },
        Rule {
            id: "dotnet-policy",
            holds: "Three attempts with exponential backoff; the circuit opens after 5 failures for 30 seconds; every key is read.",
            check: policy,
        },
    ],
};

const SETTINGS: &str = "deploy/dotnet/appsettings.Production.json";

/// The guide's policy. Source: the deployment guide, "Retry Policy et Circuit Breaker".
const POLICY: [(&str, &str); 4] = [
    ("RetryPolicy/MaxAttempts", "3"),
    ("RetryPolicy/BackoffType", "Exponential"),
    ("CircuitBreaker/FailuresBeforeOpening", "5"),
    ("CircuitBreaker/DurationOfBreakSeconds", "30"),
];

fn section(project: &Project) -> Option<&Node> {
    project.tree.file(SETTINGS)?.documents.first()?.get("MLService")
}

fn address(project: &Project, report: &mut Report) {
    let base = project.stacks.iter().find(|stack| stack.folder == "deploy/k8s/base");
    let wanted = base.and_then(|stack| stack.find("ConfigMap", "forecast-config"));
    let wanted = wanted.and_then(|map| map.node.at("data")?.text_at("ML_SERVICE_URL"));
    let (Some(wanted), Some(section)) = (wanted, section(project)) else { return };
    if section.text_at("BaseUrl") != Some(wanted) {
        let message = "MLService.BaseUrl is not ML_SERVICE_URL of forecast-config";
        report.add(section.place_at("BaseUrl"), message, format!("write {wanted}"));
    }
}

/// What the caller's code reads, by section.
const KEYS: [(&str, &[&str]); 3] = [
    ("", &["BaseUrl", "TimeoutSeconds", "AttemptTimeoutSeconds", "RetryPolicy", "CircuitBreaker"]),
    ("RetryPolicy", &["MaxAttempts", "BackoffType", "FirstDelaySeconds", "MaxDelaySeconds", "UseJitter"]),
    ("CircuitBreaker", &["FailuresBeforeOpening", "DurationOfBreakSeconds"]),
];

/// Keys that nobody reads, and times that leave no room for one attempt.
fn timeouts(section: &Node, report: &mut Report) {
    for (part, known) in KEYS {
        let entries = if part.is_empty() { section.entries() } else { section.entries_at(part) };
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let nearest = known.iter().min_by_key(|name| strsim::levenshtein(name, &entry.key));
            let message = format!("the caller reads no {}", entry.key);
            report.add(&entry.place, message, format!("{} is probably meant", nearest.unwrap_or(&"nothing")));
        }
    }
    let seconds = |name: &str| section.get(name).and_then(Node::number);
    if let (Some(all), Some(one)) = (seconds("TimeoutSeconds"), seconds("AttemptTimeoutSeconds"))
        && all < one
    {
        let message = format!("TimeoutSeconds {all} ends the first attempt, which may take {one}");
        report.add(section.place_at("TimeoutSeconds"), message, "make it at least AttemptTimeoutSeconds");
    }
}

fn policy(project: &Project, report: &mut Report) {
    let Some(section) = section(project) else {
        if let Some(document) = project.tree.file(SETTINGS).and_then(|file| file.documents.first()) {
            let message = "there is no section MLService, so the caller would know no address and no policy";
            report.add(&document.place, message, "name the section MLService, which the caller's code reads");
        }
        return;
    };
    timeouts(section, report);
    for (path, wanted) in POLICY {
        if section.text_at(path) != Some(wanted) {
            let name = path.replace('/', ".");
            let found = section.text_at(path).unwrap_or("not there");
            let message = format!("MLService.{name} is {found}, and the guide says {wanted}");
            report.add(section.place_at(path), message, format!("write {wanted}"));
        }
    }
}
