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
            holds: "Three attempts with exponential backoff; the circuit opens after 5 failures for 30 seconds.",
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

fn policy(project: &Project, report: &mut Report) {
    let Some(section) = section(project) else { return };
    for (path, wanted) in POLICY {
        if section.text_at(path) != Some(wanted) {
            let name = path.replace('/', ".");
            let found = section.text_at(path).unwrap_or("not there");
            let message = format!("MLService.{name} is {found}, and the guide says {wanted}");
            report.add(section.place_at(path), message, format!("write {wanted}"));
        }
    }
}
